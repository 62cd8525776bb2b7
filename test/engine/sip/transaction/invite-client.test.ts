// INVITE client transaction (RFC 3261 17.1.1, RFC 6026 7.2): every state, every event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InviteClient } from '../../../../engine/sip/transaction/invite-client.ts';
import { NO_BODY } from '../../../../engine/sip/transaction/request-identity.ts';
import {
  GIVE_UP_MS,
  headerValues,
  IDENTITY,
  responseTo,
  startLine,
  topBranch,
  TransactionBench,
  VENDOR,
} from './bench.ts';

interface Started {
  readonly bench: TransactionBench;
  readonly client: InviteClient;
  /** The INVITE as sent. */
  readonly invite: string;
}

function start(): Started {
  const bench = new TransactionBench();
  const rest = `Contact: <sip:100@192.0.2.1:5060>\r\n${NO_BODY}`;
  const client = bench.layer.invite(IDENTITY, 69, rest, 0, VENDOR, bench)!;
  const [first] = bench.sent.splice(0);
  assert.equal(first!.to, VENDOR);
  return { bench, client, invite: first!.text };
}

type Event = number | 'cancel' | 'icmp' | 'give up';
type StateName = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'cancelled';

/** Brings a new transaction into a state. */
function inState(state: StateName): Started {
  const started = start();
  const { bench, client, invite } = started;
  if (state === 'proceeding') bench.receive(responseTo(invite, 180));
  if (state === 'completed') bench.receive(responseTo(invite, 486));
  if (state === 'accepted') bench.receive(responseTo(invite, 200));
  if (state === 'cancelled') {
    bench.receive(responseTo(invite, 180));
    client.cancel();
  }
  bench.take();
  bench.takeTold();
  return started;
}

/** state, event → messages sent, what the user is told, whether the transaction is still there. */
const table: readonly (readonly [StateName, Event, string[], string[], 0 | 1])[] = [
  ['calling', 100, [], ['100'], 1],
  ['calling', 180, [], ['180'], 1],
  ['calling', 200, [], ['200'], 1],
  ['calling', 302, ['ACK'], ['302'], 1],
  ['calling', 486, ['ACK'], ['486'], 1],
  ['calling', 603, ['ACK'], ['603'], 1],
  ['calling', 'cancel', [], [], 1],
  ['calling', 'icmp', [], ['unreachable'], 0],
  ['calling', 'give up', ['INVITE', 'INVITE', 'INVITE'], ['timeout'], 0],
  ['proceeding', 100, [], ['100'], 1],
  ['proceeding', 183, [], ['183'], 1],
  ['proceeding', 200, [], ['200'], 1],
  ['proceeding', 404, ['ACK'], ['404'], 1],
  ['proceeding', 'cancel', ['CANCEL'], [], 1],
  ['proceeding', 'icmp', [], ['unreachable'], 0],
  ['proceeding', 'give up', [], [], 1],
  ['completed', 180, [], [], 1],
  ['completed', 200, [], [], 1],
  ['completed', 486, ['ACK'], [], 1],
  ['completed', 503, ['ACK'], [], 1],
  ['completed', 'cancel', [], [], 1],
  ['completed', 'icmp', [], [], 1],
  ['completed', 'give up', [], [], 0],
  ['accepted', 180, [], [], 1],
  ['accepted', 200, [], ['200'], 1],
  ['accepted', 486, [], [], 1],
  ['accepted', 'cancel', [], [], 1],
  ['accepted', 'icmp', [], [], 1],
  ['accepted', 'give up', [], [], 0],
  ['cancelled', 180, [], ['180'], 1],
  ['cancelled', 200, [], ['200'], 1],
  ['cancelled', 487, ['ACK'], ['487'], 1],
  ['cancelled', 'cancel', [], [], 1],
  ['cancelled', 'icmp', [], ['unreachable'], 0],
  ['cancelled', 'give up', ['CANCEL', 'CANCEL', 'CANCEL'], ['timeout'], 0],
];

for (const [state, event, sent, told, left] of table) {
  test(`${state}, ${event}: sends [${sent.join()}], tells [${told.join()}]`, () => {
    const { bench, client, invite } = inState(state);
    if (event === 'cancel') client.cancel();
    else if (event === 'icmp') bench.comesBack(invite);
    else if (event === 'give up') bench.until(bench.nowMs + GIVE_UP_MS);
    else bench.receive(responseTo(invite, event));
    assert.deepEqual(bench.take(), sent);
    assert.deepEqual(bench.takeTold(), told);
    assert.equal(bench.layer.clientCount, left);
  });
}

test('timers A and B follow the list to the millisecond', () => {
  const { bench, invite } = start();
  bench.until(3990);
  assert.deepEqual(bench.takeTold(), []);
  assert.ok(bench.sent.every(({ text }) => text === invite));
  assert.deepEqual(
    bench.takeTimed().map(([at]) => at),
    [500, 1500, 3500],
  );
  bench.until(4000);
  assert.deepEqual(bench.takeTold(), ['timeout']);
  assert.equal(bench.count('requestRetransmissionsSent'), 3);
  assert.equal(bench.count('transactionTimeouts'), 1);
  bench.assertIdle();
});

test('a provisional response ends the resending for good', () => {
  const { bench, invite } = start();
  bench.until(600);
  bench.take();
  bench.receive(responseTo(invite, 100, ''));
  bench.until(60_000);
  assert.deepEqual(bench.take(), []);
  assert.equal(bench.layer.clientCount, 1);
  assert.equal(bench.timers.armed, 0);
});

test('timers D and M keep the transaction for as long as the peer may resend', () => {
  for (const status of [486, 200]) {
    const { bench, invite } = start();
    bench.until(1000);
    bench.take();
    bench.receive(responseTo(invite, status));
    bench.until(1000 + GIVE_UP_MS - 10);
    assert.equal(bench.layer.clientCount, 1);
    bench.until(1000 + GIVE_UP_MS);
    bench.assertIdle();
    bench.take();
    bench.receive(responseTo(invite, status));
    assert.equal(bench.count('responsesStray'), 1);
    assert.deepEqual(bench.take(), []);
  }
});

test('the ACK of a failure repeats what RFC 3261 17.1.1.3 demands', () => {
  const { bench, invite } = start();
  bench.receive(responseTo(invite, 486, 'vendor-tag'));
  const { text: ack, to } = bench.sent[0]!;
  assert.equal(to, VENDOR);
  assert.ok(ack.startsWith(`ACK ${IDENTITY.uri} SIP/2.0\r\n`));
  for (const name of ['Via', 'Route', 'From', 'Call-ID']) {
    assert.deepEqual(headerValues(ack, name), headerValues(invite, name), name);
  }
  assert.deepEqual(headerValues(ack, 'To'), [`${IDENTITY.to};tag=vendor-tag`]);
  assert.deepEqual(headerValues(ack, 'CSeq'), ['7 ACK']);
  assert.ok(ack.endsWith('Content-Length: 0\r\n\r\n'));
});

test('the INVITE carries branch, rport, hops and body', () => {
  const { invite } = start();
  assert.ok(invite.startsWith('INVITE sip:4477@198.51.100.7:5080 SIP/2.0\r\nVia: '));
  assert.match(
    headerValues(invite, 'Via')[0]!,
    /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;rport;branch=z9hG4bKtdm05[0-9a-f]{14}$/,
  );
  assert.deepEqual(headerValues(invite, 'Max-Forwards'), ['69']);
});

test('CANCEL waits for a provisional response (RFC 3261 9.1)', () => {
  const { bench, client, invite } = start();
  client.cancel('Reason: SIP;cause=200\r\n');
  client.cancel('Reason: SIP;cause=600\r\n');
  bench.until(1000);
  assert.deepEqual(bench.takeTimed(), [[500, 'INVITE']]);
  bench.receive(responseTo(invite, 100, ''));
  const { text: cancel } = bench.sent.at(-1)!;
  assert.deepEqual(bench.take(), ['CANCEL']);
  assert.equal(topBranch(cancel), topBranch(invite));
  for (const name of ['Via', 'Route', 'From', 'To', 'Call-ID']) {
    assert.deepEqual(headerValues(cancel, name), headerValues(invite, name), name);
  }
  assert.deepEqual(headerValues(cancel, 'CSeq'), ['7 CANCEL']);
  assert.deepEqual(headerValues(cancel, 'Reason'), ['SIP;cause=200']);
});

test('no CANCEL after a final response came first', () => {
  for (const status of [200, 486]) {
    const { bench, client, invite } = start();
    client.cancel();
    bench.receive(responseTo(invite, status));
    bench.until(60_000);
    assert.ok(!bench.take().includes('CANCEL'));
    bench.assertIdle();
  }
});

test('CANCEL has a transaction of its own behind the shared branch', () => {
  const { bench, client, invite } = start();
  bench.receive(responseTo(invite, 180));
  client.cancel();
  bench.takeTold();
  bench.until(600);
  assert.deepEqual(bench.takeTimed(), [
    [0, 'CANCEL'],
    [500, 'CANCEL'],
  ]);
  bench.receive(responseTo(invite, 200, 'theirs', 'CANCEL'));
  assert.deepEqual(bench.takeTold(), []);
  bench.until(2000);
  assert.deepEqual(bench.take(), []);
  bench.receive(responseTo(invite, 487));
  assert.deepEqual(bench.take(), ['ACK']);
  assert.deepEqual(bench.takeTold(), ['487']);
  bench.until(20_000);
  bench.assertIdle();
});

test('a cancelled INVITE without a final response times out 64 T1 after the CANCEL', () => {
  const { bench, client, invite } = start();
  bench.receive(responseTo(invite, 180));
  bench.until(10_000);
  client.cancel();
  bench.receive(responseTo(invite, 200, 'theirs', 'CANCEL'));
  bench.takeTold();
  bench.until(10_000 + GIVE_UP_MS - 10);
  assert.deepEqual(bench.takeTold(), []);
  bench.until(10_000 + GIVE_UP_MS + 10);
  assert.deepEqual(bench.takeTold(), ['timeout']);
  bench.until(30_000);
  bench.assertIdle();
});

test('2xx of several forks all reach the user, each failure only once', () => {
  const { bench, invite } = start();
  bench.receive(responseTo(invite, 200, 'fork-a'));
  bench.receive(responseTo(invite, 200, 'fork-b'));
  bench.receive(responseTo(invite, 200, 'fork-a'));
  assert.deepEqual(bench.takeTold(), ['200', '200', '200']);
  assert.deepEqual(bench.take(), []);
});

test('a new schedule does not change a transaction that runs', () => {
  const { bench } = start();
  bench.context.schedule = { waitsMs: [100], giveUpMs: 200 };
  bench.until(GIVE_UP_MS);
  assert.deepEqual(
    bench.takeTimed().map(([at]) => at),
    [500, 1500, 3500],
  );
});

test('an ICMP error that carries only the first 100 bytes is enough', () => {
  const { bench, invite } = start();
  assert.equal(startLine(invite), 'INVITE');
  bench.comesBack(invite, 28);
  assert.deepEqual(bench.takeTold(), []);
  bench.comesBack(invite, 150);
  assert.deepEqual(bench.takeTold(), ['unreachable']);
  bench.assertIdle();
});
