// One call through the switch: answer and end from either side, CANCEL in each state and its race
// with the answer, missing ACK, limits of duration, and what the record says of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Leg, NUMBER } from './flow.ts';

test('an answered call: fresh identifiers on the vendor leg, one record', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  flow.caller.take('100 INVITE');
  const offered = flow.vendor.take('INVITE');
  assert.notEqual(offered.callId, invite.callId);
  assert.notEqual(offered.fromTag, invite.fromTag);
  assert.equal(offered.number, NUMBER);
  assert.equal(offered.header('max-forwards'), '69');
  assert.equal(offered.body, invite.body);
  flow.vendor.answer(offered, 180);
  flow.caller.take('180 INVITE');
  flow.run(3000);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const answer = flow.caller.take('200 INVITE');
  assert.equal(answer.body, sdpText(2));
  const caller = Leg.ofCaller(flow.caller, invite, answer);
  caller.ack();
  assert.equal(flow.vendor.take('ACK').cseq, offered.cseq);
  flow.run(10_000);
  caller.request('BYE', 'Reason: Q.850;cause=16;text="done"\r\n');
  flow.caller.take('200 BYE');
  const bye = flow.vendor.take('BYE');
  assert.equal(bye.header('reason'), 'Q.850;cause=16;text="done"');
  flow.vendor.answer(bye, 200);
  const { cdr } = flow;
  assert.equal(cdr.endCode, 200);
  assert.equal(cdr.endSide, 'caller');
  assert.equal(cdr.codec, 'PCMA');
  assert.equal(cdr.durationMs, 10_050);
  assert.equal(cdr.pddMs, 25);
  assert.equal(cdr.callIdOut, offered.callId);
  assert.deepEqual(
    flow.rows.map(({ attempt, code, reason }) => ({ attempt, code, reason })),
    [{ attempt: 1, code: 200, reason: 'OK' }],
  );
  flow.expectNothingLeft();
});

test('BYE of the callee, and both at once', () => {
  const flow = new Flow();
  const { callee } = flow.talk();
  callee.request('BYE');
  flow.vendor.take('200 BYE');
  flow.caller.answer(flow.caller.take('BYE'), 200);
  assert.equal(flow.cdr.endSide, 'callee');
  flow.expectNothingLeft();

  const crossing = new Flow();
  const legs = crossing.talk();
  legs.caller.request('BYE');
  legs.callee.request('BYE');
  crossing.caller.take('200 BYE');
  crossing.vendor.take('200 BYE');
  crossing.vendor.answer(crossing.vendor.take('BYE'), 481);
  assert.equal(crossing.cdr.endSide, 'caller');
  crossing.expectNothingLeft();
});

test('CANCEL before any response of the vendor: its own follows the first one', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.caller.cancel(invite, 'Reason: SIP;cause=200;text="Call completed elsewhere"\r\n');
  flow.caller.take('200 CANCEL');
  flow.caller.takeFailure(invite, 487);
  flow.vendor.expectNo('CANCEL');
  flow.vendor.answer(offered, 100);
  const cancel = flow.vendor.take('CANCEL');
  assert.equal(cancel.branch, offered.branch);
  assert.match(cancel.header('reason'), /completed elsewhere/);
  flow.vendor.answer(cancel, 200);
  flow.vendor.answer(offered, 487);
  flow.vendor.take('ACK');
  assert.equal(flow.cdr.endCode, 487);
  assert.equal(flow.cdr.endSide, 'caller');
  assert.equal(flow.cdr.attempts, 1);
  flow.expectNothingLeft();
});

test('CANCEL while it rings; the answer was faster: ACK and BYE to the vendor', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180);
  flow.caller.cancel(invite);
  flow.caller.takeFailure(invite, 487);
  flow.vendor.take('CANCEL');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  assert.equal(flow.vendor.take('ACK').toTag, 'v');
  const bye = flow.vendor.take('BYE');
  assert.ok(bye.cseq > offered.cseq);
  flow.vendor.answer(bye, 200);
  // The answer again: acknowledged, but not hung up twice.
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  flow.vendor.take('ACK');
  flow.vendor.expectNo('BYE');
  assert.equal(flow.cdr.answeredAtMs, 0);
  flow.caller.expectNo('200 INVITE');
  flow.expectNothingLeft();
});

test('the race is won by the vendor even after a PRACK in the early dialog', () => {
  const flow = new Flow();
  const invite = flow.caller.invite({ extra: 'Supported: 100rel\r\n' });
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 180, { extra: 'Require: 100rel\r\nRSeq: 1\r\n' });
  const early = Leg.ofCaller(flow.caller, invite, flow.caller.take('180 INVITE'));
  early.request('PRACK', 'RAck: 1 1 INVITE\r\n');
  flow.vendor.answer(flow.vendor.take('PRACK'), 200);
  flow.caller.cancel(invite);
  flow.vendor.take('CANCEL');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  flow.vendor.take('ACK');
  assert.equal(flow.vendor.take('BYE').cseq, 3);
  flow.expectNothingLeft();
});

test('CANCEL after the answer changes nothing', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  flow.caller.cancel(invite);
  flow.caller.take('200 CANCEL');
  flow.caller.expectNo('487 INVITE');
  assert.equal(flow.records.length, 0);
  caller.ack();
  caller.request('BYE');
  assert.equal(flow.cdr.endCode, 200);
  flow.expectNothingLeft();
});

test('BYE in an early dialog is a CANCEL', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 180);
  Leg.ofCaller(flow.caller, invite, flow.caller.take('180 INVITE')).request('BYE');
  flow.caller.take('200 BYE');
  flow.caller.takeFailure(invite, 487);
  flow.vendor.take('CANCEL');
  assert.equal(flow.cdr.endSide, 'caller');
});

test('the answer without an ACK: resent for 32 s, then both legs are hung up', () => {
  const flow = new Flow();
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(2) });
  flow.run(31_900);
  assert.equal(flow.caller.inbox.filter(({ status }) => status === 200).length, 11);
  flow.caller.expectNo('BYE');
  flow.run(300);
  flow.caller.take('BYE');
  flow.vendor.take('ACK');
  flow.vendor.take('BYE');
  assert.equal(flow.cdr.endReason, 'No ACK from the caller');
  assert.equal(flow.cdr.endSide, 'server');
  flow.expectNothingLeft();
});

test('the callee hangs up before the ACK of the caller: the BYE waits for it', () => {
  const flow = new Flow();
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  Leg.ofCallee(flow.vendor, offered, 'v').request('BYE');
  flow.vendor.take('200 BYE');
  assert.equal(flow.cdr.endSide, 'callee');
  const answer = flow.caller.take('200 INVITE');
  flow.run(600);
  flow.caller.take('200 INVITE');
  flow.caller.expectNo('BYE');
  Leg.ofCaller(flow.caller, invite, answer).ack();
  flow.caller.answer(flow.caller.take('BYE'), 200);
  flow.run(5000);
  flow.caller.expectNo('200 INVITE');
  flow.expectNothingLeft();
});

test('the longest duration is the shortest limit of both gateways', () => {
  const flow = new Flow({ customer: { maxCallSeconds: 60 }, vendors: [{ maxCallSeconds: 30 }] });
  flow.talk();
  flow.run(29_900);
  assert.equal(flow.records.length, 0);
  flow.run(200);
  flow.caller.take('BYE');
  flow.vendor.take('BYE');
  assert.ok(Math.abs(flow.cdr.durationMs - 30_000) <= 10, `${flow.cdr.durationMs}`);
  assert.equal(flow.edge.counter('callsCutDuration'), 1);
});

test('the wall clock steps back during the talk: the duration does not', () => {
  const flow = new Flow();
  const { caller } = flow.talk();
  flow.time.stepWall(-3_600_000);
  flow.run(5000);
  caller.request('BYE');
  assert.ok(Math.abs(flow.cdr.durationMs - 5050) <= 1, `${flow.cdr.durationMs}`);
});

test('an end by the operator: 503 before the answer, BYE after it', () => {
  const flow = new Flow();
  flow.talk();
  const second = flow.caller.invite();
  flow.edge.operate((core) => {
    core.stopCalls();
  });
  flow.run();
  flow.caller.take('BYE');
  flow.vendor.take('BYE');
  flow.caller.takeFailure(second, 503);
  const codes = flow.records.map(({ endCode, endReason }) => `${endCode} ${endReason}`);
  assert.deepEqual(codes.sort(), ['200 Switch shuts down', '503 Switch shuts down']);
  flow.expectNothingLeft();
});

test('release codes: the mapping gateway table over the built-in one', () => {
  const codes = (releaseCodes: ReadonlyMap<number, number>, vendor: number): number => {
    const flow = new Flow({ customer: { releaseCodes } });
    flow.caller.invite();
    flow.vendor.answer(flow.vendor.take('INVITE'), vendor);
    return flow.cdr.endCode;
  };
  assert.equal(codes(new Map(), 486), 486);
  assert.equal(codes(new Map(), 402), 503);
  assert.equal(codes(new Map([[486, 600]]), 486), 600);
  assert.equal(codes(new Map([[0, 503]]), 404), 503);
});
