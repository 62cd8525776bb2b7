// The ingest process: brings the spool of an edge into ClickHouse, straight or through Kafka, and
// serves ClickHouse itself when an embedded one is configured. Started by the edge, or alone:
// `npm run ingest -- --config FILE`. SIGTERM (or the edge's end) delivers what the spool holds, for
// at most `drainSeconds`; exit 0.
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { destination, pino } from 'pino';
import { explain, TandemError } from '../engine/base/errors.ts';
import type { Config } from '../engine/config/load.ts';
import { loadConfig } from '../engine/config/load.ts';
import { BackOff } from './back-off.ts';
import { connect } from './connect.ts';
import type { Connection } from './connect.ts';
import type { IngestContext, IngestJob } from './ingest-job.ts';
import { runJob } from './ingest-job.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { ingestReport, newIngestState, setProblem } from './ingest-state.ts';
import { clickHouseJobs, spoolJobs, usesClickHouse } from './jobs.ts';
import { loadKafkaLibrary } from './kafka/rdkafka.ts';
import { LiveParameters, reloadOnRequest, storeOfEdge } from './live-parameters.ts';
import { lockSpool } from './spool-lock.ts';
import { startStatusServer } from './status-server.ts';

const REPORT_INTERVAL_MS = 1000;
/** A problem until all jobs are there: what they report is not the whole before that. */
const STARTING = 'starting';

/** Resolves when everything is delivered after a stop, or the time for it is over. */
async function ingest(config: Config, log: IngestLog, stop: AbortSignal): Promise<void> {
  const directory = join(config.dataDir, 'spool');
  mkdirSync(directory, { recursive: true });
  const state = newIngestState();
  setProblem(state, STARTING, STARTING);
  const store = await storeOfEdge(config.dataDir);
  const parameters = new LiveParameters(config.provision, state, log, store);
  await parameters.settled;
  reloadOnRequest(parameters);
  const target = config.kafka;
  const kafka = target && { library: await loadKafkaLibrary(), target };
  const context: IngestContext = { config, parameters, directory, state, log, kafka };
  const status = await startStatusServer(config, state, log);
  const jobs: IngestJob[] = [];
  const reporter = startReports(state, jobs);
  const lock = await waitForLock(directory, log, stop);
  const abort = abortAfter(stop, config.drainSeconds * 1000);
  const start = (more: readonly IngestJob[]): Promise<boolean>[] => {
    jobs.push(...more);
    return more.map((job) => runJob(job, context, stop, abort));
  };
  const running = lock === undefined ? [] : start(spoolJobs(context));
  const connection = lock && (await connectIfUsed(context, stop, abort));
  try {
    if (connection) running.push(...start(clickHouseJobs(context, connection.client)));
    setProblem(state, STARTING, '');
    const results = await Promise.all(running);
    if (results.every(Boolean)) log.info(ingestReport(state), 'all records are delivered');
    else log.warn(ingestReport(state), 'records remain in the spool for the next start');
  } finally {
    clearInterval(reporter);
    await connection?.close();
    await status?.close();
    await parameters.settled;
    await store?.close();
    lock?.close();
  }
}

/** Undefined when ClickHouse is not used here, or is not ready before it is too late. */
async function connectIfUsed(
  context: IngestContext,
  stop: AbortSignal,
  abort: AbortSignal,
): Promise<Connection | undefined> {
  const { config, state, log, kafka } = context;
  if (!usesClickHouse(context)) {
    state.clickHouseOk = true;
    return undefined;
  }
  // A stop that comes before ClickHouse is ready still delivers what the spool holds; what is in
  // Kafka can wait.
  return connect(config, state, log, kafka === null ? abort : stop);
}

/** A signal that aborts `ms` after `stop` did. */
function abortAfter(stop: AbortSignal, ms: number): AbortSignal {
  const controller = new AbortController();
  const arm = (): void => {
    setTimeout(() => {
      controller.abort();
    }, ms).unref();
  };
  if (stop.aborted) arm();
  else stop.addEventListener('abort', arm, { once: true });
  return controller.signal;
}

/** A predecessor whose edge died may still be finishing. Undefined when `stop` aborts first. */
async function waitForLock(
  directory: string,
  log: IngestLog,
  stop: AbortSignal,
): Promise<Server | undefined> {
  const backOff = new BackOff();
  while (!stop.aborted) {
    const lock = await lockSpool(directory);
    if (lock !== undefined) return lock;
    log.warn({ directory }, 'another ingest process works on this spool, waiting for its end');
    await backOff.wait(stop);
  }
  return undefined;
}

function startReports(state: IngestState, jobs: readonly IngestJob[]): NodeJS.Timeout {
  return setInterval(() => {
    state.lagBytes = jobs.reduce((sum, job) => sum + (job.lagBytes?.() ?? 0), 0);
    if (process.connected) process.send?.(ingestReport(state));
  }, REPORT_INTERVAL_MS);
}

function stopSignal(): AbortSignal {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
  };
  process.on('SIGTERM', stop);
  // At a terminal Ctrl-C reaches the whole process group; as a child wait for the edge to finish.
  process.on('SIGINT', () => {
    if (!process.connected) stop();
  });
  process.on('disconnect', stop);
  return controller.signal;
}

async function main(): Promise<number> {
  const log = pino({ name: 'tandem-ingest' }, destination({ dest: 2, sync: true }));
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } });
    const config = loadConfig(values.config);
    await ingest(config, log, stopSignal());
    return 0;
  } catch (error) {
    log.fatal(error instanceof TandemError ? explain(error) : String(error));
    return 2;
  }
}

process.exit(await main());
