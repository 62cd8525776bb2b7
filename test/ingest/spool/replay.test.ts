// The position goes back to a place where a record begins, never forward, never under a running
// ingest, and the records behind it are read once more.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import { loadPosition, positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { lockSpool } from '../../../ingest/spool-lock.ts';
import { applyReplay, planReplay } from '../../../ingest/spool/replay.ts';
import { NODE, noDamage } from '../../engine/cdr/records.ts';
import { FIRST_GROUP_MS, spoolOfThirty } from './spools.ts';

const MAIN = fileURLToPath(new URL('../../../ingest/spool/main.js', import.meta.url));

function delivered(directory: string, sequence: number, offset: number): void {
  const pending = { sequence, first: offset, last: offset + 9 };
  savePosition(positionFile(directory, NODE), { delivered: { sequence, offset }, pending });
}

function recordsFrom(directory: string): number {
  const { delivered: from } = loadPosition(positionFile(directory, NODE));
  const reader = new SpoolReader(directory, NODE, from, noDamage);
  let records = 0;
  for (;;) {
    const batch = reader.readBatch(1000, () => true);
    if (batch === undefined) return records;
    records += batch.records;
  }
}

test('from a segment on', (t) => {
  const directory = spoolOfThirty(t);
  delivered(directory, 6, 24);
  const plan = planReplay(directory, NODE, 'delivery', { sequence: 4, offset: undefined });
  assert.deepEqual([plan.from, plan.records], [{ sequence: 4, offset: 24 }, 20]);
  applyReplay(plan);
  const { pending } = loadPosition(positionFile(directory, NODE));
  assert.equal(pending, null);
  assert.equal(recordsFrom(directory), 30);
});

test('from a time on: the first group of that time or later', (t) => {
  const directory = spoolOfThirty(t);
  delivered(directory, 6, 24);
  const sinceMs = FIRST_GROUP_MS + 17.5 * 60_000;
  const plan = planReplay(directory, NODE, 'delivery', { sinceMs });
  applyReplay(plan);
  assert.deepEqual([plan.from.sequence, plan.records, recordsFrom(directory)], [4, 14, 24]);
  assert.throws(() => planReplay(directory, NODE, 'delivery', { sinceMs: sinceMs + 1e9 }), {
    code: 'TDM_SPOOL_ARGUMENTS',
    message: /nothing was written/,
  });
});

test('no place ahead, none inside of a record, none in a segment that is gone', (t) => {
  const directory = spoolOfThirty(t);
  delivered(directory, 2, 24);
  const plan = (sequence: number, offset?: number) =>
    planReplay(directory, NODE, 'delivery', { sequence, offset });
  assert.throws(() => plan(3), /would never be delivered/);
  assert.throws(() => plan(2, 24), /is not before/);
  assert.throws(() => plan(1, 50), /no record begins at 1:50; one does at 44/);
  assert.throws(() => plan(9), /no segment 9 of edge-1; there are 1 to 6/);
});

test('the command refuses while ingest works there, and says what it does', async (t) => {
  const directory = spoolOfThirty(t);
  delivered(directory, 6, 24);
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [MAIN, ...args, '--spool', directory], { encoding: 'utf8' });
  const lock = await lockSpool(directory);
  assert.ok(lock);
  const busy = run('replay', '--from', '5');
  assert.deepEqual([busy.status, busy.stdout], [1, '']);
  assert.match(busy.stderr, /TDM_SPOOL_BUSY: an ingest process works on .*\nwhat to do: Stop/);
  assert.equal(loadPosition(positionFile(directory, NODE)).delivered.sequence, 6);
  lock.close();
  await once(lock, 'close');
  const done = run('replay', '--from', '5');
  assert.deepEqual([done.status, done.stderr], [0, '']);
  assert.match(done.stdout, /goes on at 5:24 when ingest starts again: 10 records, \d+ bytes/);
  assert.equal(loadPosition(positionFile(directory, NODE)).delivered.sequence, 5);
  assert.equal(run('verify').status, 0);
  assert.equal(run('verify', '--node', 'x').status, 2);
});
