// The count of CDRs that wait for the slowest consumer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CdrFollower } from '../../../ingest/cdr-feed/cdr-follower.ts';
import { PendingRecords } from '../../../ingest/cdr-feed/pending-records.ts';
import { dropPosition, positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { NODE } from '../../engine/cdr/records.ts';
import { feedContext } from './feed-context.ts';

test('counts what the slowest consumer has before it, as it comes and goes', (t) => {
  const context = feedContext(t);
  const { directory, writer } = context;
  const pending = new PendingRecords(directory, NODE);
  t.after(() => {
    pending.close();
  });
  assert.equal(pending.count(), 0);
  context.spool(0, 1500);
  assert.equal(pending.count(), 1500);

  const main = positionFile(directory, NODE);
  const slow = new CdrFollower(context, NODE, 'slow');
  savePosition(main, { delivered: writer.position, pending: null });
  assert.equal(pending.count(), 1500, 'the slow one has them all before it');

  let taken = 0;
  for (const max of [1, 10, 100, 500]) {
    const batch = slow.next(max)!;
    slow.commit(batch);
    taken += batch.cdrs.length;
    const error = Math.abs(pending.count() - (1500 - taken));
    assert.ok(error <= 1, `${error} off after ${taken}`);
  }
  slow.close();
  dropPosition(directory, NODE, 'slow');
  assert.equal(pending.count(), 0, 'a consumer that is switched off waits for nothing');

  context.spool(1500, 3);
  assert.equal(pending.count(), 3);
  savePosition(main, { delivered: { sequence: 0, offset: 0 }, pending: null });
  assert.equal(pending.count(), 1503, 'replayed from the beginning');
});
