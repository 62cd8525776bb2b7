// The ingest process with its rollups, killed with -9 at random moments while it delivers, then set
// back to the begin of the spool, so that everything comes again in other batches. In the end every
// cell of the rollups equals the records, and each record is there once.
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import { KIND_ATTEMPT, KIND_CDR, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import { freeTcpPort } from '../../../infra/free-port.ts';
import {
  appendRecord,
  NODE,
  openWriter,
  sampleAttempt,
  sampleCdr,
  temporaryDirectory,
} from '../../engine/cdr/records.ts';
import { differences } from './differences.ts';

const MAIN = fileURLToPath(new URL('../../../ingest/main.js', import.meta.url));
const CALLS = 6000;

/** Calls over two hours, each with an attempt. */
function writeSpool(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const encoder = new RecordEncoder();
  const writer = openWriter(directory, { segmentBytes: 8 << 20 });
  const put = (kind: number): void => {
    assert.ok(appendRecord(writer, kind, SCHEMA_VERSION, encoder.bytes, 0, encoder.length));
  };
  for (let n = 0; n < CALLS; n++) {
    const cdr = sampleCdr(n);
    const startedAtMs = cdr.startedAtMs + (n % 120) * 60_000;
    encoder.cdr({ ...cdr, startedAtMs, mappingGateway: `map-${n % 7}`, account: `a-${n % 3}` });
    put(KIND_CDR);
    encoder.attempt({ ...sampleAttempt(n), startedAtMs, routingGateway: `vendor-${n % 5}` });
    put(KIND_ATTEMPT);
    if (n % 500 === 0) assert.ok(writer.commit());
  }
  assert.ok(writer.close());
}

function start(t: TestContext, config: string): ChildProcess {
  const child = fork(MAIN, ['--config', config], { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  t.after(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Asks until ClickHouse is there and the answer is `wanted`, or the test's time is over. */
async function until(
  { signal }: TestContext,
  client: ClickHouseClient,
  query: string,
  wanted: string,
): Promise<void> {
  let text = '';
  while (!signal.aborted) {
    text = await client
      .query({ query, format: 'TabSeparated' })
      .then((result) => result.text())
      .catch(() => '');
    if (text === wanted) return;
    await delay(100);
  }
  assert.equal(text, wanted, query);
}

test('rollups equal the records through kills and a replay', { timeout: 180_000 }, async (t) => {
  const root = temporaryDirectory(t);
  const spool = join(root, 'data', 'spool');
  writeSpool(spool);
  const port = await freeTcpPort();
  const config = join(root, 'tandem.yaml');
  writeFileSync(
    config,
    `node: ${NODE}\nclickhouse: embedded://carrier:secret@127.0.0.1:${port}\nprovision: ./p.yaml\n`,
  );
  writeFileSync(join(root, 'p.yaml'), '{}\n');
  const client = createClient({
    url: `http://127.0.0.1:${port}`,
    username: 'carrier',
    password: 'secret',
    log: { level: ClickHouseLogLevel.OFF },
  });
  t.after(() => client.close());
  for (let life = 0; life < 5; life++) {
    const child = start(t, config);
    await until(t, client, 'SELECT 1', '1\n');
    await delay(Math.random() * 600);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // Replay: everything comes again, and what was announced is forgotten.
    if (life === 2) rmSync(join(spool, `${NODE}.position.json`), { force: true });
  }
  const child = start(t, config);
  await until(t, client, 'SELECT uniqExact(id) FROM tandem.cdr', `${CALLS}\n`);
  await until(t, client, 'SELECT sum(attempts) FROM tandem.attempt_traffic_day', `${CALLS}\n`);
  await until(t, client, 'SELECT sum(calls) FROM tandem.vendor_traffic_day', `${CALLS}\n`);
  assert.deepEqual(await differences(client), []);
  await client.command({ query: 'OPTIMIZE TABLE tandem.cdr FINAL' });
  await until(t, client, 'SELECT count(), uniqExact(id) FROM tandem.cdr', `${CALLS}\t${CALLS}\n`);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});
