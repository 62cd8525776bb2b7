// Where a consumer of CDRs begins, what it gets again after a death, and what it stops in front of.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KIND_CDR, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import { CdrFollower } from '../../../ingest/cdr-feed/cdr-follower.ts';
import { callIdOf } from '../../../ingest/cdr-feed/record-text.ts';
import { deliveredToAll, positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { appendRecord, NODE } from '../../engine/cdr/records.ts';
import { feedContext, idsOf } from './feed-context.ts';
import type { FeedContext } from './feed-context.ts';

function follow(context: FeedContext): CdrFollower {
  return new CdrFollower(context, NODE, 'test');
}

/** Ids of everything that is there, committed batch by batch. */
function takeAll(follower: CdrFollower, max = 10): string[] {
  const ids: string[] = [];
  for (let batch = follower.next(max); batch !== undefined; batch = follower.next(max)) {
    assert.ok(batch.cdrs.length <= max);
    ids.push(...batch.cdrs.map(callIdOf));
    follower.commit(batch);
  }
  return ids;
}

test('a new spool is followed from its beginning, in order, over segments and restarts', (t) => {
  const context = feedContext(t);
  const early = follow(context);
  context.spool(0, 100);
  assert.deepEqual(takeAll(early), idsOf(100));
  early.close();
  context.spool(100, 50);
  const late = follow(context);
  assert.deepEqual(takeAll(late, 3), idsOf(150).slice(100));
  late.close();
});

test('switched on later it begins where the delivery stands, and keeps that place', (t) => {
  const context = feedContext(t);
  context.spool(0, 10);
  savePosition(positionFile(context.directory, NODE), {
    delivered: context.writer.position,
    pending: null,
  });
  follow(context).close();
  context.spool(10, 5);
  savePosition(positionFile(context.directory, NODE), {
    delivered: context.writer.position,
    pending: null,
  });
  const again = follow(context);
  assert.deepEqual(takeAll(again), idsOf(15).slice(10));
  again.close();
});

test('from a beginning without any segment too', (t) => {
  const context = feedContext(t);
  follow(context).close();
  context.spool(0, 5);
  savePosition(positionFile(context.directory, NODE), {
    delivered: context.writer.position,
    pending: null,
  });
  const follower = follow(context);
  assert.deepEqual(takeAll(follower), idsOf(5));
  follower.close();
});

test('an announced batch comes back whole and alone after a death, then what follows', (t) => {
  const context = feedContext(t);
  const first = follow(context);
  context.spool(0, 3);
  const batch = first.next(10);
  assert.ok(batch !== undefined);
  first.announce(batch);
  first.close();
  context.spool(3, 4);
  const second = follow(context);
  const again = second.next(10);
  assert.deepEqual(again?.cdrs.map(callIdOf), idsOf(3));
  second.commit(again);
  assert.deepEqual(takeAll(second), idsOf(7).slice(3));
  second.close();
});

test('progress is stored with the position', (t) => {
  const context = feedContext(t);
  const first = follow(context);
  context.spool(0, 1);
  assert.equal(first.progress, undefined);
  first.commit(first.next(1)!, { bytes: 7 });
  first.close();
  const second = follow(context);
  assert.deepEqual(second.progress, { bytes: 7 });
  second.note();
  assert.equal(second.progress, undefined);
  second.close();
});

test('it holds segments back until it has passed them', (t) => {
  const context = feedContext(t, 2000);
  const follower = follow(context);
  context.spool(0, 50);
  savePosition(positionFile(context.directory, NODE), {
    delivered: context.writer.position,
    pending: null,
  });
  assert.equal(deliveredToAll(context.directory, NODE), 0);
  takeAll(follower);
  assert.equal(deliveredToAll(context.directory, NODE), context.writer.position.sequence);
  follower.close();
});

test('a record of the future is not stepped over; one that is none is left out', (t) => {
  const context = feedContext(t);
  const follower = follow(context);
  const { writer } = context;
  const payload = Buffer.from('nonsense');
  assert.ok(appendRecord(writer, KIND_CDR, SCHEMA_VERSION, payload, 0, payload.length));
  context.spool(0, 1);
  assert.ok(appendRecord(writer, KIND_CDR, SCHEMA_VERSION + 1, payload, 0, payload.length));
  context.spool(1, 1);
  const batch = follower.next(10);
  assert.deepEqual(batch?.cdrs.map(callIdOf), idsOf(1));
  follower.commit(batch);
  assert.match(context.complaints.join(), /left out .*"malformed":1/);
  for (let i = 0; i < 2; i++) {
    assert.throws(() => follower.next(10), /TDM_SPOOL_FUTURE.*schema version/s);
  }
  follower.close();
});
