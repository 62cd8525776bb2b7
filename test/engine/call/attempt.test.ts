// A vendor that forks: several early dialogs for one INVITE, several answers, and what the other
// forks may do to the call that one of them has answered.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText, type TextMessage } from '../../sim/text-message.ts';
import { Flow, Leg } from './flow.ts';

/** Two forks ring, the second one answers. */
function forked(): { flow: Flow; caller: Leg; offered: TextMessage; rings: TextMessage[] } {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180, { tag: 'f1' });
  flow.vendor.answer(offered, 180, { tag: 'f2' });
  const rings = [flow.caller.take('180 INVITE'), flow.caller.take('180 INVITE')];
  flow.vendor.answer(offered, 200, { tag: 'f2', body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  assert.equal(flow.vendor.take('ACK').toTag, 'f2');
  return { flow, caller, offered, rings };
}

test('each fork is a dialog of its own for the caller; the answer belongs to one', () => {
  const { flow, caller, rings } = forked();
  assert.notEqual(rings[0]!.toTag, rings[1]!.toTag);
  assert.match(caller.remote, new RegExp(`tag=${rings[1]!.toTag}$`));
  caller.request('BYE');
  const bye = flow.vendor.take('BYE');
  assert.equal(bye.toTag, 'f2');
  flow.vendor.answer(bye, 200);
  flow.expectNothingLeft();
});

test('a second fork answers too: it is hung up, and the call goes on', () => {
  const { flow, caller, offered } = forked();
  flow.vendor.answer(offered, 200, { tag: 'f1', body: sdpText(3) });
  assert.equal(flow.vendor.take('ACK').toTag, 'f1');
  const bye = flow.vendor.take('BYE');
  assert.equal(bye.toTag, 'f1');
  flow.vendor.answer(bye, 200);
  flow.caller.expectNo('200 INVITE');
  assert.equal(flow.records.length, 0);
  // The dialog that talks is still found, though it hangs on the handle of the first one.
  const callee = Leg.ofCallee(flow.vendor, offered, 'f2');
  callee.request('INFO');
  flow.caller.answer(flow.caller.take('INFO'), 200);
  flow.vendor.take('200 INFO');
  callee.request('BYE');
  flow.caller.answer(flow.caller.take('BYE'), 200);
  assert.equal(flow.cdr.endSide, 'callee');
  assert.equal(caller.callId, flow.cdr.callIdIn);
  flow.expectNothingLeft();
});

test('the BYE of a fork that did not get the call does not end it', () => {
  const { flow, offered } = forked();
  flow.vendor.answer(offered, 200, { tag: 'f1', body: sdpText(3) });
  Leg.ofCallee(flow.vendor, offered, 'f1').request('BYE');
  flow.vendor.take('200 BYE');
  flow.caller.expectNo('BYE');
  assert.equal(flow.records.length, 0);
});

test('199 ends a fork and is not for the caller', () => {
  const flow = new Flow();
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180, { tag: 'f1' });
  flow.vendor.answer(offered, 199, { tag: 'f1' });
  flow.caller.take('180 INVITE');
  flow.caller.expectNo('199 INVITE');
});

test('an answer that comes again gets the ACK of the answer, also after a re-INVITE', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  flow.vendor.take('ACK');
  caller.request('INVITE', '', sdpText(3));
  assert.equal(flow.vendor.take('INVITE').cseq, 2);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  assert.equal(flow.vendor.take('ACK').cseq, 1);
});

test('a vendor that opens more forks than allowed shares the last dialog', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  for (let i = 0; i < 12; i++) flow.vendor.answer(offered, 180, { tag: `f${i}` });
  const tags = flow.caller.inbox.filter(({ status }) => status === 180).map(({ toTag }) => toTag);
  assert.equal(new Set(tags).size, 8);
  flow.caller.cancel(invite);
  flow.vendor.answer(offered, 487);
  flow.caller.takeFailure(invite, 487);
  flow.expectNothingLeft();
});
