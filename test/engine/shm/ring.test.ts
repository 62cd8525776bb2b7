// The ring against a model (an array), at its edges, across the wrap of its 32-bit positions, and
// between two threads.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import {
  createRing,
  inspectRing,
  RING_FULL,
  RING_TOO_LARGE,
  RingConsumer,
  RingProducer,
} from '../../../engine/shm/ring.ts';

const TAIL_WORD = 0;
const HEAD_WORD = 32;

function ringAt(capacityBytes: number, position: number): SharedArrayBuffer {
  const ring = createRing(capacityBytes);
  const words = new Int32Array(ring);
  words[TAIL_WORD] = position;
  words[HEAD_WORD] = position;
  return ring;
}

function put(producer: RingProducer, type: number, payload: Buffer): number {
  const at = producer.claim(type, payload.length);
  if (at >= 0) {
    payload.copy(producer.bytes, at);
    producer.commit();
  }
  return at;
}

function takeAll(consumer: RingConsumer, limit = Infinity): string[] {
  const taken: string[] = [];
  consumer.read((type, bytes, start, end) => {
    taken.push(`${type}:${bytes.toString('latin1', start, end)}`);
  }, limit);
  return taken;
}

type Step =
  | { kind: 'put'; bytes: number }
  | { kind: 'abandon'; bytes: number }
  | { kind: 'publish' }
  | { kind: 'read'; limit: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('put'), bytes: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abandon'), bytes: fc.nat(60) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('publish') }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('read'), limit: fc.integer({ min: 1, max: 9 }) }),
  },
);

const start = fc.oneof(
  fc.constantFrom(0, 0x7fffff00, -256, -8),
  fc.integer({ min: -(2 ** 28), max: 2 ** 28 - 1 }).map((n) => n * 8),
);

test('a ring behaves as a queue, whatever the sizes and wherever the positions stand', () => {
  const check = (position: number, steps: Step[]): void => {
    const ring = ringAt(512, position);
    const producer = new RingProducer(ring);
    const consumer = new RingConsumer(ring);
    const published: string[] = [];
    let committed: string[] = [];
    let number = 0;
    for (const s of steps) {
      if (s.kind === 'publish') {
        producer.publish();
        published.push(...committed);
        committed = [];
      } else if (s.kind === 'read') {
        assert.deepEqual(takeAll(consumer, s.limit), published.splice(0, s.limit));
      } else {
        const payload = Buffer.alloc(s.bytes, 0x41 + (number % 26));
        const waiting = published.length + committed.length;
        if (s.bytes > producer.maxPayloadBytes) {
          assert.equal(producer.claim(number, s.bytes), RING_TOO_LARGE);
        } else if (s.kind === 'abandon') {
          producer.claim(number, s.bytes);
        } else if (put(producer, number, payload) >= 0) {
          committed.push(`${number}:${payload.toString('latin1')}`);
          number++;
        } else {
          assert.ok(waiting >= 512 / 64 - 2, `full with only ${waiting} records`);
        }
      }
    }
    producer.publish();
    assert.deepEqual(takeAll(consumer), [...published, ...committed]);
    assert.ok(consumer.isEmpty());
    assert.equal(consumer.corruptions, 0);
  };
  fc.assert(fc.property(start, fc.array(step, { maxLength: 200 }), check), { numRuns: 400 });
});

test('a full ring refuses, and takes again what the consumer has released', () => {
  const ring = createRing(64);
  const producer = new RingProducer(ring);
  const consumer = new RingConsumer(ring);
  for (let i = 0; i < 8; i++) {
    assert.ok(producer.claim(i, 0) >= 0, `record ${i}`);
    producer.commit();
  }
  assert.equal(producer.claim(9, 0), RING_FULL);
  producer.publish();
  assert.equal(
    consumer.read(() => undefined, 99),
    8,
  );
  assert.equal(inspectRing(ring).depthBytes, 0);
});

test('a capacity that is no power of two, or out of range, is refused', () => {
  for (const bytes of [0, 32, 100, 2 ** 31]) assert.throws(() => createRing(bytes), RangeError);
});

test('a commit may be shorter than the claim', () => {
  const ring = createRing(1024);
  const producer = new RingProducer(ring);
  const at = producer.claim(7, 100);
  producer.bytes.write('abc', at, 'latin1');
  producer.commit(3);
  put(producer, 8, Buffer.from('next'));
  producer.publish();
  assert.deepEqual(takeAll(new RingConsumer(ring)), ['7:abc', '8:next']);
});

test('a producer that dies before publishing leaves the ring whole for its successor', () => {
  const ring = createRing(256);
  const first = new RingProducer(ring);
  put(first, 1, Buffer.from('kept'));
  first.publish();
  put(first, 2, Buffer.from('never published'));
  const unfinished = first.claim(3, 20);
  first.bytes.fill(0xee, unfinished, unfinished + 20);
  const second = new RingProducer(ring);
  put(second, 4, Buffer.from('after the crash'));
  second.publish();
  const consumer = new RingConsumer(ring);
  assert.deepEqual(takeAll(consumer), ['1:kept', '4:after the crash']);
  assert.equal(consumer.corruptions, 0);
});

test('a consumer that dies is succeeded at the position it published', () => {
  const ring = createRing(1024);
  const producer = new RingProducer(ring);
  for (let i = 0; i < 4; i++) put(producer, i, Buffer.from('x'));
  producer.publish();
  assert.equal(takeAll(new RingConsumer(ring), 2).length, 2);
  assert.deepEqual(takeAll(new RingConsumer(ring)), ['2:x', '3:x']);
});

test('a handler that throws loses its own record only', () => {
  const ring = createRing(1024);
  const producer = new RingProducer(ring);
  for (let i = 0; i < 3; i++) put(producer, i, Buffer.from('x'));
  producer.publish();
  const consumer = new RingConsumer(ring);
  const failing = (): never => {
    throw new Error('handler');
  };
  assert.throws(() => consumer.read(failing, 3), /handler/);
  assert.deepEqual(takeAll(consumer), ['1:x', '2:x']);
});

test('damaged lengths empty the ring and are counted, they do not hang it', () => {
  for (const length of [0, -1, 7, 5000]) {
    const ring = createRing(1024);
    const producer = new RingProducer(ring);
    const at = put(producer, 1, Buffer.from('x'));
    producer.publish();
    new Int32Array(ring)[(at >> 2) - 2] = length;
    const consumer = new RingConsumer(ring);
    assert.deepEqual(takeAll(consumer), []);
    assert.equal(consumer.corruptions, 1);
    put(producer, 2, Buffer.from('y'));
    producer.publish();
    assert.deepEqual(takeAll(consumer), ['2:y']);
  }
});

test('a sleeping consumer is to be woken once', () => {
  const ring = createRing(1024);
  const producer = new RingProducer(ring);
  const consumer = new RingConsumer(ring);
  put(producer, 1, Buffer.from('x'));
  assert.equal(producer.publish(), false, 'awake');
  consumer.setAsleep(true);
  assert.equal(producer.publish(), false, 'nothing new');
  put(producer, 2, Buffer.from('x'));
  assert.equal(producer.publish(), true);
  put(producer, 3, Buffer.from('x'));
  assert.equal(producer.publish(), false, 'already woken');
});

test('a quiet time ends when it was promised to, wherever the clock stands modulo 2^32', () => {
  const ring = createRing(64);
  const producer = new RingProducer(ring);
  const consumer = new RingConsumer(ring);
  for (const nowMs of [5, 1000.5, 2 ** 31 - 3, 2 ** 32 - 7.25, 2 ** 40 + 0.75]) {
    producer.quietUntil(nowMs + 20.9);
    const quietMs = consumer.quietMs(nowMs);
    assert.ok(quietMs > 18.5 && quietMs <= 20.9, `${quietMs} from ${nowMs}`);
    for (const laterMs of [10, 20, 21, 5000, 2 ** 31 + 40]) {
      const left = Math.max(0, 20.9 - laterMs);
      assert.ok(consumer.quietMs(nowMs + laterMs) <= left, `${laterMs} after ${nowMs}`);
    }
  }
});

test('two threads: 200,000 records of random sizes arrive whole and in order', async () => {
  const ring = ringAt(4096, -100_000);
  const records = 200_000;
  const worker = new Worker(new URL('./ring-producer.thread.js', import.meta.url), {
    workerData: { ring, records },
  });
  const exited = once(worker, 'exit');
  const consumer = new RingConsumer(ring);
  let next = 0;
  const check = (type: number, bytes: Buffer, from: number, to: number): void => {
    if (type !== next) throw new Error(`record ${type} where ${next} was due`);
    for (let i = from; i < to; i++) {
      if (bytes[i] !== ((next + i - from) & 0xff)) throw new Error(`byte ${i - from} of ${next}`);
    }
    next++;
  };
  while (next < records) {
    if (consumer.read(check, 64) === 0) await new Promise(setImmediate);
    consumer.beat();
  }
  assert.deepEqual(await exited, [0]);
  assert.ok(consumer.isEmpty());
  assert.equal(consumer.corruptions, 0);
  assert.ok(inspectRing(ring).heartbeat > 0);
});
