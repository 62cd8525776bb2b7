// Caller against callee over loopback: every way in which a call can end.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Callee, type AnswerPlan } from '../../../bench/agents/callee.ts';
import { Caller, type CallOutcome } from '../../../bench/agents/caller.ts';
import { hear, type Heard } from '../../../bench/agents/heard.ts';
import { SipPort } from '../../../bench/agents/sip-port.ts';
import { seededRandom } from '../../../engine/base/random.ts';

const ANSWER: AnswerPlan = {
  progress: 180,
  progressMs: 5,
  finalStatus: 200,
  finalMs: 20,
  talkMs: Infinity,
};

interface Pair {
  readonly caller: Caller;
  readonly callee: Callee;
  readonly calleePort: SipPort;
  readonly call: (patienceMs: number, talkMs: number) => Promise<CallOutcome>;
}

async function pair(t: TestContext, plan: AnswerPlan): Promise<Pair> {
  const callerPort = await SipPort.open('127.0.0.1', 0);
  const calleePort = await SipPort.open('127.0.0.1', 0);
  const caller = new Caller(callerPort, calleePort, seededRandom(1));
  const callee = new Callee(calleePort, seededRandom(2), () => plan);
  t.after(async () => {
    callee.dropAll();
    await Promise.all([callerPort.close(), calleePort.close()]);
  });
  const call = (patienceMs: number, talkMs: number): Promise<CallOutcome> =>
    caller.call({ caller: '442070000001', callee: '447700900123', patienceMs, talkMs });
  return { caller, callee, calleePort, call };
}

test('the caller hangs up after its talk', async (t) => {
  const { call, caller, callee } = await pair(t, ANSWER);
  const outcome = await call(5000, 60);
  assert.equal(outcome.code, 200);
  assert.equal(outcome.endedBy, 'caller');
  assert.deepEqual(outcome.progress, [100, 180]);
  assert.ok(outcome.talkedMs >= 55, `${outcome.talkedMs} ms`);
  assert.deepEqual([caller.active, callee.active, callee.heard], [0, 0, 1]);
});

test('the callee hangs up after its talk', async (t) => {
  const { call, caller } = await pair(t, { ...ANSWER, talkMs: 30 });
  const outcome = await call(5000, 60_000);
  assert.deepEqual([outcome.code, outcome.endedBy], [200, 'callee']);
  assert.equal(caller.active, 0);
});

test('a refusal ends the call with its code, and is acknowledged', async (t) => {
  const { call, callee } = await pair(t, { ...ANSWER, progress: 0, finalStatus: 486 });
  const outcome = await call(5000, 60);
  assert.deepEqual([outcome.code, outcome.endedBy, outcome.talkedMs], [486, 'nobody', 0]);
  // The callee repeats its 486 until the ACK: a second call proves that the first is forgotten.
  await call(5000, 60);
  assert.ok(callee.active <= 1);
});

test('a caller without an answer cancels after its patience', async (t) => {
  const { call, caller } = await pair(t, { ...ANSWER, finalMs: Infinity });
  const outcome = await call(40, 60);
  assert.equal(outcome.code, 487);
  assert.equal(caller.active, 0);
});

test('hangUpAll ends calls in every state', async (t) => {
  const talking = await pair(t, ANSWER);
  const ringing = await pair(t, { ...ANSWER, finalMs: Infinity });
  const calls = [talking.call(5000, 60_000), ringing.call(60_000, 60_000)];
  setTimeout(() => {
    talking.caller.hangUpAll();
    ringing.caller.hangUpAll();
  }, 100);
  assert.deepEqual(
    (await Promise.all(calls)).map(({ code }) => code),
    [200, 487],
  );
});

test('a lost INVITE is sent again', async (t) => {
  const { call, callee, calleePort } = await pair(t, ANSWER);
  const deliver = calleePort.onMessage;
  let lost = 0;
  calleePort.onMessage = (heard, from) => {
    if (lost++ > 0) deliver(heard, from);
  };
  const outcome = await call(5000, 20);
  assert.equal(outcome.code, 200);
  assert.equal(callee.heard, 1);
});

test('what is heard is what was said', () => {
  const text =
    'OPTIONS sip:4477@127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP a;branch=z9hG4bKx\r\n' +
    'From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i@j\r\nCSeq: 7 OPTIONS\r\n' +
    'Contact: <sip:e@127.0.0.1:5070>\r\nContent-Length: 2\r\n\r\nab';
  const heard: Partial<Heard> | undefined = hear(Buffer.from(text));
  assert.deepEqual(heard, {
    method: 'OPTIONS',
    status: 0,
    callId: 'i@j',
    cseq: 7,
    from: '<sip:a@b>;tag=1',
    to: '<sip:c@d>',
    vias: ['SIP/2.0/UDP a;branch=z9hG4bKx'],
    topBranch: 'z9hG4bKx',
    toTag: '',
    calledUser: '4477',
    contactUri: 'sip:e@127.0.0.1:5070',
    nonce: '',
    body: 'ab',
  });
  assert.equal(hear(Buffer.from('not SIP')), undefined);
});
