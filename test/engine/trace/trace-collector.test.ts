// Bounds of traces over all shards, on main; and that a slow disk is never waited for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TraceFilter } from '../../../engine/base/trace-filter.ts';
import { createRing, RingConsumer, RingProducer } from '../../../engine/shm/ring.ts';
import { TraceCollector, type TraceEnd } from '../../../engine/trace/trace-collector.ts';
import {
  MAX_RECORD_BYTES,
  readRecord,
  writeRecordHead,
} from '../../../engine/trace/trace-record.ts';
import { trace } from './trace-flow.ts';

const LOCAL = { family: 4, ip: '192.0.2.1', port: 5060 } as const;

class Bench {
  nowMs = 1000;
  readonly written: string[] = [];
  readonly ends: [number, TraceEnd][] = [];
  readonly rings = [createRing(1 << 16), createRing(1 << 16)];
  readonly collector: TraceCollector;
  readonly #producers = this.rings.map((ring) => new RingProducer(ring));
  /** Holds a write back until it is called. */
  release: (() => void) | null = null;
  slow = false;

  constructor() {
    this.collector = new TraceCollector({
      sources: this.rings.map((ring) => new RingConsumer(ring)),
      clock: { wallMs: () => this.nowMs, monoMs: () => this.nowMs },
      ended: (id, why) => this.ends.push([id, why]),
      files: {
        append: async (records) => {
          if (this.slow) await new Promise<void>((resolve) => (this.release = resolve));
          for (const bytes of records) {
            const { traces, message } = readRecord(bytes, 0, bytes.length)!;
            this.written.push(`${traces.join('+')} ${message.toString()}`);
          }
        },
      },
    });
  }

  /** A shard traces a message; false when its ring is full. */
  put(shard: number, traces: readonly number[], text: string): boolean {
    const out = Buffer.alloc(MAX_RECORD_BYTES);
    const head = writeRecordHead(out, {
      timeUs: 1,
      direction: 0,
      transport: 'udp',
      leg: 0,
      traces,
      gateway: '',
      call: '',
      callId: 'c',
      local: LOCAL,
      remote: LOCAL,
    });
    const length = head + out.write(text, head, 'latin1');
    const producer = this.#producers[shard]!;
    const at = producer.claim(1, length);
    if (at < 0) return false;
    out.copy(producer.bytes, at, 0, length);
    producer.commit();
    producer.publish();
    return true;
  }

  async turn(): Promise<void> {
    this.collector.turn();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function mounted(filters: readonly TraceFilter[]): Bench {
  const bench = new Bench();
  bench.collector.mount(filters, new Map());
  return bench;
}

describe('bounds hold over all shards', () => {
  test('messages: exactly as many are kept, the end is told once', async () => {
    const filter = trace('number', '1', { maxMessages: 3 });
    const bench = mounted([filter]);
    for (let i = 0; i < 4; i++) bench.put(i % 2, [filter.id], `m${i}`);
    await bench.turn();
    await bench.turn();
    assert.equal(bench.written.length, 3);
    assert.deepEqual(bench.ends, [[filter.id, 'messages']]);
  });

  test('bytes: the message that reaches the bound is the last', async () => {
    const filter = trace('number', '1', { maxBytes: 10 });
    const bench = mounted([filter]);
    for (const text of ['123456', '7890', 'more']) bench.put(0, [filter.id], text);
    await bench.turn();
    assert.deepEqual(bench.written, [`${filter.id} 123456`, `${filter.id} 7890`]);
    assert.deepEqual(bench.ends, [[filter.id, 'bytes']]);
  });

  test('time, also when nothing comes', async () => {
    const filter = trace('number', '1', { untilMs: 5000 });
    const bench = mounted([filter]);
    await bench.turn();
    assert.deepEqual(bench.ends, []);
    bench.nowMs = 5000;
    await bench.turn();
    await bench.turn();
    assert.deepEqual(bench.ends, [[filter.id, 'time']]);
  });

  test('what was kept before a restart counts', async () => {
    const filter = trace('number', '1', { maxMessages: 10 });
    const bench = new Bench();
    bench.collector.mount([filter], new Map([[filter.id, { messages: 9, bytes: 1 }]]));
    bench.put(0, [filter.id], 'tenth');
    bench.put(0, [filter.id], 'eleventh');
    await bench.turn();
    assert.deepEqual(bench.written, [`${filter.id} tenth`]);
    const reached = new Bench();
    reached.collector.mount([filter], new Map([[filter.id, { messages: 10, bytes: 1 }]]));
    assert.deepEqual(reached.ends, [[filter.id, 'messages']]);
  });

  test('a message of two traces goes on for the one that lasts', async () => {
    const [short, long] = [trace('number', '1', { maxMessages: 1 }), trace('number', '2')];
    const bench = mounted([short, long]);
    bench.put(0, [short.id, long.id], 'a');
    bench.put(0, [short.id, long.id], 'b');
    await bench.turn();
    assert.deepEqual(bench.written, [`${short.id}+${long.id} a`, `${long.id} b`]);
  });

  test('a trace that was stopped: what is still on its way is left out', async () => {
    const filter = trace('number', '1');
    const bench = mounted([filter]);
    bench.collector.mount([], new Map());
    bench.put(0, [filter.id], 'late');
    await bench.turn();
    assert.deepEqual(bench.written, []);
  });
});

test('while a write is under way nothing is taken: the ring fills, the shard drops', async () => {
  const filter = trace('number', '1');
  const bench = mounted([filter]);
  bench.slow = true;
  bench.put(0, [filter.id], 'first');
  await bench.turn();
  let taken = 0;
  while (bench.put(0, [filter.id], 'x'.repeat(4000))) taken++;
  await bench.turn();
  assert.deepEqual([taken > 10, bench.written.length], [true, 0]);
  bench.slow = false;
  bench.release!();
  await bench.turn();
  await bench.turn();
  assert.equal(bench.written.length, 1 + taken);
});

test('at the end everything is written', async () => {
  const filter = trace('number', '1');
  const bench = mounted([filter]);
  for (let i = 0; i < 30; i++) bench.put(i % 2, [filter.id], 'm');
  await bench.collector.settle();
  assert.equal(bench.written.length, 30);
});
