// A partition cut into batches: whatever happens between lives, a range that was announced comes
// again whole, under the same name, and nothing is skipped.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import { KIND_CDR, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import { CallMessage } from '../../../ingest/kafka/message-value.ts';
import type { FeedBatch } from '../../../ingest/kafka/partition-feed.ts';
import { PartitionFeed } from '../../../ingest/kafka/partition-feed.ts';
import type { KafkaMessage } from '../../../ingest/kafka/rdkafka.ts';
import { sampleCdr } from '../../engine/cdr/records.ts';
import { cdrIdsOf } from '../row-blocks.ts';

const encoder = new RecordEncoder();
const LIMITS = { batchMessages: 10, batchAgeMs: 1000, backlogAgeMs: 5000 };

function messageAt(offset: number, version = SCHEMA_VERSION): KafkaMessage {
  encoder.cdr(sampleCdr(offset));
  const message = new CallMessage();
  message.addMsgpack(KIND_CDR, version, encoder.bytes, 0, encoder.length);
  return { value: message.value(), key: null, partition: 0, offset, timestamp: 1000 + offset };
}

function drain(feed: PartitionFeed): FeedBatch[] {
  const batches: FeedBatch[] = [];
  for (let next = feed.shift(); next !== undefined; next = feed.shift()) batches.push(next);
  return batches;
}

function ranges(batches: readonly FeedBatch[]): string[] {
  return batches.map(({ first, last }) => `${first}-${last}`);
}

test('batches are cut by number and by age', () => {
  const feed = new PartitionFeed(0, 5, -1, LIMITS);
  for (let offset = 5; offset < 18; offset++) feed.take(messageAt(offset), offset);
  assert.deepEqual(ranges(drain(feed)), ['5-14']);
  feed.cut(15 + 999, false);
  assert.deepEqual(ranges(drain(feed)), []);
  feed.cut(15 + 1000, false);
  const [batch] = drain(feed);
  assert.deepEqual(
    [batch?.first, batch?.last, batch?.messages, batch?.timestamp],
    [15, 17, 3, 1015],
  );
  assert.deepEqual(
    cdrIdsOf(batch!.rows),
    [15, 16, 17].map((n) => sampleCdr(n).id),
  );
});

test('a backlog lets batches grow, for longer and not for ever', () => {
  const feed = new PartitionFeed(0, 5, -1, LIMITS);
  feed.take(messageAt(5), 0);
  feed.cut(4999, true);
  assert.deepEqual(ranges(drain(feed)), []);
  feed.cut(5000, true);
  assert.deepEqual(ranges(drain(feed)), ['5-5']);
});

test('an announced range waits until it is whole, however old it grows', () => {
  const feed = new PartitionFeed(0, 5, 18, LIMITS);
  for (let offset = 5; offset < 17; offset++) feed.take(messageAt(offset), 0);
  feed.cut(1e9, false);
  assert.deepEqual(drain(feed), []);
  feed.take(messageAt(17), 0);
  feed.take(messageAt(18), 0);
  feed.cut(1e9, false);
  assert.deepEqual(ranges(drain(feed)), ['5-17', '18-18']);
});

test('lives cut anywhere repeat the same ranges and skip nothing', () => {
  const life = fc.record({ messages: fc.nat(40), cutAt: fc.nat(40), inserted: fc.nat(4) });
  fc.assert(
    fc.property(fc.array(life, { minLength: 1, maxLength: 8 }), (lives) => {
      /** What the group's offsets would hold, and each range that was ever announced. */
      let committed = 0;
      let announced = -1;
      const seen = new Map<number, string>();
      for (const { messages, cutAt, inserted } of lives) {
        const feed = new PartitionFeed(0, committed, announced, LIMITS);
        for (let n = 0; n < messages; n++) {
          feed.take(messageAt(committed + n), 0);
          if (n === cutAt) feed.cut(1e9, false);
        }
        const batches = drain(feed);
        // The life ends when the batch behind the inserted ones is announced.
        batches.slice(0, inserted + 1).forEach((batch, i) => {
          const range = `${batch.first}-${batch.last}@${batch.timestamp}`;
          assert.equal(batch.first, committed);
          assert.equal(seen.get(batch.first) ?? range, range);
          seen.set(batch.first, range);
          announced = batch.last + 1;
          if (i < inserted) committed = batch.last + 1;
        });
      }
    }),
  );
});

test('a record of the future holds the partition in front of it', () => {
  const feed = new PartitionFeed(3, 0, -1, LIMITS);
  feed.take(messageAt(0), 0);
  feed.take(messageAt(1, SCHEMA_VERSION + 1), 0);
  feed.take(messageAt(2), 0);
  assert.deepEqual(ranges(drain(feed)), ['0-0']);
  assert.match(feed.held, /partition 3 at offset 1: kind 1, schema version 4/);
  assert.equal(feed.buffered, 1);
});

test('in an announced range, a record of the future leaves the whole range to who knows it', () => {
  const feed = new PartitionFeed(3, 0, 4, LIMITS);
  feed.take(messageAt(0), 0);
  feed.take(messageAt(1, SCHEMA_VERSION + 1), 0);
  assert.deepEqual(drain(feed), []);
  assert.equal(feed.buffered, 0);
});

test('messages that retention took are counted, also out of an announced range', () => {
  const feed = new PartitionFeed(0, 0, 8, LIMITS);
  feed.take(messageAt(0), 0);
  feed.take(messageAt(20), 0);
  feed.cut(1e9, false);
  assert.deepEqual(ranges(drain(feed)), ['0-0', '20-20']);
  assert.equal(feed.lost, 19);
});

test('a poison message is kept with its reason and holds nothing up', () => {
  const feed = new PartitionFeed(0, 0, -1, LIMITS);
  feed.take({ ...messageAt(0), value: Buffer.from('poison') }, 0);
  feed.take(messageAt(1), 0);
  feed.cut(1e9, false);
  const [batch] = drain(feed);
  assert.ok(batch);
  assert.deepEqual(
    batch.poison.map(({ message }) => message.value?.toString()),
    ['poison'],
  );
  assert.match(String(batch.poison[0]?.reason), /msgpack/);
  assert.equal(batch.rows.cdrs.rows, 1);
});
