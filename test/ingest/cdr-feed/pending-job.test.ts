// SERVER_MAX_CDR_PENDING_LIST_LENGTH: the figure, the alarm when it is reached, and its end.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PendingJob } from '../../../ingest/cdr-feed/pending-job.ts';
import { positionFile, savePosition } from '../../../ingest/delivery-position.ts';
import { NODE } from '../../engine/cdr/records.ts';
import { feedContext } from './feed-context.ts';

test('the limit reached is an alarm, once; delivered records end it', async (t) => {
  const context = feedContext(t, 4_000_000);
  context.provide({ SERVER_MAX_CDR_PENDING_LIST_LENGTH: 10_000 });
  context.spool(0, 9999);
  const stop = new AbortController();
  const run = new PendingJob(context, [NODE]).run(stop.signal);
  const until = async (pending: number): Promise<void> => {
    const deadline = performance.now() + 10_000;
    while (context.state.pendingRecords !== pending && performance.now() < deadline) {
      await new Promise(setImmediate);
    }
    assert.equal(context.state.pendingRecords, pending);
  };
  await until(9999);
  assert.deepEqual(context.complaints, []);
  assert.equal(context.state.pendingLimit, 10_000);
  context.spool(9999, 1);
  await until(10_000);
  context.spool(10_000, 1);
  await until(10_001);
  assert.equal(context.complaints.length, 1);
  assert.match(context.complaints[0]!, /alarm: SERVER_MAX_CDR_PENDING_LIST_LENGTH/);
  const delivered = context.writer.position;
  savePosition(positionFile(context.directory, NODE), { delivered, pending: null });
  await until(0);
  stop.abort();
  await run;
});
