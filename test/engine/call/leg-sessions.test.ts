// Session timers as the two legs negotiate them, each for itself: what INVITE, 2xx, 422 and
// requests within the call say on the wire, with both settings of each parameter and gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import { parameterValues } from '../../../engine/parameters/parse-value.ts';
import { sdpText, type TextMessage } from '../../sim/text-message.ts';
import { Flow } from './flow.ts';
import { grants, TIMER, timedTalk, UPDATES } from './timed-talk.ts';

function session(message: TextMessage): string[] {
  return ['session-expires', 'min-se', 'require'].map((name) => message.header(name));
}

test('a vendor is asked, whatever the caller says; nothing of either side passes', () => {
  for (const caller of ['', `${TIMER}Session-Expires: 300;refresher=uac\r\nMin-SE: 95\r\n`]) {
    const { offered, answer } = timedTalk({ caller, vendor: grants(500, 'uas') });
    assert.deepEqual(session(offered), ['600', '90', '']);
    assert.deepEqual(offered.all('supported'), ['timer']);
    const expected = caller === '' ? ['', '', ''] : ['300;refresher=uac', '', 'timer'];
    assert.deepEqual(session(answer), expected);
  }
});

test('TTL and Min-SE: towards the vendor, and in the 2xx of a caller that asks for no time', () => {
  const cases: [Partial<ParameterValues>, string, string][] = [
    [{ SS_SIP_SESSION_TTL: 1800 }, '1800', '90'],
    [{ SS_SIP_SESSION_TTL: 300, SS_SIP_SESSION_MIN_SE: 120 }, '300', '120'],
    // READ-14: below Min-SE it is raised on the wire.
    [{ SS_SIP_SESSION_TTL: 60 }, '90', '90'],
    [{ SS_SIP_SESSION_MIN_SE: 3600 }, '3600', '3600'],
  ];
  for (const [parameters, seconds, minSe] of cases) {
    const { offered, answer } = timedTalk({ caller: TIMER }, { parameters });
    assert.deepEqual(session(offered), [seconds, minSe, '']);
    assert.deepEqual(session(answer), [`${seconds};refresher=uas`, '', 'timer']);
  }
});

test('a caller that asks for less than Min-SE gets 422 with it, and the call with enough', () => {
  for (const [minSe, short] of [
    [90, 60],
    [1800, 1799],
  ] as const) {
    const flow = new Flow({ parameters: { SS_SIP_SESSION_MIN_SE: minSe } });
    const invite = flow.caller.invite({ extra: `${TIMER}Session-Expires: ${short}\r\n` });
    assert.equal(flow.caller.takeFailure(invite, 422).header('min-se'), `${minSe}`);
    flow.vendor.expectNo('INVITE');
    flow.caller.invite({
      extra: `${TIMER}Session-Expires: ${minSe}\r\nMin-SE: ${minSe}\r\n`,
      callId: invite.callId,
      cseq: 2,
    });
    flow.vendor.take('INVITE');
  }
});

test('what the proxy of a caller without support asks: ours to refresh, no Require', () => {
  const { answer } = timedTalk({ caller: 'Session-Expires: 400\r\n' });
  assert.deepEqual(session(answer), ['400;refresher=uas', '', '']);
  assert.deepEqual(session(timedTalk({ caller: 'x: 60\r\n' }).answer), ['', '', '']);
});

test('a gateway that is not to have session timers is neither asked nor answered', () => {
  const off = timedTalk(
    { caller: TIMER, vendor: grants(90, 'uas') },
    {
      customer: { sessionTimer: false },
      vendors: [{ sessionTimer: false }],
    },
  );
  for (const message of [off.offered, off.answer]) {
    assert.doesNotMatch(message.head, /timer|session-expires|min-se/i);
  }
  const { flow, caller, callee } = off;
  flow.run(7000_000);
  flow.caller.expectNo('BYE');
  for (const [leg, peer] of [
    [caller, flow.caller],
    [callee, flow.vendor],
  ] as const) {
    leg.request('UPDATE', 'Require: timer\r\n');
    assert.equal(peer.take('420 UPDATE').header('unsupported'), 'timer');
    leg.request('UPDATE', `${TIMER}Session-Expires: 60\r\n`);
    assert.doesNotMatch(peer.take('200 UPDATE').head, /timer|session-expires/i);
  }
  const refused = new Flow({ customer: { sessionTimer: false } });
  const invite = refused.caller.invite({ extra: 'Require: timer\r\n' });
  refused.caller.takeFailure(invite, 420);
  const allowed = new Flow();
  allowed.caller.invite({ extra: 'Require: timer\r\n' });
  allowed.vendor.take('INVITE');
});

test('422 of a vendor: once more with its Min-SE, then the next vendor', () => {
  const flow = new Flow({ vendors: [{}, {}] });
  const invite = flow.caller.invite();
  const first = flow.vendor.take('INVITE');
  flow.vendor.answer(first, 422, { extra: 'Min-SE: 1800\r\n' });
  const second = flow.vendor.take('INVITE');
  assert.deepEqual(session(second), ['1800', '1800', '']);
  assert.equal(second.callId, first.callId);
  assert.equal(second.cseq, first.cseq + 1);
  assert.equal(second.body, first.body);
  flow.vendor.answer(second, 422, { extra: 'Min-SE: 3600\r\n' });
  const other = flow.vendors[1]!;
  const third = other.take('INVITE');
  assert.deepEqual(session(third), ['600', '90', '']);
  // One without a use: less than we asked for already.
  other.answer(third, 422, { extra: 'Min-SE: 80\r\n' });
  flow.caller.takeFailure(invite, 500);
  flow.expectNothingLeft();
});

test('a relayed re-INVITE and UPDATE refresh both legs, each with its own terms', () => {
  for (const method of ['INVITE', 'UPDATE']) {
    const talk = timedTalk({
      caller: `${TIMER}Session-Expires: 200;refresher=uac\r\n`,
      vendor: grants(400, 'uas'),
    });
    const { flow, caller } = talk;
    caller.request(method, `${TIMER}Session-Expires: 200;refresher=uac\r\n`, sdpText(3));
    const passed = flow.vendor.take(method);
    assert.deepEqual(session(passed), ['400;refresher=uas', '90', '']);
    flow.vendor.answer(passed, 422, { extra: 'Min-SE: 500\r\n' });
    const again = flow.vendor.take(method);
    assert.deepEqual(session(again), ['500;refresher=uas', '500', '']);
    assert.equal(again.body, sdpText(3));
    flow.vendor.answer(again, 200, { extra: grants(500, 'uas'), body: sdpText(4) });
    assert.deepEqual(session(flow.caller.take(`200 ${method}`)), [
      '200;refresher=uac',
      '',
      'timer',
    ]);
    if (method === 'INVITE') caller.ack();
    caller.request(method, `${TIMER}Session-Expires: 89\r\n`, sdpText(5));
    assert.equal(flow.caller.take(`422 ${method}`).header('min-se'), '90');
    flow.vendor.expectNo(method);
  }
});

test('an UPDATE without SDP, and a re-INVITE of a leg that had no timer, may begin one', () => {
  for (const method of ['INVITE', 'UPDATE']) {
    const { flow, callee } = timedTalk({});
    callee.request(
      method,
      `${TIMER}x: 300;refresher=uac\r\n`,
      method === 'INVITE' ? sdpText(3) : '',
    );
    if (method === 'INVITE') {
      const passed = flow.caller.take('INVITE');
      assert.deepEqual(session(passed), ['', '', '']);
      flow.caller.answer(passed, 200, { body: sdpText(4) });
    }
    const answer = flow.vendor.take(`200 ${method}`);
    assert.deepEqual(session(answer), ['300;refresher=uac', '', 'timer']);
    if (method === 'INVITE') callee.ack();
    flow.caller.expectNo('UPDATE');
    flow.run(268_100);
    flow.caller.take('BYE');
    assert.match(flow.cdr.endReason, /Session expired.*callee/);
  }
});

test('a live change: the next call has the new values, a running one those it began with', () => {
  const flow = new Flow();
  const old = timedTalk({ caller: TIMER, vendor: grants(600, 'uas') }, {}, flow);
  const parameters = parameterValues({
    SS_SIP_SESSION_TTL: 900,
    SS_SIP_SESSION_MIN_SE: 450,
    SS_SIP_SESSION_UPDATE_SEGMENT: 10,
    SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP: 0,
  });
  flow.edge.operate((core) => {
    core.mount({ ...flow.snapshot, version: 2, parameters });
  });
  old.caller.request('UPDATE', `${TIMER}Session-Expires: 100\r\n`);
  assert.deepEqual(session(flow.caller.take('200 UPDATE')), ['100;refresher=uas', '', 'timer']);
  const { offered, answer } = timedTalk({ caller: `${TIMER}${UPDATES}` }, {}, flow);
  assert.deepEqual(session(offered), ['900', '450', '']);
  assert.deepEqual(session(answer), ['900;refresher=uas', '', 'timer']);
  // The old call: 100 s in two parts, refreshed at 50 s, by the caller's Allow a re-INVITE.
  flow.run(49_000);
  flow.caller.expectNo('INVITE');
  flow.run(1000);
  assert.equal(flow.caller.take('INVITE').callId, old.caller.callId);
  // The new one: 900 s in ten.
  flow.run(40_000);
  assert.match(flow.caller.take('UPDATE').header('session-expires'), /^900;refresher=uac$/);
});
