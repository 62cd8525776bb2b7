// The codec that a call's record names: the first one of the answer's first audio stream.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

function codecOf(body: string): string {
  const flow = new Flow();
  const invite = flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body });
  const leg = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  leg.ack();
  leg.request('BYE');
  return flow.cdr.codec;
}

test('by rtpmap, by its static payload type, or none', () => {
  assert.equal(codecOf(sdpText(1)), 'PCMA');
  assert.equal(codecOf(sdpText(1).replace('RTP/AVP 8 101', 'RTP/AVP 0 8')), 'PCMU');
  assert.equal(codecOf(sdpText(1).replace('RTP/AVP 8 101', 'RTP/AVP 101')), 'telephone-event');
  assert.equal(codecOf(''), '');
});
