// A call's state comes back as it was; what is damaged, or too large, is noticed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pack } from 'msgpackr';
import { decodeCallState } from '../../../engine/cdr/call-state-decoder.ts';
import { CallStateEncoder } from '../../../engine/cdr/call-state-encoder.ts';
import { STATE_VERSION, type CallState, type DialogState } from '../../../engine/cdr/call-state.ts';
import { sampleState } from './call-states.ts';
import { NODE } from './records.ts';

const encoder = new CallStateEncoder();

function decode(payload: Buffer): CallState | undefined {
  return decodeCallState(payload, NODE, STATE_VERSION);
}

function encode(state: CallState): Buffer {
  assert.ok(encoder.encode(state));
  return Buffer.from(encoder.bytes.subarray(0, encoder.length));
}

test('every value comes back', () => {
  for (const n of [0, 1, 2, 3, 999_999]) {
    const state = sampleState(n);
    assert.deepEqual(decode(encode(state)), state);
  }
});

test('times come back, whatever was done to the clock meanwhile', () => {
  const time = fc.oneof(
    fc.constant(0),
    fc.nat(10_000),
    fc.maxSafeNat().map((ms) => ms % 2 ** 43),
  );
  fc.assert(
    fc.property(fc.tuple(time, time, time, time, time, time, time), (times) => {
      const [writtenAtMs, startedAtMs, ringingAtMs, answeredAtMs, triedAtMs, proofAtMs, at] = times;
      const sample = sampleState(1);
      const state: CallState = {
        ...sample,
        writtenAtMs,
        record: { ...sample.record, startedAtMs, ringingAtMs, answeredAtMs },
        attempt: { ...sample.attempt, startedAtMs: triedAtMs },
        callerSession: { ...sample.callerSession!, refreshedAtMs: at },
        proofAtMs,
      };
      assert.deepEqual(decode(encode(state)), state);
    }),
  );
});

test('what a state has twice is written once, and comes back in both places', () => {
  const sample = sampleState(0);
  const { record } = sample;
  const { callerIn: callerOut, calleeIn: calleeOut, sourceIp, destinationIp } = record;
  const plain: CallState = {
    ...sample,
    record: { ...record, callerOut, calleeOut },
    caller: { ...sample.caller, source: { family: 4, ip: sourceIp, port: 5060 } },
    callee: { ...sample.callee, source: { family: 6, ip: destinationIp, port: 5060 } },
    calleeListen: sample.callerListen,
  };
  assert.deepEqual(decode(encode(plain)), plain);
  const text = encode(plain).toString('latin1');
  for (const once of [callerOut, calleeOut, sourceIp, destinationIp]) {
    assert.equal(text.split(`\u001f${once}\u001f`).length, 2, once);
  }
});

test('states of the versions before come back', () => {
  for (const n of [0, 1, 2, 3]) {
    const sample = sampleState(n);
    assert.deepEqual(decodeCallState(verbosePayload(sample), NODE, 2), sample);
    const plain = { ...sample, callerSession: null, calleeSession: null };
    assert.deepEqual(decodeCallState(verbosePayload(plain), NODE, 1), plain);
  }
});

/** The layout of the versions 1 and 2: absolute times, every text, fees. */
function verbosePayload(state: CallState): Buffer {
  const { record: r, attempt, caller, callee } = state;
  const dialogNumbers = (d: DialogState): number[] => {
    return [d.localCseq, d.remoteCseq, d.inviteCseq, d.source.port, d.routeSet.length];
  };
  const sessions = [state.callerSession, state.calleeSession];
  const hasSessions = sessions.some((session) => session !== null);
  const sessionNumbers = sessions.flatMap((s) => {
    if (s === null) return [-1, -1, -1, -1, -1, -1, -1];
    const { intervalS, weRefresh, minSeS, segments, earlyHangupS, takesUpdate, refreshedAtMs } = s;
    return [intervalS, +weRefresh, minSeS, segments, earlyHangupS, +takesUpdate, refreshedAtMs];
  });
  const values = [
    ...[r.id, state.writtenAtMs, r.startedAtMs, r.ringingAtMs, r.answeredAtMs, r.pddMs, r.attempts],
    ...[attempt.startedAtMs, attempt.pddMs, attempt.code, state.inviteCseq, state.answerCseq],
    ...[+state.acknowledged, state.limitMs, state.proofAtMs, state.proofMs],
    ...dialogNumbers(caller),
    ...dialogNumbers(callee),
    ...(hasSessions ? sessionNumbers : []),
  ];
  const dialogTexts = (d: DialogState, listen: string): string[] => [
    ...[d.localTag, d.remoteTag, d.localName, d.remoteAddress, d.contact, d.remoteTarget, listen],
    ...[d.source.ip, ...d.routeSet],
  ];
  const texts = [
    ...[r.mappingGateway, r.account, r.routingGateway, r.clearingAccount, r.callerIn, r.calleeIn],
    ...[r.callerOut, r.calleeOut, r.sourceIp, r.destinationIp, r.callIdIn, r.callIdOut, r.codec],
    ...['0', '0', r.area, r.ratePrefix, r.vendorArea, r.vendorRatePrefix, r.callLevel, '0'],
    ...[r.phone, r.agentAccount, '0', attempt.prefix],
    ...dialogTexts(caller, state.callerListen),
    ...dialogTexts(callee, state.calleeListen),
    ...(hasSessions ? sessions.map((session) => session?.sdp ?? '') : []),
  ];
  return Buffer.concat([pack(values), pack(texts.join('\u001f'))]);
}

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
        assert.deepEqual(decode(encode(state)), state);
      }
    }),
    { numRuns: 200 },
  );
});

test('a separator that a peer has sent spoils the state, and nothing is mistaken', () => {
  const sample = sampleState(4);
  const state = { ...sample, caller: { ...sample.caller, remoteTag: 'a\u001fb' } };
  assert.equal(decode(encode(state)), undefined);
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
    assert.deepEqual(decode(encode(sample)), sample);
  }
});

test('damaged payloads are no states', () => {
  const good = encode(sampleState(6));
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const bad = Buffer.from(good);
      bad[at]! ^= flip;
      // Whatever is read has the form of a state: the checksum of the frame tells the rest.
      const state = decode(bad);
      if (state !== undefined) assert.equal(typeof state.callee.remoteTarget, 'string');
    }),
  );
  for (let end = 0; end < good.length; end += 7) {
    assert.equal(decode(good.subarray(0, end)), undefined, `cut at ${end}`);
  }
  assert.equal(decode(Buffer.from('anything')), undefined);
});
