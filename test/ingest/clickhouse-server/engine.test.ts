// The database through kill -9 in the middle of inserts, and through SIGTERM: nothing acknowledged
// is lost, and a batch sent again under its token after the restart counts once.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { migrate } from '../../../ingest/migrations/migrate.ts';

const BATCH_ROWS = 2000;
const entry = fileURLToPath(new URL('./server-process.js', import.meta.url));

interface Running {
  child: ChildProcess;
  client: ClickHouseClient;
}

let dataDir: string;
const started = new Set<ChildProcess>();
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tandem-crash-'));
});
after(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(dataDir, { recursive: true, force: true });
});

async function start(): Promise<Running> {
  const child = spawn(process.execPath, [entry, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
  started.add(child);
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the server process ended with ${String(code)} before it listened`);
  });
  const listening = once(createInterface(child.stdout), 'line') as Promise<[string]>;
  const [url] = await Promise.race([listening, died]);
  died.catch(() => undefined);
  const client = createClient({ url, log: { level: ClickHouseLogLevel.OFF } });
  return { child, client };
}

async function end(running: Running, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(running.child, 'exit') as Promise<[number | null]>;
  running.child.kill(signal);
  const [code] = await exited;
  await running.client.close();
  started.delete(running.child);
  return code;
}

/** Batch `n`: the same rows and the same token whenever it is sent. */
async function sendBatch(client: ClickHouseClient, n: number): Promise<void> {
  const values = Array.from({ length: BATCH_ROWS }, (_, i) => {
    const at = new Date(1_780_000_000_000 + n * 1000 + i).toISOString().slice(0, -1);
    const id = `00000000-0000-7000-8000-${(n * BATCH_ROWS + i).toString(16).padStart(12, '0')}`;
    return { id, started_at: at, ended_at: at, billed_ms: n };
  });
  const clickhouse_settings = { insert_deduplication_token: `batch-${n}` };
  await client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow', clickhouse_settings });
}

async function counts(
  client: ClickHouseClient,
): Promise<{ rows: number; ids: number; sum: number }> {
  const result = await client.query({
    query: 'SELECT count() AS rows, uniqExact(id) AS ids, sum(billed_ms) AS sum FROM tandem.cdr',
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ rows: number; ids: number; sum: number }>();
  assert.ok(row);
  return row;
}

test('kill -9 among inserts: acknowledged batches stay, replays count once', async () => {
  let acknowledged = 0;
  let sent = 0;
  for (let round = 0; round < 3; round++) {
    const running = await start();
    await migrate(running.client);
    const { rows } = await counts(running.client);
    assert.equal(rows % BATCH_ROWS, 0, 'a batch is in whole or not at all');
    assert.ok(rows >= acknowledged * BATCH_ROWS, 'nothing acknowledged is lost');
    assert.ok(rows <= sent * BATCH_ROWS);
    for (let n = 0; n < acknowledged; n++) await sendBatch(running.client, n);
    const inFlight: Promise<unknown>[] = [];
    sent = acknowledged + 6;
    for (let n = acknowledged; n < sent; n++) {
      const batch = sendBatch(running.client, n).then(() => acknowledged++);
      inFlight.push(batch.catch(() => undefined));
    }
    await Promise.race(inFlight);
    assert.equal(await end(running, 'SIGKILL'), null);
    await Promise.all(inFlight);
  }
  const running = await start();
  assert.deepEqual(await readdir(join(dataDir, 'upload')), []);
  for (let n = 0; n < sent; n++) await sendBatch(running.client, n);
  const expected = {
    rows: sent * BATCH_ROWS,
    ids: sent * BATCH_ROWS,
    sum: BATCH_ROWS * ((sent * (sent - 1)) / 2),
  };
  assert.deepEqual(await counts(running.client), expected);
  assert.equal(await end(running, 'SIGTERM'), 0);
});

test('SIGTERM lets a write finish, kills a read, exits 0', async () => {
  const running = await start();
  const read = running.client.query({
    query: 'SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3',
  });
  const readEnded = assert.rejects(read);
  while (!(await isRunning(running.client)));
  const beforeWrite = await counts(running.client);
  const write = running.client.command({
    query: `INSERT INTO tandem.cdr (id, started_at, ended_at)
      SELECT generateUUIDv7(number), now64(3), now64(3)
      FROM numbers(3) WHERE sleepEachRow(0.1) = 0`,
  });
  while (!(await isRunning(running.client, 'sleepEachRow')));
  const exited = end(running, 'SIGTERM');
  await Promise.all([write, readEnded]);
  assert.equal(await exited, 0);
  const again = await start();
  assert.equal((await counts(again.client)).rows, beforeWrite.rows + 3);
  assert.equal(await end(again, 'SIGTERM'), 0);
});

async function isRunning(client: ClickHouseClient, part = '1000000000000'): Promise<boolean> {
  const result = await client.query({
    query: `SELECT count() AS n FROM system.processes WHERE position(query, {part:String}) > 0`,
    query_params: { part },
    format: 'JSONEachRow',
  });
  const [row] = await result.json<{ n: number }>();
  return (row?.n ?? 0) > 0;
}

test('a second process on the same directory fails with a clear error', async () => {
  const running = await start();
  const second = spawn(process.execPath, [entry, dataDir], { stdio: ['ignore', 'ignore', 'pipe'] });
  started.add(second);
  let text = '';
  second.stderr.on('data', (part: Buffer) => (text += part.toString()));
  const [code] = (await once(second, 'close')) as [number | null];
  started.delete(second);
  assert.notEqual(code, 0);
  assert.match(text, /TDM_CLICKHOUSE_FAILED: embedded ClickHouse cannot open/);
  assert.equal(await end(running, 'SIGTERM'), 0);
});
