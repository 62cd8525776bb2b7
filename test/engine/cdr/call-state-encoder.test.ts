// A call's state comes back as it was; what is damaged, or too large, is noticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCallState } from '../../../engine/cdr/call-state-decoder.ts';
import { CallStateEncoder } from '../../../engine/cdr/call-state-encoder.ts';
import type { CallState } from '../../../engine/cdr/call-state.ts';
import { sampleState } from './call-states.ts';
import { NODE } from './records.ts';

const encoder = new CallStateEncoder();

function encode(state: CallState): Buffer {
  assert.ok(encoder.encode(state));
  return Buffer.from(encoder.bytes.subarray(0, encoder.length));
}

test('every value comes back', () => {
  for (const n of [0, 1, 2, 3, 999_999]) {
    const state = sampleState(n);
    assert.deepEqual(decodeCallState(encode(state), NODE), state);
  }
});

test('texts of any language and routes of any number come back', () => {
  const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((s) => !s.includes('\u001f'));
  const whole = fc.string({ unit: 'grapheme', maxLength: 60 });
  fc.assert(
    fc.property(whole, text, fc.array(text, { maxLength: 8 }), (name, uri, routeSet) => {
      const sample = sampleState(3);
      const state: CallState = {
        ...sample,
        record: { ...sample.record, mappingGateway: name, area: name },
        callee: { ...sample.callee, remoteTarget: uri, routeSet },
      };
      // A string with half of a surrogate pair has no UTF-8.
      if (!JSON.stringify(state).includes('\\ud')) {
        assert.deepEqual(decodeCallState(encode(state), NODE), state);
      }
    }),
    { numRuns: 200 },
  );
});

test('a separator that a peer has sent spoils the state, and nothing is mistaken', () => {
  const sample = sampleState(4);
  const state = { ...sample, caller: { ...sample.caller, remoteTag: 'a\u001fb' } };
  assert.equal(decodeCallState(encode(state), NODE), undefined);
});

test('a state too large for the recorder is refused', () => {
  const sample = sampleState(5);
  const routeSet = Array.from({ length: 90 }, (_, i) => `<sip:${'x'.repeat(200)}${i};lr>`);
  assert.equal(encoder.encode({ ...sample, callee: { ...sample.callee, routeSet } }), false);
  const fits = { ...sample.callee, routeSet: routeSet.slice(0, 70) };
  assert.ok(encode({ ...sample, callee: fits }).length < 16_384);
});

test('so is one that is larger than the memory for it, whatever its texts are made of', () => {
  const sample = sampleState(1);
  for (const [count, text] of [
    [1, 'x'.repeat(200_000)],
    [3000, 'y'.repeat(90)],
    [3, '€'.repeat(50_000)],
    [20_000, 'short'],
  ] as const) {
    const routeSet = Array.from({ length: count }, () => text);
    const state = { ...sample, caller: { ...sample.caller, routeSet } };
    assert.equal(encoder.encode(state), false);
    assert.deepEqual(decodeCallState(encode(sample), NODE), sample);
  }
});

test('damaged payloads are no states', () => {
  const good = encode(sampleState(6));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bad = Buffer.from(good);
      bad[at]! ^= flip;
      // Whatever is read has the form of a state: the checksum of the frame tells the rest.
      const state = decodeCallState(bad, NODE);
      if (state !== undefined) assert.equal(typeof state.callee.remoteTarget, 'string');
    }),
  );
  for (let end = 0; end < good.length; end += 7) {
    assert.equal(decodeCallState(good.subarray(0, end), NODE), undefined, `cut at ${end}`);
  }
  assert.equal(decodeCallState(Buffer.from('anything'), NODE), undefined);
});
