// The sink keeps order and loses nothing while the ring is full, and refuses new calls meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCallState } from '../../../engine/cdr/call-state-decoder.ts';
import { STATE_VERSION } from '../../../engine/cdr/call-state.ts';
import { decodeRecord } from '../../../engine/cdr/record-decoder.ts';
import { kindOfType, versionOfType } from '../../../engine/cdr/record-ring.ts';
import { RingSink } from '../../../engine/cdr/ring-sink.ts';
import { KIND_ALIVE, KIND_CDR, KIND_START, KIND_WITHHELD } from '../../../engine/cdr/schema.ts';
import { sampleState } from './call-states.ts';
import { NODE, sampleAttempt, sampleCdr } from './records.ts';

/** A ring of `slots` records; what is taken out is decoded. */
function boundedRing(slots: number) {
  const held: { type: number; bytes: Buffer }[] = [];
  return {
    offer(type: number, bytes: Uint8Array, length: number): boolean {
      if (held.length >= slots) return false;
      held.push({ type, bytes: Buffer.from(bytes.subarray(0, length)) });
      return true;
    },
    freeBytes: () => (slots - held.length) * 1000,
    take(count: number): string[] {
      return held.splice(0, count).map(({ type, bytes }) => {
        const [kind, version] = [kindOfType(type), versionOfType(type)];
        const decoded = decodeRecord(kind, version, bytes, 0, bytes.length);
        assert.ok('row' in decoded);
        return `${decoded.status} ${decoded.row[0]}`;
      });
    },
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
            assert.ok(attempt ? sink.attempt(sampleAttempt(n)) : sink.cdr(sampleCdr(n)));
          }
          taken.push(...ring.take(take));
          sink.retry();
          if (sink.waiting > 0) assert.equal(sink.hasRoom(), false);
        }
        for (;;) {
          const rest = ring.take(slots);
          if (rest.length === 0) break;
          taken.push(...rest);
          sink.retry();
        }
        assert.deepEqual(taken, expected);
        assert.deepEqual([sink.waiting, sink.lost], [0, 0]);
        assert.ok(sink.hasRoom());
      },
    ),
    { numRuns: 50 },
  );
});

test('a withheld CDR has a kind of its own', () => {
  const kinds: number[] = [];
  const offer = (type: number): boolean => kinds.push(kindOfType(type)) > 0;
  const sink = new RingSink({
    ring: { offer, freeBytes: () => 1000 },
    recorderFailed: () => false,
    reserveBytes: 0,
    maxWaiting: 0,
  });
  sink.cdr(sampleCdr(1));
  sink.cdr(sampleCdr(2), true);
  sink.cdr(sampleCdr(3), false);
  assert.deepEqual(kinds, [KIND_CDR, KIND_WITHHELD, KIND_CDR]);
});

test('what finds no place at all is counted and said', () => {
  const ring = boundedRing(1);
  const sink = new RingSink({ ring, recorderFailed: () => false, reserveBytes: 0, maxWaiting: 2 });
  const taken = [0, 1, 2, 3, 4].map((n) => sink.cdr(sampleCdr(n)));
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
  sink.cdr(sampleCdr(1));
  assert.equal(sink.hasRoom(), false);
  ring.take(1);
  assert.ok(sink.hasRoom());
});

test('the state of a call goes the same way; one that is too large does not', () => {
  const types: number[] = [];
  const payloads: Buffer[] = [];
  const sink = new RingSink({
    ring: {
      offer: (type, bytes, length) => {
        payloads.push(Buffer.from(bytes.subarray(0, length)));
        return types.push(type) > 0;
      },
      freeBytes: () => 1_000_000,
    },
    recorderFailed: () => false,
    reserveBytes: 1000,
    maxWaiting: 10,
  });
  const state = sampleState(1);
  assert.ok(sink.state(KIND_START, state));
  assert.ok(sink.state(KIND_ALIVE, state));
  assert.deepEqual(types.map(kindOfType), [KIND_START, KIND_ALIVE]);
  assert.deepEqual(types.map(versionOfType), [STATE_VERSION, STATE_VERSION]);
  for (const payload of payloads) assert.deepEqual(decodeCallState(payload, NODE), state);
  const localName = 'x'.repeat(20_000);
  assert.equal(sink.state(KIND_ALIVE, { ...state, caller: { ...state.caller, localName } }), false);
  assert.equal(types.length, 2);
});
