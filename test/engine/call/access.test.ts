// Whose calls are taken, and where calls go that registrations lead to: phones by digest, gateways
// by address, port, credentials or where they have registered from.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostPort } from '../../../engine/base/endpoint.ts';
import { FIRST_GATEWAY_SLOT } from '../../../engine/routing/gate-slots.ts';
import { EDGE } from '../../sim/edge.ts';
import { requestText, sdpText, type TextMessage } from '../../sim/text-message.ts';
import { PHONE_NUMBER, PhonePeer } from '../registry/phone-peer.ts';
import { Flow, Leg, NUMBER, Peer } from './flow.ts';

const GATEWAY = { username: 'acme-gw', password: 'secret' };
const AS_GATEWAY = { user: 'acme-gw' };

test('a phone calls by digest: its account and number stand in the CDR', () => {
  for (const code of ['401', '407']) {
    const f = new Flow({ phones: [{}], parameters: { SS_SIP_AUTHENTICATION_CODE: code as '401' } });
    const phone = new PhonePeer(f);
    const invite = phone.call(NUMBER);
    const offered = f.vendor.take('INVITE');
    assert.equal(offered.header('authorization') + offered.header('proxy-authorization'), '');
    f.vendor.answer(offered, 200, { body: sdpText(2) });
    const caller = Leg.ofCaller(phone, invite, phone.take('200 INVITE'));
    caller.ack();
    f.vendor.take('ACK');
    caller.request('BYE');
    f.vendor.answer(f.vendor.take('BYE'), 200);
    assert.equal(f.cdr.phone, PHONE_NUMBER);
    assert.equal(f.cdr.account, 'acme');
    assert.equal(f.cdr.mappingGateway, '');
    assert.equal(f.cdr.endCode, 200);
    f.expectNothingLeft();
  }
});

test('a call with a wrong password is no call', () => {
  const f = new Flow({ phones: [{}] });
  const phone = new PhonePeer(f);
  phone.call(NUMBER, { password: 'wrong' });
  assert.equal(phone.answerTo('INVITE').status, 401);
  f.vendor.expectNo('INVITE');
  assert.equal(f.records.length, 0);
});

test('a call to a registered phone goes to its contact, by the way its REGISTER came', () => {
  const f = new Flow({ phones: [{}] });
  const phone = new PhonePeer(f);
  phone.register();
  const invite = f.caller.invite({ number: PHONE_NUMBER });
  const offered = phone.take('INVITE');
  assert.equal(offered.uri, `sip:${PHONE_NUMBER}@192.168.1.20:5060`);
  phone.answer(offered, 200, { tag: 'p', body: sdpText(2) });
  const caller = Leg.ofCaller(f.caller, invite, f.caller.take('200 INVITE'));
  caller.ack();
  phone.take('ACK');
  const callee = Leg.ofCallee(phone, offered, 'p');
  callee.request('BYE');
  f.caller.answer(f.caller.take('BYE'), 200);
  assert.equal(f.cdr.routingGateway, 'phones');
  assert.equal(f.cdr.destinationIp, phone.endpoint.ip);
  assert.equal(f.cdr.endSide, 'callee');
});

test('a number with a leading plus is the phone’s as well', () => {
  const f = new Flow({ phones: [{}] });
  const phone = new PhonePeer(f);
  phone.register();
  f.caller.invite({ number: `+${PHONE_NUMBER}` });
  phone.take('INVITE');
});

test('several contacts are tried by q, then the newest', () => {
  const f = new Flow({ phones: [{}] });
  const phone = new PhonePeer(f);
  phone.register({ contact: '<sip:low@192.168.1.20>;q=0.2' });
  phone.register({ contact: '<sip:older@192.168.1.21>' });
  f.time.run(1000);
  phone.register({ contact: '<sip:newest@192.168.1.22>' });
  const invite = f.caller.invite({ number: PHONE_NUMBER });
  const tried: string[] = [];
  for (let i = 0; i < 3; i++) {
    const offered = phone.take('INVITE');
    tried.push(offered.uri);
    phone.answer(offered, 480);
    phone.take('ACK');
  }
  const order = ['sip:newest@192.168.1.22', 'sip:older@192.168.1.21', 'sip:low@192.168.1.20'];
  assert.deepEqual(tried, order);
  f.caller.takeFailure(invite, 480);
  f.expectNothingLeft();
});

test('a contact that nothing can be delivered to leads to the next, at the end it is 480', () => {
  const f = new Flow({ phones: [{}] });
  const [far, near] = [
    new PhonePeer(f, 40_000, '203.0.113.77', 'tcp'),
    new PhonePeer(f, 40_001, '203.0.113.77', 'tls'),
  ];
  near.register({ contact: '<sip:near@192.168.1.21;transport=tls>;q=0.5' });
  far.register({ contact: '<sip:far@192.168.1.20;transport=tcp>' });
  const invite = f.caller.invite({ number: PHONE_NUMBER });
  for (const phone of [far, near]) {
    const { text } = phone.take('INVITE');
    assert.equal(f.caller.has('480 INVITE'), false);
    f.edge.unreachable({ from: EDGE, to: phone.endpoint, text });
    f.run();
  }
  f.caller.takeFailure(invite, 480);
  assert.deepEqual([f.cdr.endCode, f.cdr.endReason], [480, 'Phone cannot be reached']);
  f.expectNothingLeft();
});

test('a phone that is not registered is 480, unless a vendor has its prefix', () => {
  const f = new Flow({ phones: [{}, { e164: NUMBER }] });
  f.caller.takeFailure(f.caller.invite({ number: PHONE_NUMBER }), 480);
  assert.equal(f.cdr.endReason, 'Phone not registered');
  f.caller.invite({ number: NUMBER });
  f.vendor.take('INVITE');
});

test('a busy phone is busy: no other contact, no vendor', () => {
  const f = new Flow({ phones: [{ e164: NUMBER }] });
  const phone = new PhonePeer(f);
  const user = NUMBER;
  phone.register({ user, contact: '<sip:a@192.168.1.20>, <sip:b@192.168.1.21>' });
  const invite = f.caller.invite();
  phone.answer(phone.take('INVITE'), 486);
  f.caller.takeFailure(invite, 486);
  f.vendor.expectNo('INVITE');
});

test('the capacity of a phone counts calls from it and to it', () => {
  const slot = FIRST_GATEWAY_SLOT + 9;
  const f = new Flow({ phones: [{ slot, capacity: 1 }] });
  const phone = new PhonePeer(f);
  phone.register();
  phone.call(NUMBER);
  f.vendor.take('INVITE');
  f.caller.takeFailure(f.caller.invite({ number: PHONE_NUMBER }), 486);
});

test('authentication: ip-port takes calls from that port alone', () => {
  const other = { family: 4, ip: '198.51.100.9', port: 5062 } as const;
  const f = new Flow({
    customers: [
      { name: 'by-port', remoteIps: [other.ip], authentication: 'ip-port', signalPort: 5062 },
    ],
  });
  new Peer(f, other).invite();
  f.vendor.take('INVITE');
  const wrong = new Peer(f, { ...other, port: 5061 });
  wrong.takeFailure(wrong.invite(), 403);
});

test('authentication: digest takes calls from any address with credentials', () => {
  const customers = [{ name: 'acme', authentication: 'digest' as const, credentials: GATEWAY }];
  const f = new Flow({ customers });
  const gateway = new PhonePeer(f);
  gateway.call(NUMBER, AS_GATEWAY);
  f.vendor.answer(f.vendor.take('INVITE'), 404);
  assert.equal(f.cdr.mappingGateway, 'acme');
  assert.equal(f.cdr.phone, '');
});

test('authentication: digest with addresses takes it from these alone', () => {
  const digest = { name: 'acme', authentication: 'digest' as const, credentials: GATEWAY };
  const f = new Flow({ customers: [{ ...digest, remoteIps: ['198.51.100.50'] }] });
  const elsewhere = new PhonePeer(f);
  elsewhere.call(NUMBER, AS_GATEWAY);
  assert.equal(elsewhere.answerTo('INVITE').status, 403);
  new PhonePeer(f, 5060, '198.51.100.50').call(NUMBER, AS_GATEWAY);
  f.vendor.take('INVITE');
});

test('a dynamic mapping gateway is known by where it has registered from, while it has', () => {
  const customers = [{ name: 'roaming', dynamic: true, credentials: GATEWAY }];
  const f = new Flow({ customers });
  const gateway = new PhonePeer(f);
  gateway.takeFailure(gateway.invite(), 401);
  assert.equal(gateway.register(AS_GATEWAY).status, 200);
  gateway.invite();
  f.vendor.answer(f.vendor.take('INVITE'), 404);
  assert.equal(f.cdr.mappingGateway, 'roaming');
  gateway.inbox = [];
  f.time.run(301_000);
  gateway.takeFailure(gateway.invite(), 401);
});

test('a dynamic routing gateway gets calls where it has registered from', () => {
  const credentials = { username: 'vendor-gw', password: 'secret' };
  const f = new Flow({ vendors: [{ registerType: 'dynamic', credentials }, {}] });
  const refused = f.caller.invite();
  const second = f.vendors[1]!;
  second.answer(second.take('INVITE'), 404);
  f.caller.takeFailure(refused, 404);
  const gateway = new PhonePeer(f);
  gateway.register({ user: 'vendor-gw', contact: '<sip:gw@10.0.0.9:5070>' });
  f.caller.invite();
  const offered: TextMessage = gateway.take('INVITE');
  assert.equal(offered.uri, `sip:${NUMBER}@10.0.0.9:5070`);
});

test('a dynamic routing gateway is probed and heard where it has registered from', () => {
  const credentials = { username: 'vendor-gw', password: 'secret' };
  const probe = { intervalMs: 10_000, failAfter: 3, recoverAfter: 2, highLatencyMs: 500 };
  const dynamic = { registerType: 'dynamic', host: '', allowPublish: true } as const;
  const f = new Flow({ vendors: [{ ...dynamic, credentials, probe }] });
  f.time.run(20_000);
  f.caller.takeFailure(f.caller.invite(), 503);
  assert.equal(f.cdr.endReason, 'Not registered with the routing gateway');
  const gateway = new PhonePeer(f);
  gateway.register({ user: 'vendor-gw', contact: '<sip:gw@10.0.0.9:5070>' });
  f.time.run(10_000);
  assert.equal(gateway.take('OPTIONS').uri, `sip:${hostPort(gateway.endpoint)}`);
  const leg = new Leg(gateway, 'p', '<sip:gw@x>;tag=1', '<sip:192.0.2.1>', 'sip:192.0.2.1', 0);
  leg.request('PUBLISH', 'Event: presence\r\nContent-Type: application/pidf+xml\r\n');
  assert.equal(gateway.answerTo('PUBLISH').status, 400, 'heard: what lacks is a body');
});

test('of a call that is forgotten a registered phone hears, where strangers get silence', () => {
  const f = new Flow({ phones: [{}], parameters: { SS_REPLY_UNAUTHORIZED: false } });
  const [phone, stranger] = [new PhonePeer(f), new PhonePeer(f, 41_000, '203.0.113.78')];
  phone.register();
  const invite = f.caller.invite({ number: PHONE_NUMBER });
  const offered = phone.take('INVITE');
  phone.answer(offered, 180, { tag: 'p' });
  f.edge.crash(0, 0);
  f.edge.restart(0);
  for (const peer of [stranger, phone]) {
    peer.answer(offered, 200, { tag: 'p', body: sdpText(2) });
    assert.equal(peer.has('ACK'), peer === phone);
  }
  phone.answer(phone.take('BYE'), 200);
  const bye = (): string =>
    requestText({
      method: 'BYE',
      uri: offered.contact,
      sentBy: '192.168.1.20:5060',
      branch: `z9hG4bKlost`,
      from: `${offered.header('to')};tag=p`,
      to: offered.header('from'),
      callId: offered.callId,
      cseq: 1,
    });
  for (const peer of [stranger, phone]) {
    peer.send(bye());
    assert.equal(peer.has('481 BYE'), peer === phone);
  }
  assert.equal(f.caller.has('200 INVITE'), false, invite.callId);
  f.expectNothingLeft();
});

test('OPTIONS of a registered phone is answered from where it has registered', () => {
  const f = new Flow({ phones: [{}] });
  const phone = new PhonePeer(f);
  phone.register();
  const options = (): number => {
    const leg = new Leg(
      phone,
      'o',
      `<sip:${PHONE_NUMBER}@x>;tag=1`,
      '<sip:192.0.2.1>',
      'sip:192.0.2.1',
      0,
    );
    leg.request('OPTIONS');
    return phone.answerTo('OPTIONS').status;
  };
  assert.equal(options(), 200);
  f.time.run(301_000);
  assert.equal(options(), 401);
});
