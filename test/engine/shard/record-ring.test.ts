// The shard's end of the ring to the recorder: order, a full ring, room that comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordRing } from '../../../engine/shard/record-ring.ts';
import { createRing, RingConsumer } from '../../../engine/shm/ring.ts';

test('records come out as they went in, until the ring is full', () => {
  const memory = createRing(4096);
  const ring = recordRing(memory);
  const consumer = new RingConsumer(memory);
  const bytes = Buffer.alloc(200);
  let taken = 0;
  for (; ring.offer(1 + (taken % 2), bytes.fill(taken), 100 + taken); taken++)
    assert.ok(taken < 50);
  assert.ok(taken > 15, `${taken} records of 100 to 200 bytes in 4 KiB`);
  assert.ok(ring.freeBytes() < 200);

  const seen: [number, number, number][] = [];
  consumer.read((type, buffer, start, end) => {
    seen.push([type, end - start, buffer[start]!]);
  }, taken + 1);
  assert.deepEqual(
    seen,
    Array.from({ length: taken }, (_, i) => [1 + (i % 2), 100 + i, i]),
  );
  assert.equal(ring.freeBytes(), 4096);
  assert.ok(ring.offer(1, bytes, 200));
});
