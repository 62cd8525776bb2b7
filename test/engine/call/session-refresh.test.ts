// Refreshes that the switch sends: by UPDATE or re-INVITE as the peer allows, and what it makes of
// each answer, of none, and of glare.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sdpText } from '../../sim/text-message.ts';
import type { FlowOptions, Peer } from './flow.ts';
import { grants, TIMER, timedTalk, UPDATES, type TimedTalk } from './timed-talk.ts';

const HALF_MS = 300_000;

/** A call that talks when the first refresh of the vendor's leg has come. */
function refreshing(allow = UPDATES, options: FlowOptions = {}): TimedTalk & { vendor: Peer } {
  const talk = timedTalk({ vendor: `${allow}${grants(600, 'uac')}` }, options);
  talk.flow.run(HALF_MS);
  return { ...talk, vendor: talk.flow.vendor };
}

test('a peer that does not allow UPDATE gets a re-INVITE with the SDP that it got last', () => {
  const { flow, vendor, callee, caller } = refreshing('Allow: INVITE, ACK, BYE\r\n');
  const first = vendor.take('INVITE');
  assert.equal(first.body, sdpText(1));
  assert.equal(first.header('content-type'), 'application/sdp');
  assert.equal(first.header('session-expires'), '600;refresher=uac');
  vendor.answer(first, 200, { extra: grants(600, 'uac'), body: sdpText(2) });
  assert.equal(vendor.take('ACK').cseq, first.cseq);
  // Its 200 again, since the ACK was lost.
  vendor.answer(first, 200, { extra: grants(600, 'uac'), body: sdpText(2) });
  assert.equal(vendor.take('ACK').cseq, first.cseq);
  assert.equal(flow.caller.inbox.length, 0);
  // The caller holds: from then on that is the SDP last sent.
  caller.request('INVITE', '', sdpText(7));
  vendor.answer(vendor.take('INVITE'), 200, { extra: grants(600, 'uac'), body: sdpText(8) });
  flow.caller.take('200 INVITE');
  caller.ack();
  vendor.take('ACK');
  flow.run(HALF_MS);
  assert.equal(vendor.take('INVITE').body, sdpText(7));
  callee.request('BYE');
  flow.caller.answer(flow.caller.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('the caller gets the SDP of the answer again, also when it came before the answer', () => {
  const { flow } = timedTalk({ caller: TIMER });
  flow.run(HALF_MS);
  const refresh = flow.caller.take('INVITE');
  assert.equal(refresh.body, sdpText(2));
  flow.caller.answer(refresh, 200, { extra: grants(600, 'uac'), body: sdpText(1) });
  flow.caller.take('ACK');
  assert.equal(flow.vendor.inbox.length, 0);
});

test('481, 408 and silence end the call on both sides', () => {
  for (const status of [481, 408, 0]) {
    const { flow, vendor } = refreshing();
    const update = vendor.take('UPDATE');
    if (status > 0) vendor.answer(update, status);
    else flow.run(32_100);
    vendor.take('BYE');
    flow.caller.answer(flow.caller.take('BYE'), 200);
    const reason = status > 0 ? /refresh refused.*callee/ : /refresh not answered.*callee/;
    assert.match(flow.cdr.endReason, reason);
    const talked = HALF_MS + 50 + (status > 0 ? 0 : 32_000);
    assert.ok(Math.abs(flow.cdr.durationMs - talked) <= 200, `${flow.cdr.durationMs}`);
    assert.equal(flow.cdr.billedMs, flow.cdr.durationMs);
    assert.equal(flow.edge.counter('callsCutSession'), 1);
    flow.expectNothingLeft();
  }
});

test('another failure: again later, until one succeeds or the session expires', () => {
  const { flow, vendor } = refreshing();
  vendor.answer(vendor.take('UPDATE'), 503, { extra: 'Retry-After: 20\r\n' });
  flow.run(19_500);
  vendor.expectNo('UPDATE');
  flow.run(600);
  vendor.answer(vendor.take('UPDATE'), 500);
  flow.run(10_100);
  vendor.answer(vendor.take('UPDATE'), 200, { extra: grants(600, 'uac') });
  flow.run(HALF_MS);
  const { length } = flow.records;
  for (let i = 0; i < 30; i++) {
    for (const { method } of [...vendor.inbox]) {
      if (method === 'UPDATE') vendor.answer(vendor.take('UPDATE'), 500);
    }
    flow.run(10_000);
  }
  assert.equal(length, 0);
  assert.match(flow.cdr.endReason, /Session expired.*callee/);
});

test('491: again after a random while', () => {
  const { flow, vendor } = refreshing();
  vendor.answer(vendor.take('UPDATE'), 491);
  flow.run(2050);
  vendor.expectNo('UPDATE');
  flow.run(2000);
  vendor.take('UPDATE');
});

test('422 to a refresh: once more with its Min-SE; a challenge is answered', () => {
  const credentials = { username: 'u', password: 'p' };
  const { flow, vendor } = refreshing(UPDATES, { vendors: [{ credentials }] });
  vendor.answer(vendor.take('UPDATE'), 422, { extra: 'Min-SE: 700\r\n' });
  const longer = vendor.take('UPDATE');
  assert.equal(longer.header('session-expires'), '700;refresher=uac');
  assert.equal(longer.header('min-se'), '700');
  const challenge = 'WWW-Authenticate: Digest realm="v", nonce="n"\r\n';
  vendor.answer(longer, 401, { extra: challenge });
  const authorized = vendor.take('UPDATE');
  assert.match(authorized.header('authorization'), /username="u".*response="/);
  assert.equal(authorized.header('session-expires'), '700;refresher=uac');
  vendor.answer(authorized, 200, { extra: grants(700, 'uac') });
  flow.run(350_000);
  vendor.answer(vendor.take('UPDATE'), 422, { extra: 'Min-SE: 800\r\n' });
  vendor.answer(vendor.take('UPDATE'), 422, { extra: 'Min-SE: 900\r\n' });
  vendor.expectNo('UPDATE');
  assert.equal(flow.records.length, 0);
});

test('the 2xx decides who refreshes next, and whether anyone does', () => {
  const { flow, vendor, callee } = refreshing();
  vendor.answer(vendor.take('UPDATE'), 200, { extra: grants(200, 'uas') });
  flow.run(150_000);
  vendor.expectNo('UPDATE');
  callee.request('UPDATE', `${TIMER}Session-Expires: 400;refresher=uas\r\n`);
  assert.equal(vendor.take('200 UPDATE').header('session-expires'), '400;refresher=uas');
  flow.run(200_000);
  // Without Session-Expires the timer is off (RFC 4028 7.2).
  vendor.answer(vendor.take('UPDATE'), 200);
  flow.run(5_000_000);
  vendor.expectNo('UPDATE');
  assert.equal(flow.records.length, 0);
  callee.request('BYE');
  flow.caller.answer(flow.caller.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('our re-INVITE and another offer at once: the second one waits', () => {
  const { flow, vendor, caller, callee } = refreshing('');
  const refresh = vendor.take('INVITE');
  caller.request('INVITE', '', sdpText(5));
  flow.caller.take('491 INVITE');
  callee.request('INVITE', '', sdpText(6));
  vendor.take('491 INVITE');
  vendor.answer(refresh, 200, { extra: grants(200, 'uac'), body: sdpText(2) });
  vendor.take('ACK');
  caller.request('INVITE', '', sdpText(5));
  const passed = vendor.take('INVITE');
  vendor.answer(passed, 180);
  // Due after 100 s: ours waits until the caller's is through.
  flow.run(110_000);
  vendor.expectNo('INVITE');
  vendor.answer(passed, 200, { extra: grants(90, 'uac'), body: sdpText(6) });
  flow.caller.take('200 INVITE');
  caller.ack();
  flow.run(45_100);
  assert.equal(vendor.take('INVITE').body, sdpText(5));
});

test('the call ends while a refresh is under way: nothing is left of either', () => {
  for (const [allow, late] of [
    [UPDATES, 200],
    [UPDATES, 500],
    [UPDATES, 481],
    ['', 0],
  ] as const) {
    const { flow, vendor, caller } = refreshing(allow);
    const refresh = vendor.take(allow === '' ? 'INVITE' : 'UPDATE');
    if (allow === '') vendor.answer(refresh, 100);
    caller.request('BYE');
    vendor.answer(vendor.take('BYE'), 200);
    if (allow !== '') vendor.answer(refresh, late, { extra: grants(600, 'uac') });
    else {
      vendor.answer(vendor.take('CANCEL'), 200);
      vendor.answer(refresh, 200, { body: sdpText(2) });
      vendor.take('ACK');
    }
    assert.equal(flow.cdr.endSide, 'caller');
    flow.run(70_000);
    assert.equal(flow.edge.cores[0]!.gauges().timers, 0);
    assert.equal(flow.edge.counter('callsCutSession'), 0);
    flow.expectNothingLeft();
  }
});

test('an unreachable peer is tried again until its session expires', () => {
  const { flow, vendor } = timedTalkOf();
  flow.network.detach(vendor.endpoint);
  flow.run(HALF_MS + 50);
  assert.equal(flow.records.length, 0);
  flow.run(268_000);
  assert.match(flow.cdr.endReason, /Session expired.*callee/);
});

function timedTalkOf(): TimedTalk & { vendor: Peer } {
  const talk = timedTalk({ vendor: `${UPDATES}${grants(600, 'uac')}` });
  return { ...talk, vendor: talk.flow.vendor };
}

test('a 2xx to a relayed offer that comes after the end starts no timer', () => {
  for (const method of ['INVITE', 'UPDATE']) {
    const talk = timedTalk({ vendor: `${UPDATES}${grants(600, 'uas')}` });
    const { flow, caller, callee } = talk;
    caller.request(method, '', sdpText(5));
    const offered = flow.vendor.take(method);
    callee.request('BYE');
    flow.caller.answer(flow.caller.take('BYE'), 200);
    flow.vendor.answer(offered, 200, { extra: grants(600, 'uac'), body: sdpText(6) });
    flow.caller.inbox = [];
    flow.run(70_000);
    assert.equal(flow.edge.cores[0]!.gauges().timers, 0, method);
  }
});
