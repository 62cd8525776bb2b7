// The recorder in a process that is killed with -9 under load, again and again: what it called
// durable is in the spool, in order and without a gap, and the next run goes on behind it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { decodeRecord } from '../../engine/cdr/record-decoder.ts';
import { SpoolReader } from '../../engine/cdr/spool-reader.ts';
import { NODE, noDamage, sampleCdr, temporaryDirectory } from '../engine/cdr/records.ts';

const CHILD = fileURLToPath(new URL('./recorder-process.js', import.meta.url));

/** Runs the child until `until` says so, ends it, and returns what it printed last. */
async function run(
  directory: string,
  first: number,
  until: (durable: number) => boolean,
  end: 'kill' | 'stop',
): Promise<{ durable: number; last: string }> {
  const child = spawn(process.execPath, [CHILD, directory, String(first)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let durable = 0;
  let last = '';
  let ended = false;
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    const match = /^durable (\d+)$/.exec(line);
    if (match !== null) durable = Number(match[1]);
    if (ended || !until(durable)) continue;
    ended = true;
    if (end === 'kill') child.kill('SIGKILL');
    else child.stdin.end();
  }
  const [code] = (await exited) as [number | null];
  assert.equal(code, end === 'kill' ? null : 0);
  return { durable, last };
}

function readIds(directory: string): unknown[] {
  const ids: unknown[] = [];
  const reader = new SpoolReader(directory, NODE, { sequence: 0, offset: 0 }, noDamage);
  const handler = (kind: number, version: number, bytes: Buffer, from: number, to: number) => {
    const decoded = decodeRecord(kind, version, bytes, from, to);
    assert.equal(decoded.status, 'cdr');
    ids.push('row' in decoded && decoded.row[0]);
    return true;
  };
  while (reader.readBatch(10_000, handler) !== undefined);
  return ids;
}

function idsFrom(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => sampleCdr(first + i).id);
}

test('kill -9 under load loses nothing that was durable', async (t) => {
  const directory = temporaryDirectory(t);
  const expected: string[] = [];
  for (const [round, least] of [300, 40, 700].entries()) {
    const first = round * 1_000_000;
    const { durable } = await run(directory, first, (n) => n >= least, 'kill');
    const ids = readIds(directory).slice(expected.length);
    assert.ok(ids.length >= durable && durable >= least, `${ids.length} of ${durable}`);
    expected.push(...idsFrom(first, ids.length));
    assert.deepEqual(readIds(directory), expected);
  }
  const { last } = await run(directory, 9_000_000, (n) => n >= 100, 'stop');
  const match = /^complete true next (\d+)$/.exec(last);
  assert.ok(match, last);
  expected.push(...idsFrom(9_000_000, Number(match[1]) - 9_000_000));
  assert.deepEqual(readIds(directory), expected);
});
