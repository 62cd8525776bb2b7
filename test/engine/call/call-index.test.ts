// The index against a Map: the same calls are found, whatever comes and goes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../engine/base/random.ts';
import { CallIndex } from '../../../engine/call/call-index.ts';
import type { IndexedCall } from '../../../engine/call/call-index.ts';
import { SipMessage } from '../../../engine/sip/message/message.ts';

class StubCall implements IndexedCall<StubCall> {
  readonly callIdIn: string;
  indexHash = 0;
  nextInIndex: StubCall | null = null;

  constructor(callIdIn: string) {
    this.callIdIn = callIdIn;
  }
}

const message = new SipMessage();

function requestWith(callId: string): SipMessage {
  const text = `OPTIONS sip:a SIP/2.0\r\nCall-ID: ${callId}\r\n\r\n`;
  message.parse(Buffer.from(text, 'latin1'), 0, text.length);
  return message;
}

test('finds what a Map would find', () => {
  const callIds = Array.from({ length: 30 }, (_, i) => `${i}\xe9@host`);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(29)), { maxLength: 200 }), (steps) => {
      const index = new CallIndex<StubCall>(seededRandom(1));
      const calls = new Map<string, StubCall>();
      for (const [adds, n] of steps) {
        const callId = callIds[n]!;
        const known = calls.get(callId);
        if (adds && known === undefined) {
          const call = new StubCall(callId);
          calls.set(callId, call);
          index.add(call);
        } else if (!adds && known !== undefined) {
          calls.delete(callId);
          index.remove(known);
        }
      }
      assert.equal(index.size, calls.size);
      for (const callId of callIds) {
        assert.equal(index.find(requestWith(callId)), calls.get(callId));
      }
    }),
  );
});

test('grows, finds the later of two with one Call-ID, and removes no stranger', () => {
  const index = new CallIndex<StubCall>(seededRandom(2));
  const calls = Array.from({ length: 5000 }, (_, i) => new StubCall(`call-${i}`));
  for (const call of calls) index.add(call);
  assert.ok(calls.every((call) => index.find(requestWith(call.callIdIn)) === call));
  const later = new StubCall('call-7');
  index.add(later);
  assert.equal(index.find(requestWith('call-7')), later);
  index.remove(later);
  index.remove(later);
  assert.equal(index.find(requestWith('call-7')), calls[7]);
  index.remove(new StubCall('call-8'));
  assert.equal(index.size, 5000);
});
