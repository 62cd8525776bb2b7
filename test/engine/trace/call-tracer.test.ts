// Which messages a trace takes: whole calls, decided once, and nothing of others; live on and off.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CUSTOMER, type Leg, NUMBER } from '../call/flow.ts';
import { trace, TraceFlow } from './trace-flow.ts';

const OTHER = '442070000000';
const TALK = [
  '> 0 INVITE',
  '< 0 100 INVITE',
  '< 1 INVITE',
  '> 1 200 INVITE',
  '< 0 200 INVITE',
  '> 0 ACK',
  '< 1 ACK',
];
const BYE = ['> 0 BYE', '< 0 200 BYE', '< 1 BYE', '> 1 200 BYE'];

function hangUp({ flow }: TraceFlow, caller: Leg): void {
  caller.request('BYE');
  flow.caller.take('200 BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
}

/** One call that is answered and ended by the caller. */
function call(traced: TraceFlow): void {
  hangUp(traced, traced.flow.talk().caller);
}

describe('which calls', () => {
  for (const [what, filter] of [
    ['callee', trace('number', NUMBER)],
    ['callee by its beginning', trace('number', '4420*')],
    ['caller, with a plus', trace('number', '+12025550100')],
    ['mapping gateway', trace('gateway', 'customer')],
    ['customer address', trace('ip', CUSTOMER.ip)],
    ['customer range', trace('ip', '198.51.100.0/24')],
    ['routing gateway', trace('gateway', 'vendor-1')],
    ['vendor range', trace('ip', '203.0.113.0/24')],
    ['Call-ID', trace('call', 'named@host')],
  ] as const) {
    test(`${what}: every message of both legs, in order`, () => {
      const customer = { name: 'customer' };
      const traced = new TraceFlow([filter], { customer });
      if (filter.kind === 'call') {
        const invite = traced.flow.caller.invite({ callId: 'named@host' });
        traced.flow.caller.cancel(invite);
        assert.equal(traced.lines[0], '> 0 INVITE');
        assert.ok(traced.lines.includes('< 1 INVITE'));
        return;
      }
      call(traced);
      const expected = [...TALK, ...BYE];
      const first =
        filter.kind === 'ip' && filter.value.startsWith('198') ? '> 255 INVITE' : '> 0 INVITE';
      assert.deepEqual(traced.lines, [first, ...expected.slice(1)]);
      const [invite, ...rest] = traced.records;
      for (const { call: id } of rest) assert.equal(id, traced.flow.cdr.id);
      assert.equal(invite!.remote.ip, CUSTOMER.ip);
      for (const { traces } of traced.records) assert.deepEqual(traces, [filter.id]);
    });
  }

  for (const filter of [
    trace('number', OTHER),
    trace('number', '4421*'),
    trace('gateway', 'nobody'),
    trace('ip', '192.0.2.77'),
    trace('ip', '2001:db8::/32'),
    trace('call', 'other@host'),
  ]) {
    test(`${filter.kind} ${filter.value}: nothing of a call that it is not about`, () => {
      const traced = new TraceFlow([filter]);
      call(traced);
      assert.deepEqual(traced.lines, []);
    });
  }
});

test('a vendor tried second: what came before it is there too', () => {
  const traced = new TraceFlow([trace('gateway', 'vendor-2')], { vendors: [{}, {}] });
  const { flow } = traced;
  flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 503);
  assert.deepEqual(traced.lines, [
    '> 0 INVITE',
    '< 0 100 INVITE',
    '< 1 INVITE',
    '> 1 503 INVITE',
    '< 1 ACK',
    '< 2 INVITE',
  ]);
  const names = new Map(traced.records.map(({ leg, gateway }) => [leg, gateway]));
  assert.deepEqual([names.get(1), names.get(2)], ['vendor-1', 'vendor-2']);
  const times = traced.records.map(({ timeUs }) => timeUs);
  assert.deepEqual(
    times,
    times.toSorted((a, b) => a - b),
  );
});

test('retransmissions, a CANCEL with its answers and a late 200 belong to the call', () => {
  const traced = new TraceFlow([trace('number', NUMBER)]);
  const { flow } = traced;
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.run(600);
  flow.vendor.answer(offered, 100);
  flow.caller.cancel(invite);
  flow.vendor.answer(offered, 200, { tag: 'late' });
  assert.deepEqual(traced.lines.slice(2), [
    '< 1 INVITE',
    '< 1 INVITE',
    '> 1 100 INVITE',
    '> 0 CANCEL',
    '< 0 200 CANCEL',
    '< 1 CANCEL',
    '< 0 487 INVITE',
    '> 1 200 INVITE',
    '< 1 ACK',
    '< 1 BYE',
  ]);
});

test('a call that was refused shows its refusal', () => {
  const traced = new TraceFlow([trace('number', '999')]);
  traced.flow.caller.invite({ number: '999' });
  assert.deepEqual(traced.lines.slice(-1), ['< 0 404 INVITE']);
});

test('an address: what belongs to no call too, each message on its own', () => {
  const traced = new TraceFlow([trace('ip', CUSTOMER.ip)]);
  traced.flow.caller.send('\r\n\r\n');
  traced.flow.caller.invite({ extra: 'Require: nothing-we-know\r\n' });
  assert.deepEqual(traced.lines, ['> 255 ', '> 255 INVITE', '< 255 420 INVITE']);
  assert.ok(traced.records.every(({ call: id }) => id === ''));
});

describe('live', () => {
  test('on and off between two packets; a call that runs stays as it was decided', () => {
    const traced = new TraceFlow([]);
    const running = traced.flow.talk().caller;
    traced.mount([trace('number', NUMBER)]);
    hangUp(traced, running);
    assert.deepEqual(traced.lines, []);
    call(traced);
    assert.deepEqual(traced.lines, [...TALK, ...BYE]);
    traced.mount([]);
    call(traced);
    assert.equal(traced.lines.length, 11);
  });

  test('a running call by our id, by the Call-ID of either leg', () => {
    for (const which of [0, 1, 2]) {
      const traced = new TraceFlow([]);
      const { caller, callee } = traced.flow.talk();
      traced.mount([trace('call', [caller.callId, callee.callId, 'x'][which]!)]);
      hangUp(traced, caller);
      assert.deepEqual(traced.lines, which === 2 ? [] : BYE);
    }
  });

  test('taken off while a call runs: nothing more of it', () => {
    const traced = new TraceFlow([trace('number', NUMBER)]);
    const { caller } = traced.flow.talk();
    traced.mount([]);
    hangUp(traced, caller);
    assert.deepEqual(traced.lines, TALK);
  });

  test('two traces of one call: one record that names both; each ends alone', () => {
    const [first, second] = [trace('number', NUMBER), trace('gateway', 'vendor-1')];
    const traced = new TraceFlow([first, second]);
    const { caller } = traced.flow.talk();
    assert.deepEqual(traced.records.at(-1)!.traces, [first.id, second.id]);
    traced.mount([second]);
    hangUp(traced, caller);
    assert.deepEqual(traced.records.at(-1)!.traces, [second.id]);
    assert.equal(traced.lines.length, 11);
  });
});

describe('bounds', () => {
  test('a trace ends at its time, also when no snapshot says so', () => {
    const filter = trace('number', NUMBER, { untilMs: 0 });
    const traced = new TraceFlow([]);
    traced.mount([{ ...filter, untilMs: traced.flow.time.wallMs() + 1000 }]);
    const { caller } = traced.flow.talk();
    traced.flow.run(1000);
    hangUp(traced, caller);
    assert.deepEqual(traced.lines, TALK);
  });

  test('messages and bytes', () => {
    const byMessages = new TraceFlow([trace('number', NUMBER, { maxMessages: 3 })]);
    call(byMessages);
    assert.deepEqual(byMessages.lines, TALK.slice(0, 3));
    const byBytes = new TraceFlow([trace('number', NUMBER, { maxBytes: 1 })]);
    call(byBytes);
    assert.deepEqual(byBytes.lines, TALK.slice(0, 1));
  });

  test('a full ring drops messages of the trace, never those of the call', () => {
    const traced = new TraceFlow([trace('number', NUMBER)]);
    traced.full = true;
    call(traced);
    assert.deepEqual(traced.lines, []);
    assert.equal(traced.flow.edge.counter('traceMessagesDropped'), 11);
    assert.equal(traced.flow.cdr.endCode, 200);
  });

  test('too many messages in a second: whole calls are left out first, then messages', () => {
    const traced = new TraceFlow([trace('number', '44*')], {
      parameters: { SS_MAX_CALL_PER_SECOND: 60_000 },
    });
    const { flow } = traced;
    for (let i = 0; i < 1100; i++) {
      flow.network.send(CUSTOMER, { family: 4, ip: '192.0.2.1', port: 5060 }, inviteText(i));
    }
    flow.run(5);
    assert.ok(flow.edge.counter('traceCallsSkipped') > 500);
    assert.ok(traced.records.length >= 1000 && traced.records.length <= 2000);
    assert.equal(flow.edge.counter('callsStarted'), 1100);
  });
});

function inviteText(n: number): string {
  return (
    `INVITE sip:${NUMBER}@192.0.2.1 SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP 198.51.100.1:5060;branch=z9hG4bKf${n}\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:1@a>;tag=f${n}\r\nTo: <sip:${NUMBER}@b>\r\nCall-ID: f${n}\r\n` +
    'CSeq: 1 INVITE\r\nContact: <sip:c@198.51.100.1>\r\nContent-Length: 0\r\n\r\n'
  );
}

describe('secrets', () => {
  const credentials = { username: 'u', password: 'p' };
  const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n"\r\n';
  for (const secrets of [false, true]) {
    test(secrets ? 'shown when they were asked for' : 'masked, lengths kept', () => {
      const traced = new TraceFlow([trace('number', NUMBER, { secrets })], {
        vendors: [{ credentials }],
      });
      const { flow } = traced;
      flow.caller.invite();
      flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra: challenge });
      const sent = flow.vendor.take('INVITE').text;
      const kept = traced.records.at(-1)!.message.toString('latin1');
      assert.match(sent, /response="[0-9a-f]{32}"/);
      assert.equal(kept.length, sent.length);
      assert.equal(kept === sent, secrets);
      assert.equal(/response="x{32}"/.test(kept), !secrets);
      assert.match(kept, /username="u"/);
    });
  }

  test('a trace that shows secrets does not open them for another one', () => {
    const traced = new TraceFlow(
      [trace('number', NUMBER, { secrets: true }), trace('number', '44*')],
      { vendors: [{ credentials }] },
    );
    const { flow } = traced;
    flow.caller.invite();
    flow.vendor.answer(flow.vendor.take('INVITE'), 401, { extra: challenge });
    assert.match(traced.records.at(-1)!.message.toString('latin1'), /response="x{32}"/);
  });
});
