// re-INVITE end to end: both directions, late offer, CANCEL, glare, and peers that are gone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

test('a re-INVITE of the caller passes with its SDP, and so do the answer and the ACK', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  const sent = caller.request('INVITE', '', sdpText(3));
  flow.caller.take('100 INVITE');
  const offered = flow.vendor.take('INVITE');
  assert.equal(offered.body, sdpText(3));
  assert.equal(offered.cseq, 2);
  assert.notEqual(offered.callId, sent.callId);
  flow.vendor.answer(offered, 200, { body: sdpText(4) });
  const answer = flow.caller.take('200 INVITE');
  assert.equal(answer.body, sdpText(4));
  assert.equal(answer.cseq, sent.cseq);
  caller.ack();
  assert.equal(flow.vendor.take('ACK').cseq, 2);
  // The answer again: the same ACK again.
  flow.vendor.answer(offered, 200, { body: sdpText(4) });
  flow.vendor.take('ACK');
  caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('a late offer of the callee: SDP in the 200, answered in the ACK', () => {
  const flow = new Flow();
  const { callee } = flow.talk();
  callee.request('INVITE');
  const offered = flow.caller.take('INVITE');
  assert.equal(offered.body, '');
  flow.caller.answer(offered, 200, { body: sdpText(5) });
  assert.equal(flow.vendor.take('200 INVITE').body, sdpText(5));
  callee.ack(callee.cseq, sdpText(6));
  assert.equal(flow.caller.take('ACK').body, sdpText(6));
});

test('a refused re-INVITE leaves the call as it was', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  const sent = caller.request('INVITE', '', sdpText(3));
  flow.vendor.answer(flow.vendor.take('INVITE'), 488);
  flow.vendor.take('ACK');
  flow.caller.takeFailure(sent, 488);
  assert.equal(flow.records.length, 0);
  caller.request('INVITE', '', sdpText(3));
  flow.vendor.take('INVITE');
});

test('CANCEL of a re-INVITE, and the answer that was faster', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  const sent = caller.request('INVITE', '', sdpText(3));
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 100);
  flow.caller.cancel(sent);
  flow.caller.take('200 CANCEL');
  flow.caller.takeFailure(sent, 487);
  flow.vendor.answer(flow.vendor.take('CANCEL'), 200);
  flow.vendor.answer(offered, 200, { body: sdpText(4) });
  flow.vendor.take('ACK');
  assert.equal(flow.records.length, 0);
});

test('glare: an offer while one is under way gets 491, a second one of the same side 500', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  caller.request('INVITE', '', sdpText(3));
  flow.vendor.take('INVITE');
  const crossing = callee.request('INVITE', '', sdpText(4));
  flow.vendor.takeFailure(crossing, 491);
  callee.request('UPDATE', '', sdpText(4));
  flow.vendor.take('491 UPDATE');
  const again = caller.request('INVITE', '', sdpText(5));
  const wait = Number(flow.caller.takeFailure(again, 500).header('retry-after'));
  assert.ok(wait >= 0 && wait <= 10, `Retry-After ${wait}`);
});

test('before the ACK of the answer no re-INVITE passes', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  const callee = Leg.ofCallee(flow.vendor, offered, 'v');
  flow.vendor.takeFailure(callee.request('INVITE', '', sdpText(4)), 491);
  flow.caller.takeFailure(caller.request('INVITE', '', sdpText(4)), 500);
  caller.ack(1);
  callee.request('INVITE', '', sdpText(4));
  flow.caller.take('INVITE');
});

test('an UPDATE without an offer does not disturb a re-INVITE under way', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  caller.request('INVITE', '', sdpText(3));
  const offered = flow.vendor.take('INVITE');
  const update = callee.request('UPDATE');
  flow.caller.expectNo('UPDATE');
  flow.vendor.take('200 UPDATE');
  flow.vendor.answer(offered, 200, { body: sdpText(4) });
  flow.caller.take('200 INVITE');
  caller.ack(update.cseq + 1);
  assert.equal(flow.vendor.take('ACK').cseq, offered.cseq);
});

test('a peer that has lost the dialog ends the call', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  const sent = caller.request('INVITE', '', sdpText(3));
  flow.vendor.answer(flow.vendor.take('INVITE'), 481);
  flow.caller.takeFailure(sent, 481);
  flow.caller.take('BYE');
  assert.equal(flow.cdr.endReason, 'Peer no longer knows the call');
  assert.equal(flow.cdr.endSide, 'server');
});

test('a peer that does not answer a re-INVITE: 408, and the call ends', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  caller.request('INVITE', '', sdpText(3));
  flow.run(33_000);
  flow.caller.take('408 INVITE');
  flow.caller.take('BYE');
  assert.equal(flow.cdr.endCode, 200);
  flow.expectNothingLeft();
});

test('the end of the call ends a re-INVITE under way', () => {
  const flow = new Flow();
  const { caller, callee } = flow.talk();
  const sent = caller.request('INVITE', '', sdpText(3));
  flow.vendor.answer(flow.vendor.take('INVITE'), 100);
  callee.request('BYE');
  flow.caller.takeFailure(sent, 487);
  flow.vendor.take('CANCEL');
  flow.caller.answer(flow.caller.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('the ACK of an answer before the crash is none of the re-INVITE sent again', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  const sent = caller.request('INVITE');
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(3) });
  flow.caller.take('200 INVITE');
  flow.edge.crash(0, 0);
  flow.edge.restart(0);
  // The copy of the re-INVITE was on its way when the answer came.
  flow.caller.send(sent.text);
  const again = flow.vendor.take('INVITE');
  caller.ack(sent.cseq, sdpText(4));
  flow.vendor.expectNo('ACK');
  flow.vendor.answer(again, 200, { body: sdpText(3) });
  flow.caller.take('200 INVITE');
  caller.ack(sent.cseq, sdpText(4));
  const ack = flow.vendor.take('ACK');
  assert.deepEqual([ack.cseq, ack.body], [again.cseq, sdpText(4)]);
  caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.expectNothingLeft();
});
