// Non-INVITE client transaction (RFC 3261 17.1.2): every state, every event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Method } from '../../../../engine/sip/message/methods.ts';
import { NO_BODY } from '../../../../engine/sip/transaction/request-identity.ts';
import {
  GIVE_UP_MS,
  headerValues,
  IDENTITY,
  responseTo,
  TransactionBench,
  VENDOR,
} from './bench.ts';

const T4_MS = 5000;

function start(): { bench: TransactionBench; bye: string } {
  const bench = new TransactionBench();
  const { layer } = bench;
  assert.ok(layer.request('BYE', Method.Bye, IDENTITY, 70, NO_BODY, 0, VENDOR, bench));
  return { bench, bye: bench.sent.splice(0)[0]!.text };
}

type StateName = 'trying' | 'proceeding' | 'completed';
type Event = number | 'icmp' | 'give up';

const table: readonly (readonly [StateName, Event, string[], string[], 0 | 1])[] = [
  ['trying', 100, [], ['100'], 1],
  ['trying', 200, [], ['200'], 0],
  ['trying', 481, [], ['481'], 0],
  ['trying', 'icmp', [], ['unreachable'], 0],
  ['trying', 'give up', ['BYE', 'BYE', 'BYE'], ['timeout'], 0],
  // Unlike INVITE, a provisional response does not end the resending (timer E goes on at T2).
  ['proceeding', 'give up', ['BYE', 'BYE', 'BYE'], ['timeout'], 0],
  ['proceeding', 200, [], ['200'], 0],
  ['proceeding', 'icmp', [], ['unreachable'], 0],
  ['completed', 100, [], [], 0],
  ['completed', 200, [], [], 0],
  ['completed', 503, [], [], 0],
  ['completed', 'icmp', [], [], 0],
  ['completed', 'give up', [], [], 0],
];

for (const [state, event, sent, told, left] of table) {
  test(`${state}, ${event}: sends [${sent.join()}], tells [${told.join()}]`, () => {
    const { bench, bye } = start();
    if (state !== 'trying') bench.receive(responseTo(bye, state === 'completed' ? 200 : 100));
    bench.takeTold();
    if (event === 'icmp') bench.comesBack(bye);
    else if (event === 'give up') bench.until(GIVE_UP_MS);
    else bench.receive(responseTo(bye, event));
    assert.deepEqual(bench.take(), sent);
    assert.deepEqual(bench.takeTold(), told);
    assert.equal(bench.layer.clientCount, left);
    if (left === 0) bench.assertIdle();
  });
}

test('timers E and F follow the list to the millisecond', () => {
  const { bench, bye } = start();
  bench.until(3990);
  assert.ok(bench.sent.every(({ text }) => text === bye));
  assert.deepEqual(
    bench.takeTimed().map(([at]) => at),
    [500, 1500, 3500],
  );
  assert.deepEqual(bench.takeTold(), []);
  bench.until(4000);
  assert.deepEqual(bench.takeTold(), ['timeout']);
  bench.assertIdle();
});

test('a final response ends it at once; the same again is a stray that nobody hears of', () => {
  const { bench, bye } = start();
  bench.receive(responseTo(bye, 200));
  bench.assertIdle();
  assert.deepEqual(bench.takeTold(), ['200']);
  assert.equal(bench.count('responsesStray'), 0);
  for (const waitMs of [0, T4_MS]) {
    bench.until(waitMs);
    bench.receive(responseTo(bye, 200));
  }
  assert.deepEqual([bench.take(), bench.takeTold()], [[], []]);
  assert.equal(bench.count('responsesStray'), 2);
  assert.equal(bench.count('wrongShard'), 0);
  bench.assertIdle();
});

test('a late response is not taken for that of the request which now has its place', () => {
  const { bench, bye } = start();
  bench.receive(responseTo(bye, 200));
  bench.takeTold();
  bench.layer.request('BYE', Method.Bye, IDENTITY, 70, NO_BODY, 0, VENDOR, bench);
  const next = bench.sent.splice(0)[0]!.text;
  bench.receive(responseTo(bye, 481));
  bench.comesBack(bye);
  assert.deepEqual(bench.takeTold(), []);
  assert.equal(bench.layer.clientCount, 1);
  bench.receive(responseTo(next, 200));
  assert.deepEqual(bench.takeTold(), ['200']);
  bench.assertIdle();
});

test('a response with our branch and another method is nobody’s', () => {
  const { bench, bye } = start();
  bench.receive(responseTo(bye, 200, 'theirs', 'INVITE'));
  assert.deepEqual(bench.takeTold(), []);
  assert.equal(bench.count('responsesStray'), 1);
  bench.receive(responseTo(bye, 200));
  assert.deepEqual(bench.takeTold(), ['200']);
});

test('branches are unique, also between two transactions in a row', () => {
  const bench = new TransactionBench();
  const branches = new Set<string>();
  for (let i = 0; i < 200; i++) {
    bench.layer.request('OPTIONS', Method.Options, IDENTITY, 70, NO_BODY, 0, VENDOR, bench);
    const { text } = bench.sent.splice(0)[0]!;
    branches.add(headerValues(text, 'Via')[0]!);
    bench.receive(responseTo(text, 200));
  }
  assert.equal(branches.size, 200);
  bench.assertIdle();
});
