// The ingest process itself over an embedded ClickHouse: 50,000 records, killed with -9 in the
// middle of inserts, stopped with SIGTERM. Every record is there once, with its values.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { RecordEncoder } from '../../engine/cdr/record-encoder.ts';
import { KIND_ATTEMPT, KIND_CDR, SCHEMA_VERSION } from '../../engine/cdr/schema.ts';
import { freeTcpPort } from '../../infra/free-port.ts';
import { startEmbeddedClickHouse } from '../../ingest/clickhouse-server/server.ts';
import type { IngestReport } from '../../ingest/ingest-state.ts';
import {
  appendRecord,
  DAY_MS,
  NODE,
  openWriter,
  sampleAttempt,
  sampleCdr,
  temporaryDirectory,
} from '../engine/cdr/records.ts';

/** A hang is a failure with a log, not a test run that never ends. */
const LIMIT = { timeout: 90_000 };
const MAIN = fileURLToPath(new URL('../../ingest/main.js', import.meta.url));

/** A data directory with a spool of `records`, every fifth an attempt, and its tandem.yaml. */
async function prepare(t: TestContext, records: number): Promise<{ root: string; config: string }> {
  const root = temporaryDirectory(t);
  const spool = join(root, 'data', 'spool');
  mkdirSync(spool, { recursive: true });
  const encoder = new RecordEncoder();
  const writer = openWriter(spool, { segmentBytes: 4 << 20 });
  for (let n = 0; n < records; n++) {
    const attempt = n % 5 === 4;
    if (attempt) encoder.attempt(sampleAttempt(n));
    else encoder.cdr(sampleCdr(n));
    const kind = attempt ? KIND_ATTEMPT : KIND_CDR;
    appendRecord(writer, kind, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
    if (n % 500 === 0) assert.ok(writer.commit());
  }
  assert.ok(writer.close());
  const config = join(root, 'tandem.yaml');
  const clickhouse = `embedded://127.0.0.1:${await freeTcpPort()}`;
  writeFileSync(config, `node: ${NODE}\ndata: ./data\nclickhouse: ${clickhouse}\n`);
  return { root, config };
}

interface Ingest {
  readonly child: ChildProcess;
  /** Resolves when its log holds `text`; rejects when it ends without. */
  readonly logged: (text: string) => Promise<void>;
}

/** What a child says on stderr is shown when its test fails. */
function start(t: TestContext, config: string, execArgv: readonly string[] = []): Ingest {
  const child = fork(MAIN, ['--config', config], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: [...execArgv],
  });
  const log: string[] = [];
  const lines = createInterface({ input: child.stderr! });
  lines.on('line', (line) => log.push(line));
  t.after(() => {
    child.kill('SIGKILL');
    t.diagnostic(log.join('\n'));
  });
  const logged = async (text: string): Promise<void> => {
    const ended = once(lines, 'close').then(() => true);
    while (!log.some((line) => line.includes(text))) {
      const over = await Promise.race([ended, once(lines, 'line').then(() => false)]);
      if (over)
        assert.ok(
          log.some((line) => line.includes(text)),
          `ingest never said "${text}"`,
        );
    }
  };
  return { child, logged };
}

/** Resolves at the `count`-th change of the delivery position: odd ones come before an insert. */
async function positionChanges(spool: string, count: number): Promise<void> {
  const watcher = watch(spool);
  let seen = 0;
  try {
    await new Promise<void>((resolve) => {
      watcher.on('change', (_event, name) => {
        if (name === `${NODE}.position.json` && ++seen === count) resolve();
      });
    });
  } finally {
    watcher.close();
  }
}

interface Sums {
  table: string;
  rows: string;
  ids: string;
  started: string;
  code: string;
}

async function sums(root: string): Promise<Sums[]> {
  const dataDir = join(root, 'data', 'clickhouse');
  const log = { info: () => undefined };
  const server = await startEmbeddedClickHouse({ dataDir, host: '127.0.0.1', port: 0, log });
  const client = createClient({ url: server.url });
  try {
    const of = (table: string, code: string): string =>
      `SELECT '${table}' AS table, toString(count()) AS rows, toString(uniqExact(id)) AS ids,
        toString(sum(toUnixTimestamp64Milli(started_at) - ${DAY_MS})) AS started,
        toString(sum(${code})) AS code
        FROM tandem.${table}`;
    const union = `${of('cdr', 'end_code')} UNION ALL ${of('cdr_attempt', 'code')}`;
    const query = `SELECT * FROM (${union}) ORDER BY table`;
    return await (await client.query({ query, format: 'JSONEachRow' })).json<Sums>();
  } finally {
    await client.close();
    await server.close();
  }
}

function expectedSums(records: number): Sums[] {
  const attempts = Math.floor(records / 5);
  let cdrStarted = 0;
  let attemptStarted = 0;
  for (let n = 0; n < records; n++) {
    if (n % 5 === 4) attemptStarted += sampleAttempt(n).startedAtMs - DAY_MS;
    else cdrStarted += sampleCdr(n).startedAtMs - DAY_MS;
  }
  const row = (table: string, rows: number, started: number, code: number): Sums => ({
    table,
    rows: String(rows),
    ids: String(rows),
    started: String(started),
    code: String(rows * code),
  });
  return [
    row('cdr', records - attempts, cdrStarted, 200),
    row('cdr_attempt', attempts, attemptStarted, 486),
  ];
}

test('50,000 records reach ClickHouse once through three kill -9', LIMIT, async (t) => {
  const records = 50_000;
  const { root, config } = await prepare(t, records);
  // In the middle of an insert, behind one, and in the middle of a repeated one's successor.
  for (const changes of [1, 2, 3]) {
    const { child } = start(t, config);
    await positionChanges(join(root, 'data', 'spool'), changes);
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  const { child, logged } = start(t, config);
  await logged('ClickHouse is ready');
  child.kill('SIGTERM');
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(await sums(root), expectedSums(records));
});

test('reports its state to the edge and ends when the edge is gone', LIMIT, async (t) => {
  const { root, config } = await prepare(t, 100);
  const { child } = start(t, config);
  let report: IngestReport;
  do {
    [report] = (await once(child, 'message')) as [IngestReport];
  } while (!report.healthy);
  assert.equal(report.type, 'ingest-state');
  assert.deepEqual([report.insertedCdrs, report.insertedAttempts], [80, 20]);
  assert.deepEqual([report.clickHouseOk, report.lastError, report.lagBytes], [true, '', 0]);
  assert.ok(report.rssBytes > 1e6 && report.cpuUserMs > 0);
  child.disconnect();
  const [code] = (await once(child, 'exit')) as [number | null];
  assert.equal(code, 0);
  assert.deepEqual(await sums(root), expectedSums(100));
});

/** Stands for an installation without the package, on a machine that has it. */
const WITHOUT_RDKAFKA = `data:text/javascript,${encodeURIComponent(`
  import { register } from 'node:module';
  register('data:text/javascript,' + encodeURIComponent(\`
    export async function resolve(name, context, next) {
      if (name !== 'node-rdkafka') return next(name, context);
      throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
    }\`));`)}`;

test('Kafka without node-rdkafka: what to type', LIMIT, async (t) => {
  const { config } = await prepare(t, 1);
  writeFileSync(config, `kafka: 127.0.0.1:9092\n`);
  const { child, logged } = start(t, config, ['--import', WITHOUT_RDKAFKA]);
  const exited = once(child, 'exit');
  await logged('needs node-rdkafka, which is not installed. apt install g++ make python3');
  // One line of JSON: the line end within the message is escaped.
  await logged('\\nwhat to do: Type `npm run kafka:install`, or set `kafka: none`.');
  await exited;
  assert.equal(child.exitCode, 2);
});
