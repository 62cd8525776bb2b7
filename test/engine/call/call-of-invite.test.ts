// The INVITE's identity: merged copies, and callers that a restart has left without the answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText, type TextMessage } from '../../sim/text-message.ts';
import { Flow } from './flow.ts';

/** The 200 is on its way to the caller when the shard dies, and is lost. */
function answerLost(): { flow: Flow; invite: TextMessage } {
  const flow = new Flow();
  const invite = flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(2) });
  flow.caller.inbox = [];
  flow.edge.crash(0, 0);
  flow.run(1000);
  flow.edge.restart(0);
  return { flow, invite };
}

test('a merged copy is refused while its call is up', () => {
  const flow = new Flow();
  const invite = flow.caller.invite({ callId: 'merged' });
  flow.caller.invite({ callId: 'merged', branch: 'z9hG4bKother' });
  flow.caller.take('482 INVITE');
  flow.caller.cancel(invite);
  flow.caller.takeFailure(invite, 487);
});

test('after a restart the caller gives up waiting for the answer: the call ends', () => {
  const { flow, invite } = answerLost();
  flow.caller.cancel(invite);
  const answer = flow.caller.take('200 CANCEL');
  assert.notEqual(answer.toTag, '');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.caller.answer(flow.caller.take('BYE'), 481);
  const { endSide, endEvidence, endReason } = flow.cdr;
  assert.deepEqual([endSide, endEvidence], ['caller', 'recovered']);
  assert.equal(endReason, 'Caller gave up without the answer');
  flow.caller.cancel(invite);
  flow.caller.take('200 CANCEL');
  flow.expectNothingLeft();
});

test('after a restart the INVITE comes again: its sender never got the answer', () => {
  const { flow, invite } = answerLost();
  flow.caller.send(invite.text);
  flow.caller.takeFailure(invite, 482);
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  assert.equal(flow.cdr.endSide, 'caller');
});

test('copies of the INVITE waited for the restart: the call ends, none makes a new one', () => {
  const { flow, invite } = answerLost();
  flow.caller.send(invite.text);
  flow.caller.send(invite.text);
  flow.run();
  flow.caller.expectNo('100 INVITE');
  flow.vendor.expectNo('INVITE');
  flow.caller.takeFailure(invite, 482);
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.caller.answer(flow.caller.take('BYE'), 481);
  flow.expectNothingLeft();
  assert.equal(flow.cdr.endReason, 'Caller gave up without the answer');
});

test('once the caller has acknowledged the answer, a stray CANCEL ends nothing', () => {
  const { flow } = answerLost();
  const { caller } = flow.talk();
  const invite = flow.caller.invite({ callId: caller.callId });
  flow.caller.take('482 INVITE');
  flow.run(70_000);
  flow.edge.crash(0, 0);
  flow.edge.restart(0);
  flow.caller.cancel(invite);
  flow.caller.take('481 CANCEL');
  caller.request('BYE');
  flow.caller.take('200 BYE');
});
