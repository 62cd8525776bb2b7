// Calls at a steady rate through three brokers into ClickHouse while everything dies: ingest, each
// broker, the ClickHouse process. In the end every call is there, once, with its values.
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from '@clickhouse/client';
import { seededRandom } from '../../../engine/base/random.ts';
import type { IngestReport } from '../../../ingest/ingest-state.ts';
import {
  DAY_MS,
  NODE,
  openWriter,
  sampleCdr,
  temporaryDirectory,
} from '../../engine/cdr/records.ts';
import { spoolCalls, until, useKafka } from './kafka-fixture.ts';

const LIMIT = { timeout: 240_000 };
const INGEST = fileURLToPath(new URL('../../../ingest/main.js', import.meta.url));
const CLICKHOUSE = fileURLToPath(
  new URL('../clickhouse-server/server-process.js', import.meta.url),
);
const CALLS = 6000;
const CALLS_PER_STEP = 30;
const STEP_MS = 100;
const INGEST_KILLS = 5;
const kafka = useKafka({ brokers: 3 });

/** A process that is started again under the same arguments. */
interface Phoenix {
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
}

async function startClickHouse(t: TestContext): Promise<Phoenix & { url: string }> {
  const dataDir = join(temporaryDirectory(t), 'clickhouse');
  let child: ChildProcess;
  let url = '';
  const start = async (): Promise<void> => {
    const port = url === '' ? '0' : new URL(url).port;
    child = spawn(process.execPath, [CLICKHOUSE, dataDir, port], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    [url] = (await once(createInterface({ input: child.stdout! }), 'line')) as [string];
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await start();
  t.after(kill);
  return { kill, start, url };
}

interface Ingest extends Phoenix {
  readonly last: () => IngestReport | undefined;
  readonly finish: () => Promise<number | null>;
}

function startIngest(t: TestContext, config: string): Ingest {
  let child: ChildProcess;
  let last: IngestReport | undefined;
  const log: string[] = [];
  const start = (): Promise<void> => {
    last = undefined;
    child = fork(INGEST, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    child.on('message', (message) => (last = message as IngestReport));
    createInterface({ input: child.stderr! }).on('line', (line) => log.push(line));
    return Promise.resolve();
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) await kill();
    t.diagnostic(log.slice(-30).join('\n'));
  });
  void start();
  const finish = async (): Promise<number | null> => {
    await kill('SIGTERM');
    return child.exitCode;
  };
  return { start, kill, last: () => last, finish };
}

interface Sums {
  rows: string;
  ids: string;
  started: string;
  billed: string;
}

async function sums(url: string, table: string, billed: string): Promise<Sums> {
  const client = createClient({ url });
  try {
    await client.command({ query: `OPTIMIZE TABLE tandem.${table} FINAL` });
    const result = await client.query({
      query: `SELECT toString(count()) AS rows, toString(uniqExact(id)) AS ids,
        toString(sum(toUnixTimestamp64Milli(started_at) - ${DAY_MS})) AS started,
        toString(${billed}) AS billed FROM tandem.${table}`,
      format: 'JSONEachRow',
    });
    const [row] = await result.json<Sums>();
    return row!;
  } finally {
    await client.close();
  }
}

test('6,000 calls while ingest, brokers and ClickHouse die', LIMIT, async (t) => {
  const root = temporaryDirectory(t);
  const spool = join(root, 'data', 'spool');
  mkdirSync(spool, { recursive: true });
  const clickHouse = await startClickHouse(t);
  const config = join(root, 'tandem.yaml');
  const lines = [
    `node: ${NODE}`,
    'data: ./data',
    `clickhouse: ${clickHouse.url}`,
    'kafka:',
    `  brokers: "${kafka.addresses}"`,
    '  replication: 3',
    '  properties: { session.timeout.ms: 6000 }',
  ];
  writeFileSync(config, lines.join('\n'));
  const ingest = startIngest(t, config);
  const writer = openWriter(spool, { segmentBytes: 1 << 20 });
  const random = seededRandom(7);
  const ruin = async (): Promise<void> => {
    const brokers = kafka.cluster!.brokers;
    for (let n = 0; n < INGEST_KILLS; n++) {
      await delay(1000 + (random.u32() % 3000));
      await ingest.kill();
      if (n < brokers.length) await brokers[n]!.stop('SIGKILL');
      if (n === 1) await clickHouse.kill();
      await ingest.start();
      await delay(random.u32() % 1500);
      if (n < brokers.length) await brokers[n]!.start();
      if (n === 1) await clickHouse.start();
    }
  };
  const ruined = ruin();
  for (let first = 0; first < CALLS; first += CALLS_PER_STEP) {
    spoolCalls(writer, first, CALLS_PER_STEP);
    await delay(STEP_MS);
  }
  await ruined;
  await until(
    'everything in ClickHouse',
    () => {
      const report = ingest.last();
      if (report?.healthy !== true || report.lagBytes > 0) return false;
      return report.kafka.partitions === 3 && report.kafka.lagMessages === 0;
    },
    120_000,
  );
  assert.equal(await ingest.finish(), 0);
  let started = 0;
  for (let n = 0; n < CALLS; n++) started += sampleCdr(n).startedAtMs - DAY_MS;
  const rows = String(CALLS);
  const expected = { rows, ids: rows, started: String(started), billed: String(CALLS * 60_000) };
  assert.deepEqual(await sums(clickHouse.url, 'cdr', 'sum(billed_ms)'), expected);
  const attempts = await sums(clickHouse.url, 'cdr_attempt', 'sum(code)');
  assert.deepEqual([attempts.rows, attempts.ids], [rows, rows]);
});
