// INVITE server transaction (RFC 3261 17.2.1, RFC 6026 7.1, 2xx of 13.3.1.4): all states, events.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_BODY } from '../../../../engine/sip/transaction/request-identity.ts';
import { resendSchedule } from '../../../../engine/sip/transaction/resend-schedule.ts';
import { CLIENT, GIVE_UP_MS, headerValues, requestOf, TransactionBench } from './bench.ts';

const INVITE = requestOf();
const ACK_OF_FAILURE = requestOf({ method: 'ACK', to: '<sip:4477@192.0.2.1>;tag=us' });
const ACK_OF_2XX = requestOf({
  method: 'ACK',
  via: 'SIP/2.0/UDP 192.0.2.10:5070;branch=z9hG4bKtwo',
  to: '<sip:4477@192.0.2.1>;tag=us',
});
const CANCEL = requestOf({ method: 'CANCEL' });

type StateName = 'trying' | 'proceeding' | 'accepted' | 'acknowledged' | 'completed' | 'confirmed';

function inState(state: StateName): TransactionBench {
  const bench = new TransactionBench();
  bench.receive(INVITE);
  if (state === 'trying') {
    // 100 went out at once.
  } else if (state === 'proceeding') {
    bench.server.respond(180, '', 'us', NO_BODY);
  } else if (state === 'accepted' || state === 'acknowledged') {
    bench.server.respond(200, '', 'us', NO_BODY);
    if (state === 'acknowledged') bench.server.acknowledged();
  } else {
    bench.server.respond(486, '', 'us', NO_BODY);
    if (state === 'confirmed') bench.receive(ACK_OF_FAILURE);
  }
  bench.take();
  bench.takeTold();
  return bench;
}

type Event = 'invite' | 'ack of failure' | 'ack of 2xx' | 'cancel' | 180 | 200 | 404 | 'give up';

/** State, event, what is sent, what the core is told, transactions known then (also CANCEL's). */
const table: readonly (readonly [StateName, Event, string[], string[], 0 | 1 | 2])[] = [
  ['trying', 'invite', ['100'], [], 1],
  ['trying', 180, ['180'], [], 1],
  ['trying', 200, ['200'], [], 1],
  ['trying', 404, ['404'], [], 1],
  ['trying', 'cancel', ['200'], ['cancel'], 2],
  ['trying', 'give up', [], [], 1],
  ['proceeding', 'invite', ['180'], [], 1],
  ['proceeding', 'ack of failure', [], [], 1],
  ['proceeding', 180, ['180'], [], 1],
  ['proceeding', 200, ['200'], [], 1],
  ['proceeding', 404, ['404'], [], 1],
  ['proceeding', 'cancel', ['200'], ['cancel'], 2],
  ['accepted', 'invite', [], [], 1],
  ['accepted', 'ack of 2xx', [], ['ack 1'], 1],
  // Some clients send it with the INVITE's branch.
  ['accepted', 'ack of failure', [], ['ack 1'], 1],
  ['accepted', 180, [], [], 1],
  ['accepted', 404, [], [], 1],
  ['accepted', 'cancel', ['200'], [], 2],
  ['accepted', 'give up', ['200', '200', '200'], ['ack timeout'], 0],
  ['acknowledged', 'invite', [], [], 1],
  ['acknowledged', 'ack of 2xx', [], ['ack 1'], 1],
  ['acknowledged', 'ack of failure', [], [], 1],
  ['acknowledged', 404, [], [], 1],
  // The CANCEL of a settled INVITE is answered without a transaction of its own.
  ['acknowledged', 'cancel', ['200'], [], 1],
  ['acknowledged', 'give up', [], [], 0],
  ['completed', 'invite', ['486'], [], 1],
  ['completed', 'ack of failure', [], [], 1],
  ['completed', 200, [], [], 1],
  ['completed', 'cancel', ['200'], [], 2],
  ['completed', 'give up', ['486', '486', '486'], [], 0],
  ['confirmed', 'invite', [], [], 1],
  ['confirmed', 'ack of failure', [], [], 1],
  ['confirmed', 200, [], [], 1],
  ['confirmed', 'cancel', ['200'], [], 1],
  ['confirmed', 'give up', [], [], 0],
];

/** The INVITE has just got its ACK: its transaction is silent for that long and then forgotten. */
function absorbsFor(bench: TransactionBench, lifetimeMs: number): void {
  const ackedMs = bench.nowMs;
  const before = bench.count('requestRetransmissionsReceived');
  for (const waitMs of [0, lifetimeMs / 2, lifetimeMs - 10]) {
    bench.until(ackedMs + waitMs);
    bench.receive(INVITE);
    bench.receive(ACK_OF_FAILURE);
    assert.deepEqual([bench.take(), bench.takeTold()], [[], []]);
    assert.equal(bench.layer.serverCount, 1);
  }
  assert.equal(bench.count('requestRetransmissionsReceived'), before + 3);
  bench.until(ackedMs + lifetimeMs);
  bench.assertIdle();
  bench.receive(INVITE);
  assert.deepEqual([bench.take(), bench.takeTold()], [['100'], ['invite']]);
}

for (const [state, event, sent, told, left] of table) {
  test(`${state}, ${event}: sends [${sent.join()}], tells [${told.join()}]`, () => {
    const bench = inState(state);
    if (event === 'invite') bench.receive(INVITE);
    else if (event === 'ack of failure') bench.receive(ACK_OF_FAILURE);
    else if (event === 'ack of 2xx') bench.receive(ACK_OF_2XX);
    else if (event === 'cancel') bench.receive(CANCEL);
    else if (event === 'give up') bench.until(GIVE_UP_MS);
    else bench.server.respond(event, '', 'us', NO_BODY);
    assert.deepEqual(bench.take(), sent);
    assert.deepEqual(bench.takeTold(), told);
    assert.equal(bench.layer.serverCount, left);
  });
}

test('100 is sent at once and without a tag', () => {
  const bench = new TransactionBench();
  bench.receive(INVITE);
  const { text, to } = bench.sent[0]!;
  assert.match(text, /^SIP\/2\.0 100 Trying\r\n/);
  assert.deepEqual(headerValues(text, 'To'), ['<sip:4477@192.0.2.1>']);
  assert.equal(to, CLIENT);
});

test('a failure is resent until its ACK comes, then INVITE and ACK are absorbed for 64 T1', () => {
  const bench = inState('completed');
  bench.until(1600);
  assert.deepEqual(bench.takeTimed(), [
    [500, '486'],
    [1500, '486'],
  ]);
  bench.receive(ACK_OF_FAILURE);
  absorbsFor(bench, GIVE_UP_MS);
});

test('a failure that is never acknowledged counts as a timeout and is told to nobody', () => {
  const bench = inState('completed');
  bench.until(GIVE_UP_MS);
  assert.equal(bench.count('transactionTimeouts'), 1);
  assert.deepEqual(bench.takeTold(), []);
  bench.assertIdle();
});

test('a 2xx is resent until its ACK comes, then INVITE and ACK are absorbed until timer L', () => {
  const bench = inState('accepted');
  bench.until(600);
  assert.deepEqual(bench.takeTimed(), [[500, '200']]);
  bench.receive(ACK_OF_2XX);
  assert.deepEqual(bench.takeTold(), ['ack 1']);
  bench.server.acknowledged();
  absorbsFor(bench, GIVE_UP_MS);
});

for (const status of [200, 486]) {
  test(`with the usual schedule an INVITE with a ${status} is absorbed 32 s after its ACK`, () => {
    const bench = inState('proceeding');
    bench.context.schedule = resendSchedule([0.5, 1, 2, 4, 8, 16]);
    bench.server.respond(status, '', 'us', NO_BODY);
    bench.until(20_000);
    if (status === 200) bench.server.acknowledged();
    else bench.receive(ACK_OF_FAILURE);
    bench.take();
    absorbsFor(bench, 32_000);
  });
}

test('a settled INVITE is left by its user: neither CANCEL nor a second ACK reaches it', () => {
  for (const state of ['acknowledged', 'confirmed'] as const) {
    const bench = inState(state);
    assert.equal(bench.server.user, null);
    bench.server.acknowledged();
    bench.server.receiveAck();
    assert.equal(bench.layer.serverCount, 1);
    bench.receive(CANCEL);
    bench.receive(CANCEL);
    const [first, second] = bench.sent;
    assert.equal(first!.text, second!.text);
    assert.match(headerValues(first!.text, 'CSeq')[0]!, /^1 CANCEL$/);
    assert.deepEqual([bench.take(), bench.takeTold()], [['200', '200'], []]);
    bench.until(GIVE_UP_MS);
    bench.assertIdle();
  }
});

test('an unacknowledged 2xx is told to the core 64 T1 after it was sent, not before', () => {
  const bench = inState('accepted');
  bench.until(GIVE_UP_MS - 10);
  assert.deepEqual(bench.takeTold(), []);
  bench.until(GIVE_UP_MS);
  assert.deepEqual(bench.takeTold(), ['ack timeout']);
  bench.assertIdle();
});

test('an INVITE that is never answered has no timer of its own', () => {
  const bench = inState('proceeding');
  bench.until(300_000);
  assert.deepEqual([bench.layer.serverCount, bench.timers.armed], [1, 0]);
});

test('an ACK with another sent-by does not end the resending', () => {
  const bench = inState('completed');
  bench.receive(requestOf({ method: 'ACK', via: 'SIP/2.0/UDP 192.0.2.10:5071;branch=z9hG4bKone' }));
  assert.deepEqual(bench.takeTold(), ['ack 1']);
  bench.until(500);
  assert.deepEqual(bench.take(), ['486']);
});

test('the schedule in force when the answer is sent is kept', () => {
  const bench = inState('proceeding');
  bench.context.schedule = { waitsMs: [200, 300], giveUpMs: 700 };
  bench.server.respond(486, '', 'us', NO_BODY);
  bench.context.schedule = { waitsMs: [50], giveUpMs: 100 };
  bench.take();
  bench.until(2000);
  assert.deepEqual(
    bench.takeTimed().map(([at]) => at),
    [200, 500],
  );
  bench.assertIdle();
});
