// Delivered segments go in order, undelivered ones never, and those of the last minutes of running
// stay for crash recovery, whatever the clock did.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { listSegments } from '../../engine/cdr/spool-segment.ts';
import { positionFile, savePosition } from '../../ingest/delivery-position.ts';
import { deleteDelivered } from '../../ingest/retention.ts';
import { commitText, NODE, openWriter, temporaryDirectory } from '../engine/cdr/records.ts';

const MINUTE_MS = 60_000;

/** One segment for each `[created, last group]`, in minutes. */
function spool(t: TestContext, times: readonly [number, number][]): string {
  const directory = temporaryDirectory(t);
  times.forEach(([created, last], i) => {
    // The clock is read for the group, for the segment, then for each further group.
    const readings = [created, created, last];
    const clock = { wallMs: () => (readings.shift() ?? last) * MINUTE_MS, monoMs: () => 0 };
    const writer = openWriter(directory, { sequence: i + 1, clock });
    commitText(writer, 'first');
    commitText(writer, 'last');
    writer.close();
  });
  return directory;
}

/** Six segments, each written to for two minutes. */
const SIX: readonly [number, number][] = [0, 2, 4, 6, 8, 10].map((at) => [at, at + 2]);

function delivered(directory: string, sequence: number, consumer?: string): void {
  const position = { delivered: { sequence, offset: 24 }, pending: null };
  savePosition(positionFile(directory, NODE, consumer), position);
}

test('delivered segments go, save those that are kept', (t) => {
  const directory = spool(t, SIX);
  delivered(directory, 4);
  assert.equal(deleteDelivered(directory, NODE, 4, 2), 1);
  assert.deepEqual(listSegments(directory, NODE), [2, 3, 4, 5, 6]);
  assert.equal(deleteDelivered(directory, NODE, 4, 0), 2);
  assert.deepEqual(listSegments(directory, NODE), [4, 5, 6]);
});

test('what another consumer has not got yet stays', (t) => {
  const directory = spool(t, SIX);
  delivered(directory, 4);
  delivered(directory, 2, 'push');
  assert.equal(deleteDelivered(directory, NODE, 4, 0), 1);
  assert.deepEqual(listSegments(directory, NODE), [2, 3, 4, 5, 6]);
});

test('the last four minutes of running stay for crash recovery, and three segments', (t) => {
  const directory = spool(t, SIX);
  delivered(directory, 6);
  deleteDelivered(directory, NODE, 6, 0);
  assert.deepEqual(listSegments(directory, NODE), [4, 5, 6]);

  const shortOnes = spool(
    t,
    SIX.map(([from]) => [from, from + 1]),
  );
  delivered(shortOnes, 6);
  deleteDelivered(shortOnes, NODE, 6, 0);
  assert.deepEqual(listSegments(shortOnes, NODE), [3, 4, 5, 6]);
});

test('a clock that was set back makes no segment look old', (t) => {
  const directory = spool(t, [
    [100, 102],
    [102, 104],
    // Set back by an hour inside of it.
    [104, 44],
    [44, 46],
    [46, 47],
  ]);
  delivered(directory, 5);
  deleteDelivered(directory, NODE, 5, 0);
  // 1 + 2 + 0 minutes are too few.
  assert.deepEqual(listSegments(directory, NODE), [2, 3, 4, 5]);
});
