// The ingest process: brings the spool of an edge into ClickHouse, which it serves itself when an
// embedded one is configured. Started by the edge, or alone: `npm run ingest -- --config FILE`.
// SIGTERM (or the edge's end) delivers what the spool holds, for at most `drainSeconds`; exit 0.
import { mkdirSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { destination, pino } from 'pino';
import { explain, TandemError } from '../engine/base/errors.ts';
import { listNodes } from '../engine/cdr/spool-segment.ts';
import type { Config } from '../engine/config/load.ts';
import { loadConfig } from '../engine/config/load.ts';
import { BackOff } from './back-off.ts';
import { ClickHouseWriter } from './clickhouse-writer.ts';
import { connect } from './connect.ts';
import { Delivery } from './delivery.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import { ingestReport, newIngestState } from './ingest-state.ts';
import { lockSpool } from './spool-lock.ts';

const BATCH_RECORDS = 20_000;
const BATCH_AGE_MS = 1000;
const KEEP_SEGMENTS = 2;
const REPORT_INTERVAL_MS = 1000;

/** Resolves when everything is delivered after a stop, or the time for it is over. */
async function ingest(config: Config, log: IngestLog, stop: AbortSignal): Promise<void> {
  const directory = join(config.dataDir, 'spool');
  mkdirSync(directory, { recursive: true });
  const state = newIngestState();
  const deliveries: Delivery[] = [];
  const reporter = startReports(state, deliveries);
  const lock = await waitForLock(directory, log, stop);
  // A stop that comes before ClickHouse is ready still delivers what the spool holds.
  const abort = abortAfter(stop, config.drainSeconds * 1000);
  const connection = lock && (await connect(config, state, log, abort));
  try {
    if (connection) {
      const writer = new ClickHouseWriter(connection.client, state, log);
      deliveries.push(...openDeliveries(config, directory, writer, state, log));
      const results = await Promise.all(deliveries.map((delivery) => delivery.run(stop, abort)));
      if (results.every(Boolean)) log.info({ ...state }, 'all records are delivered');
      else log.warn({ ...state }, 'records remain in the spool for the next start');
    }
  } finally {
    clearInterval(reporter);
    await connection?.close();
    lock?.close();
  }
}

/** One for each node that has a spool here: segments under an earlier name are delivered too. */
function openDeliveries(
  config: Config,
  directory: string,
  writer: ClickHouseWriter,
  state: IngestState,
  log: IngestLog,
): Delivery[] {
  const limits = {
    batchRecords: BATCH_RECORDS,
    batchAgeMs: BATCH_AGE_MS,
    keepSegments: KEEP_SEGMENTS,
  };
  const nodes = new Set([config.node, ...listNodes(directory)]);
  return [...nodes].map((node) => new Delivery({ directory, node, writer, state, log, ...limits }));
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

function startReports(state: IngestState, deliveries: readonly Delivery[]): NodeJS.Timeout {
  return setInterval(() => {
    state.lagBytes = deliveries.reduce((sum, delivery) => sum + delivery.lagBytes(), 0);
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
    if (config.kafka !== null) {
      throw new TandemError(
        'TDM_KAFKA_MISSING',
        'this release delivers from the spool straight to ClickHouse; Kafka arrives with the ' +
          'next one.',
      );
    }
    await ingest(config, log, stopSignal());
    return 0;
  } catch (error) {
    log.fatal(error instanceof TandemError ? explain(error) : String(error));
    return 2;
  }
}

process.exit(await main());
