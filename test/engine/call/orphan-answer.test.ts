// A vendor's 2xx whose transaction is gone: acknowledged and hung up, so that no line stays open;
// from anyone but a vendor it is nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg, Peer } from './flow.ts';

function lateAnswer(from: 'vendor' | 'stranger'): { flow: Flow; peer: Peer; cseq: number } {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.caller.cancel(invite);
  flow.caller.takeFailure(invite, 487);
  flow.run(40_000);
  flow.vendor.inbox = [];
  const peer =
    from === 'vendor' ? flow.vendor : new Peer(flow, { family: 4, ip: '192.0.2.99', port: 5060 });
  peer.answer(offered, 200, { tag: 'late', body: sdpText(2) });
  return { flow, peer, cseq: offered.cseq };
}

test('the late answer of a vendor', () => {
  const { flow, peer, cseq } = lateAnswer('vendor');
  const ack = peer.take('ACK');
  assert.equal(ack.cseq, cseq);
  assert.equal(ack.toTag, 'late');
  const bye = peer.take('BYE');
  assert.ok(bye.cseq > cseq);
  assert.equal(bye.toTag, 'late');
  assert.match(bye.uri, /^sip:v@203\.0\.113\.1/);
  peer.answer(bye, 200);
  assert.equal(flow.records.length, 1);
  flow.expectNothingLeft();
});

test('the answer comes again while our BYE waits for its 200: only the ACK was lost', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  flow.vendor.take('ACK');
  caller.request('BYE');
  const bye = flow.vendor.take('BYE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const ack = flow.vendor.take('ACK');
  assert.equal(ack.cseq, offered.cseq);
  assert.equal(flow.vendor.inbox.length, 0, 'a second BYE would be unexpected to the vendor');
  flow.vendor.answer(bye, 200);
  flow.expectNothingLeft();
});

test('the same from a stranger is dropped', () => {
  const { flow, peer } = lateAnswer('stranger');
  assert.equal(peer.inbox.length, 0);
  flow.expectNothingLeft();
});
