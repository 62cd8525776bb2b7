// The sink keeps order and loses nothing while the ring is full, and refuses new calls meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCallState } from '../../../engine/cdr/call-state-decoder.ts';
import { STATE_VERSION } from '../../../engine/cdr/call-state.ts';
import { FRAME_BLOCK_BYTES } from '../../../engine/cdr/frame-block.ts';
import {
  checkFrame,
  FRAME_HEADER_BYTES,
  FRAME_KIND_AT,
  FRAME_VERSION_AT,
} from '../../../engine/cdr/frame.ts';
import { decodeRecord } from '../../../engine/cdr/record-decoder.ts';
import { RingSink } from '../../../engine/cdr/ring-sink.ts';
import { KIND_ALIVE, KIND_CDR, KIND_START, KIND_WITHHELD } from '../../../engine/cdr/schema.ts';
import { sampleState } from './call-states.ts';
import { NODE, sampleAttempt, sampleCdr } from './records.ts';

interface Framed {
  readonly kind: number;
  readonly version: number;
  readonly payload: Buffer;
}

/** The records of a block; each frame is whole, and nothing stands between or behind them. */
function framesOf(block: Buffer): Framed[] {
  const frames: Framed[] = [];
  for (let at = 0; at < block.length;) {
    const next = checkFrame(block, at, block.length);
    assert.ok(next > at, `frame at ${at}: ${next}`);
    frames.push({
      kind: block[at + FRAME_KIND_AT]!,
      version: block[at + FRAME_VERSION_AT]!,
      payload: Buffer.from(block.subarray(at + FRAME_HEADER_BYTES, next)),
    });
    at = next;
  }
  return frames;
}

/** A ring of `slots` blocks. */
function boundedRing(slots: number) {
  const held: Buffer[] = [];
  const take = (count: number): Framed[] => held.splice(0, count).flatMap(framesOf);
  return {
    offer(records: number, bytes: Uint8Array, length: number): boolean {
      if (held.length >= slots) return false;
      const block = Buffer.from(bytes.subarray(0, length));
      assert.equal(framesOf(block).length, records);
      held.push(block);
      return true;
    },
    freeBytes: () => (slots - held.length) * 1000,
    take,
    takeNames: (count: number): string[] =>
      take(count).map(({ kind, version, payload }) => {
        const decoded = decodeRecord(kind, version, payload, 0, payload.length);
        assert.ok('row' in decoded);
        return `${decoded.status} ${decoded.row[0]}`;
      }),
  };
}

test('records leave in order whatever room the ring has', () => {
  const step = fc.record({ put: fc.nat(4), take: fc.nat(4), attempt: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 60 }),
      fc.integer({ min: 1, max: 5 }),
      (steps, slots) => {
        const ring = boundedRing(slots);
        const sink = new RingSink({
          ring,
          recorderFailed: () => false,
          reserveBytes: 1000,
          maxWaiting: 1000,
        });
        const expected: string[] = [];
        const taken: string[] = [];
        let n = 0;
        for (const { put, take, attempt } of steps) {
          for (let i = 0; i < put; i++, n++) {
            expected.push(`${attempt ? 'attempt' : 'cdr'} ${sampleCdr(n).id}`);
            assert.ok(
              attempt ? sink.attempt(sampleAttempt(n)) : sink.cdr(sampleCdr(n), null, false),
            );
          }
          taken.push(...ring.takeNames(take));
          sink.flush();
          if (sink.waiting > 0) assert.equal(sink.hasRoom(), false);
        }
        for (;;) {
          const rest = ring.takeNames(slots);
          if (rest.length === 0) break;
          taken.push(...rest);
          sink.flush();
        }
        assert.deepEqual(taken, expected);
        assert.deepEqual([sink.waiting, sink.lost], [0, 0]);
        assert.ok(sink.hasRoom());
      },
    ),
    { numRuns: 50 },
  );
});

test('a withheld CDR has a kind of its own; what comes in a turn is one block', () => {
  const ring = boundedRing(1);
  const sink = new RingSink({ ring, recorderFailed: () => false, reserveBytes: 0, maxWaiting: 1 });
  sink.cdr(sampleCdr(1), null, false);
  sink.cdr(sampleCdr(2), null, true);
  sink.cdr(sampleCdr(3), null, false);
  assert.deepEqual(ring.take(1), [], 'the turn goes on');
  sink.flush();
  const kinds = ring.take(1).map(({ kind }) => kind);
  assert.deepEqual(kinds, [KIND_CDR, KIND_WITHHELD, KIND_CDR]);
  sink.flush();
  assert.deepEqual(ring.take(1), []);
});

test('a block that is full goes before the turn ends', () => {
  const ring = boundedRing(100);
  const sink = new RingSink({ ring, recorderFailed: () => false, reserveBytes: 0, maxWaiting: 1 });
  for (let n = 0; n < 1000; n++) assert.ok(sink.cdr(sampleCdr(n), null, false));
  const early = ring.takeNames(100);
  assert.ok(early.length > 500, `${early.length} of 1000`);
  sink.flush();
  const late = ring.takeNames(100);
  const all = Array.from({ length: 1000 }, (_, n) => `cdr ${sampleCdr(n).id}`);
  assert.deepEqual([...early, ...late], all);
});

test('the longest CDR fits into a block', () => {
  const ring = boundedRing(10);
  const sink = new RingSink({ ring, recorderFailed: () => false, reserveBytes: 0, maxWaiting: 1 });
  const texts = Object.entries(sampleCdr(1)).map(([name, value]): [string, unknown] => {
    return [name, typeof value === 'string' && name !== 'id' ? '€'.repeat(1000) : value];
  });
  const longest = { ...sampleCdr(1), ...Object.fromEntries(texts) };
  assert.ok(sink.cdr(sampleCdr(0), null, false));
  assert.ok(sink.cdr(longest, null, false));
  sink.flush();
  const payloads = ring.take(10).map(({ payload }) => payload.length);
  assert.ok(payloads[1]! > 16_384 && payloads[1]! < FRAME_BLOCK_BYTES, String(payloads[1]));
});

test('what finds no place at all is counted and said', () => {
  const ring = boundedRing(1);
  const sink = new RingSink({ ring, recorderFailed: () => false, reserveBytes: 0, maxWaiting: 2 });
  const taken = [0, 1, 2, 3, 4].map((n) => {
    const kept = sink.cdr(sampleCdr(n), null, false);
    sink.flush();
    return kept;
  });
  assert.deepEqual(taken, [true, true, true, false, false]);
  assert.deepEqual([sink.waiting, sink.lost], [2, 2]);
});

test('no room for a new call below the reserve, or while the recorder cannot write', () => {
  const ring = boundedRing(2);
  let failed = false;
  const sink = new RingSink({
    ring,
    recorderFailed: () => failed,
    reserveBytes: 2000,
    maxWaiting: 1,
  });
  assert.ok(sink.hasRoom());
  failed = true;
  assert.equal(sink.hasRoom(), false);
  failed = false;
  sink.cdr(sampleCdr(1), null, false);
  assert.equal(sink.hasRoom(), false, 'what the turn has brought counts');
  sink.flush();
  assert.equal(sink.hasRoom(), false);
  ring.take(1);
  assert.ok(sink.hasRoom());
});

test('the state of a call goes the same way; one that is too large does not', () => {
  const ring = boundedRing(10);
  const sink = new RingSink({ ring, recorderFailed: () => false, reserveBytes: 0, maxWaiting: 10 });
  const state = sampleState(1);
  assert.ok(sink.state(KIND_START, state));
  assert.ok(sink.state(KIND_ALIVE, state));
  const localName = 'x'.repeat(20_000);
  assert.equal(sink.state(KIND_ALIVE, { ...state, caller: { ...state.caller, localName } }), false);
  sink.flush();
  const taken = ring.take(10);
  assert.deepEqual(
    taken.map(({ kind, version }) => [kind, version]),
    [
      [KIND_START, STATE_VERSION],
      [KIND_ALIVE, STATE_VERSION],
    ],
  );
  for (const { payload } of taken)
    assert.deepEqual(decodeCallState(payload, NODE, STATE_VERSION), state);
});
