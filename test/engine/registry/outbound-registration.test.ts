// Registration with a vendor, message by message: what we ask for, what the registrar makes of it,
// refresh, failure and withdrawal, and what each means for calls.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registration } from '../../../engine/base/gateway-states.ts';
import type { Flow } from '../call/flow.ts';
import {
  accept,
  challenge,
  CREDENTIALS,
  OURS,
  provesItself,
  REGISTERED,
  registering,
  remount,
} from './registering.ts';

const SLOT = 17;
const PROBE = { intervalMs: 10_000, failAfter: 3, recoverAfter: 2, highLatencyMs: 500 };

function stateOf(flow: Flow): [Registration, number] {
  const view = flow.edge.states.view(SLOT, flow.time.wallMs());
  return [view.registration, view.registrationStatus];
}

function callGoesOut(flow: Flow): boolean {
  const before = flow.edge.counter('attemptsStarted');
  flow.caller.invite();
  return flow.edge.counter('attemptsStarted') > before;
}

test('the first REGISTER: registrar, address, contact, no expiry of our own', () => {
  const flow = registering();
  const register = flow.vendor.take('REGISTER');
  assert.equal(register.uri, 'sip:sip.example.net');
  assert.match(register.header('from'), /^<sip:tandem@sip\.example\.net>;tag=./);
  assert.equal(register.header('to'), '<sip:tandem@sip.example.net>');
  assert.equal(register.header('contact'), `<${OURS}>`);
  assert.equal(register.header('expires'), '', 'auto negotiation: the registrar decides');
  assert.match(register.callId, /^tdm00-/);
  assert.deepEqual(stateOf(flow), [Registration.Registering, 0]);
});

for (const [hash, algorithm] of [
  ['md5', 'MD5'],
  ['sha256', 'SHA-256'],
] as const) {
  test(`a challenge is answered, with ${algorithm}, in the same Call-ID`, () => {
    const flow = registering();
    const first = challenge(
      flow.vendor,
      `Digest realm="carrier", nonce="n1", qop="auth", algorithm=${algorithm}`,
    );
    const second = accept(flow.vendor, 600);
    assert.ok(provesItself(second, hash, 'n1'));
    assert.equal(second.callId, first.callId);
    assert.equal(second.cseq, first.cseq + 1);
    assert.deepEqual(stateOf(flow), [Registration.Registered, 200]);
  });
}

test('a wrong password: one more challenge is no reason to try again before the delay', () => {
  const flow = registering({ SS_SIP_USER_AGENT_RETRY_DELAY: 30 });
  challenge(flow.vendor);
  challenge(flow.vendor);
  flow.vendor.expectNo('REGISTER');
  assert.deepEqual(stateOf(flow), [Registration.Failed, 401]);
  flow.run(29_900);
  flow.vendor.expectNo('REGISTER');
  flow.run(200);
  challenge(flow.vendor);
  assert.ok(provesItself(flow.vendor.take('REGISTER'), 'md5', 'abc'));
});

test('SS_SIP_USER_AGENT_EXPIRE: what is asked for, live', () => {
  const flow = registering({ SS_SIP_USER_AGENT_EXPIRE: 1800 });
  assert.equal(accept(flow.vendor, 1800).header('expires'), '1800');
  remount(flow, { SS_SIP_USER_AGENT_EXPIRE: 90 });
  assert.equal(accept(flow.vendor, 90).header('expires'), '90', 'at once, not at the refresh');
  remount(flow, { SS_SIP_USER_AGENT_EXPIRE: null });
  assert.equal(accept(flow.vendor, 3600).header('expires'), '');
});

test('423 is followed, and remembered for the refresh', () => {
  const flow = registering({ SS_SIP_USER_AGENT_EXPIRE: 60 });
  const first = flow.vendor.take('REGISTER');
  flow.vendor.answer(first, 423, { extra: 'Min-Expires: 300\r\n' });
  assert.equal(accept(flow.vendor, 300).header('expires'), '300');
  flow.run(260_100);
  assert.equal(accept(flow.vendor, 300).header('expires'), '300');
  flow.run(260_100);
  flow.vendor.answer(flow.vendor.take('REGISTER'), 423, { extra: 'Min-Expires: 300\r\n' });
  flow.vendor.expectNo('REGISTER');
  assert.equal(stateOf(flow)[1], 423, 'a registrar that contradicts itself is a failure');
});

test('the refresh comes before the expiry that was granted, whoever named it', () => {
  for (const [granted, refreshAt] of [
    [20, 10],
    [60, 30],
    [300, 260],
    [3600, 3240],
  ] as const) {
    const flow = registering({ SS_SIP_USER_AGENT_EXPIRE: 7200 });
    const { callId } = accept(flow.vendor, granted);
    flow.run(refreshAt * 1000 - 200);
    flow.vendor.expectNo('REGISTER');
    flow.run(400);
    assert.equal(accept(flow.vendor, granted).callId, callId, `granted ${granted}`);
  }
  const flow = registering();
  flow.vendor.answer(flow.vendor.take('REGISTER'), 200, { extra: 'Expires: 60\r\n' });
  flow.run(30_500);
  flow.vendor.take('REGISTER');
});

test('of several contacts ours counts; a rewritten one counts when it is the only one', () => {
  const several = registering();
  const extra = `Contact: <sip:other@192.0.2.9>;expires=3000, <${OURS}>;expires=60\r\n`;
  several.vendor.answer(several.vendor.take('REGISTER'), 200, { extra });
  several.run(30_500);
  several.vendor.take('REGISTER');
  const rewritten = registering();
  rewritten.vendor.answer(rewritten.vendor.take('REGISTER'), 200, {
    extra: 'Contact: <sip:tandem@198.51.100.77:1024>;expires=60\r\n',
  });
  rewritten.run(30_500);
  rewritten.vendor.take('REGISTER');
});

test('calls go out only while registered', () => {
  const flow = registering();
  assert.equal(callGoesOut(flow), false);
  assert.equal(flow.cdr.endReason, 'Not registered with the routing gateway');
  assert.equal(flow.edge.counter('attemptsSkippedUnregistered'), 1);
  accept(flow.vendor, 20);
  assert.ok(callGoesOut(flow));
  flow.run(10_000);
  flow.vendor.take('REGISTER'); // the refresh, never answered
  flow.vendor.inbox = [];
  flow.run(9000);
  assert.ok(callGoesOut(flow), 'the registration itself runs on');
  flow.run(3000);
  assert.equal(callGoesOut(flow), false);
});

test('a call over it: our registered name in Contact, the credentials for its challenge', () => {
  const flow = registering();
  accept(flow.vendor, 600);
  flow.caller.invite();
  const invite = flow.vendor.take('INVITE');
  assert.equal(invite.contact, OURS);
  assert.match(invite.header('from'), /^<sip:12025550100@/);
  const extra = 'WWW-Authenticate: Digest realm="carrier", nonce="abc", qop="auth"\r\n';
  flow.vendor.answer(invite, 401, { extra });
  flow.vendor.take('ACK');
  assert.ok(provesItself(flow.vendor.take('INVITE'), 'md5', 'abc'));
  const plain = registering({}, [{ credentials: CREDENTIALS }]);
  plain.caller.invite();
  assert.equal(plain.vendor.take('INVITE').contact, 'sip:12025550100@192.0.2.1:5060');
});

test('SS_SIP_USER_AGENT_RETRY_DELAY: after silence, refusal, and longer for Retry-After', () => {
  const silent = registering({ SS_SIP_USER_AGENT_RETRY_DELAY: 30 });
  silent.vendor.take('REGISTER');
  silent.run(32_500);
  assert.deepEqual(stateOf(silent), [Registration.Failed, 408]);
  silent.vendor.inbox = [];
  silent.run(29_400);
  silent.vendor.expectNo('REGISTER');
  silent.run(300);
  silent.vendor.take('REGISTER');

  const refused = registering({ SS_SIP_USER_AGENT_RETRY_DELAY: 60 });
  refused.vendor.answer(refused.vendor.take('REGISTER'), 403);
  refused.run(58_000);
  refused.vendor.expectNo('REGISTER');
  remount(refused, { SS_SIP_USER_AGENT_RETRY_DELAY: 30 });
  refused.run(30_100);
  refused.vendor.answer(refused.vendor.take('REGISTER'), 503, { extra: 'Retry-After: 100\r\n' });
  refused.run(99_800);
  refused.vendor.expectNo('REGISTER');
  refused.run(300);
  refused.vendor.take('REGISTER');
});

test('a refusal of the refresh ends the registration at once, an outage does not', () => {
  const flow = registering();
  accept(flow.vendor, 60);
  flow.run(30_500);
  flow.vendor.answer(flow.vendor.take('REGISTER'), 500);
  assert.deepEqual(stateOf(flow), [Registration.Registered, 500]);
  const refused = registering();
  accept(refused.vendor, 60);
  refused.run(30_100);
  refused.vendor.answer(refused.vendor.take('REGISTER'), 403);
  assert.deepEqual(stateOf(refused), [Registration.Failed, 403]);
});

for (const on of [true, false]) {
  test(`SS_SIP_USER_AGENT_SEND_UNREGISTER ${on ? 'On' : 'Off'}: at the stop and at removal`, () => {
    const parameters = { SS_SIP_USER_AGENT_SEND_UNREGISTER: on };
    const withdrawn = (flow: Flow): void => {
      if (!on) {
        flow.vendor.expectNo('REGISTER');
        return;
      }
      const first = challenge(flow.vendor);
      assert.equal(first.header('expires'), '0');
      assert.equal(first.contact, OURS);
      const second = accept(flow.vendor, 0);
      assert.equal(second.header('expires'), '0');
      assert.ok(provesItself(second, 'md5', 'abc'));
    };
    const stopped = registering(parameters);
    accept(stopped.vendor, 600);
    const [core] = stopped.edge.cores;
    core!.gateways.withdraw();
    assert.equal(core!.gateways.withdrawing, on ? 1 : 0);
    stopped.edge.operate(() => undefined);
    stopped.run();
    withdrawn(stopped);
    assert.equal(core!.gateways.withdrawing, 0);

    const removed = registering(parameters);
    accept(removed.vendor, 600);
    remount(removed, {}, () => null);
    withdrawn(removed);
    removed.run(700_000);
    removed.vendor.expectNo('REGISTER');
  });
}

test('what is not registered is not withdrawn; what becomes registered meanwhile is', () => {
  const never = registering();
  never.vendor.answer(never.vendor.take('REGISTER'), 403);
  remount(never, {}, () => null);
  never.vendor.expectNo('REGISTER');
  const late = registering();
  remount(late, {}, () => null);
  accept(late.vendor, 600);
  assert.equal(accept(late.vendor, 0).header('expires'), '0');
});

test('other credentials: the old registration is withdrawn, a new one made', () => {
  const flow = registering();
  accept(flow.vendor, 600);
  const credentials = { username: 'other', password: 'x' };
  remount(flow, {}, (gateway) => ({ ...gateway, credentials }));
  const withdrawal = accept(flow.vendor, 0);
  assert.equal(withdrawal.contact, OURS);
  assert.equal(withdrawal.header('expires'), '0');
  assert.deepEqual(stateOf(flow)[0], Registration.Registering);
  assert.equal(accept(flow.vendor, 600).contact, 'sip:other@192.0.2.1:5060');
});

test('an unrelated change of the configuration sends nothing', () => {
  const flow = registering();
  accept(flow.vendor, 600);
  remount(flow, { SS_SIP_TIMEOUT_INVITE: 5 }, (gateway) => ({ ...gateway, capacity: 3 }));
  flow.vendor.expectNo('REGISTER');
  assert.deepEqual(stateOf(flow)[0], Registration.Registered);
});

test('a static gateway with credentials does not register', () => {
  const flow = registering({}, [{ ...REGISTERED, registerType: 'static' }]);
  flow.vendor.expectNo('REGISTER');
  assert.ok(callGoesOut(flow));
});

test('a shard that comes back registers anew; calls go on meanwhile', () => {
  const flow = registering();
  accept(flow.vendor, 600);
  flow.edge.crash(0, 0);
  flow.edge.restart(0);
  flow.run();
  assert.ok(callGoesOut(flow));
  accept(flow.vendor, 600);
  assert.deepEqual(stateOf(flow), [Registration.Registered, 200]);
});

test('a name that leads elsewhere is the same registration, one that leads nowhere waits', () => {
  const flow = registering({}, [REGISTERED, {}]);
  const { callId } = accept(flow.vendor, 60);
  const elsewhere = flow.vendors[1]!;
  remount(flow, {}, (gateway) => ({ ...gateway, peer: elsewhere.endpoint }));
  flow.vendor.expectNo('REGISTER');
  flow.run(30_100);
  assert.equal(accept(elsewhere, 60).callId, callId);
  const nowhere = registering({}, [
    { ...REGISTERED, peer: { family: 4, ip: '', port: 5060 }, probe: PROBE },
  ]);
  nowhere.run(40_000);
  assert.deepEqual(stateOf(nowhere), [Registration.Failed, 503]);
  assert.equal(nowhere.edge.counter('probesSent'), 0);
});

test('a registrar with several addresses: all are tried before the delay', () => {
  const flow = registering({ SS_SIP_USER_AGENT_RETRY_DELAY: 30 }, [REGISTERED, {}, {}]);
  const [first, second, third] = flow.vendors;
  const addresses = flow.vendors.map(({ endpoint: peer }) => ({ peer, priority: 1, weight: 1 }));
  remount(flow, {}, (gateway) => ({ ...gateway, addresses }));
  first!.answer(first!.take('REGISTER'), 503);
  flow.network.detach(third!.endpoint);
  second!.take('REGISTER');
  flow.run(32_500); // the second is silent, the third closed
  assert.deepEqual(stateOf(flow), [Registration.Failed, 503]);
  second!.inbox = [];
  flow.run(29_700);
  accept(first!, 60);
  flow.run(30_100);
  first!.answer(first!.take('REGISTER'), 500);
  assert.equal(accept(second!, 60).contact, OURS);
  flow.run(30_100);
  accept(second!, 60); // where it is registered it stays
});

test('over TCP the URIs and the Contact name the transport', () => {
  const flow = registering({}, [{ ...REGISTERED, transport: 'tcp', port: 5070 }]);
  const register = flow.vendor.take('REGISTER');
  assert.equal(register.uri, 'sip:sip.example.net:5070;transport=tcp');
  assert.match(register.contact, /^sip:tandem@192\.0\.2\.1:\d+;transport=tcp$/);
  assert.equal(register.header('to'), '<sip:tandem@sip.example.net>');
});
