// What is out of date, from minutes up to days.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingBuckets } from '../../../ingest/rollups/pending-buckets.ts';

const DAY = 1_795_392_000;
const always = (): boolean => true;

test('what is done makes the coarser bucket due, with the same beginning', () => {
  const pending = new PendingBuckets();
  pending.mark('minute', DAY + 3660, 50);
  pending.mark('minute', DAY + 960, 70);
  pending.mark('minute', DAY + 3660, 40);
  pending.mark('minute', DAY + 3660, 60);
  assert.equal(pending.oldestSinceMs(), 40);
  assert.deepEqual(pending.due('minute', always), [DAY + 960, DAY + 3660]);
  assert.deepEqual(
    pending.due('minute', (_, since) => since > 50),
    [DAY + 960],
  );
  pending.done('minute', [DAY + 960, DAY + 3660]);
  assert.equal(pending.count('minute'), 0);
  assert.deepEqual(pending.due('quarter', always), [DAY + 900, DAY + 3600]);
  assert.equal(pending.oldestSinceMs(), 40, 'a day that is not summed yet is not up to date');
  pending.done('quarter', [DAY + 900, DAY + 3600]);
  assert.deepEqual(pending.due('hour', always), [DAY, DAY + 3600]);
  pending.done('hour', [DAY, DAY + 3600]);
  assert.deepEqual(pending.due('day', always), [DAY]);
  pending.done('day', [DAY]);
  assert.equal(pending.oldestSinceMs(), undefined);
});

test('done for what was never marked marks nothing', () => {
  const pending = new PendingBuckets();
  pending.done('minute', [DAY]);
  assert.equal(pending.count('quarter'), 0);
});
