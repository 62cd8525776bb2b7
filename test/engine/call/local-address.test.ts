// Calls over TCP and TLS: the listen address is chosen by transport, Via, Contact and Request-URI
// name it, each leg has its own.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localFor } from '../../../engine/call/local-address.ts';
import { sdpText } from '../../sim/text-message.ts';
import { EDGES } from '../../sim/edge.ts';
import { CUSTOMER, Flow, Leg, Peer } from './flow.ts';
import { localAt } from './locals.ts';

const PEER = { family: 6, ip: '2001:db8::9', port: 5060 } as const;

test('the first listen address of the family and the transport', () => {
  const v6 = { family: 6, ip: '2001:db8::1', port: 5060 } as const;
  const locals = [localAt(EDGES.tcp, 'tcp'), localAt(v6), localAt(v6, 'tcp'), localAt(v6, 'tls')];
  assert.equal(localFor(locals, PEER, 'udp'), 1);
  assert.equal(localFor(locals, PEER, 'tcp'), 2);
  assert.equal(localFor(locals, EDGES.tcp, 'udp'), -1);
});

test('a gateway with transport tcp gets Via, Contact, Request-URI of TCP, the caller UDP', () => {
  const flow = new Flow({ vendors: [{ transport: 'tcp' }] });
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  assert.match(offered.header('via'), /^SIP\/2\.0\/TCP 192\.0\.2\.1:5062;rport;alias;branch=/);
  assert.match(offered.contact, /@192\.0\.2\.1:5062;transport=tcp$/);
  assert.match(offered.uri, /@203\.0\.113\.1:5060;transport=tcp$/);
  flow.run(3000);
  flow.vendor.expectNo('INVITE');
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const answer = flow.caller.take('200 INVITE');
  assert.match(answer.contact, /@192\.0\.2\.1:5060$/);
  const caller = Leg.ofCaller(flow.caller, invite, answer);
  caller.ack();
  flow.vendor.take('ACK');
  caller.request('BYE');
  assert.match(flow.vendor.take('BYE').header('via'), /^SIP\/2\.0\/TCP /);
});

test('a caller over TLS is answered over TLS, with a Contact to match, the vendor over UDP', () => {
  const flow = new Flow({ customerTransport: 'tls' });
  const invite = flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  assert.match(offered.header('via'), /^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;rport;branch=/);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  const answer = flow.caller.take('200 INVITE');
  assert.match(answer.header('via'), /^SIP\/2\.0\/TLS /);
  assert.match(answer.contact, /^sip:.*@192\.0\.2\.1:5061;transport=tls$/);
  Leg.ofCaller(flow.caller, invite, answer).ack();
  flow.vendor.take('ACK');
});

test('a caller that asks by sips gets a sips Contact (RFC 3261 12.1.1)', () => {
  const flow = new Flow({ customerTransport: 'tls' });
  flow.caller.invite({ uri: 'sips:442071838750@192.0.2.1' });
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(2) });
  const { contact } = flow.caller.take('200 INVITE');
  assert.match(contact, /^sips:.*@192\.0\.2\.1:5061$/);
});

test('a gateway whose transport has no listen address is passed over', () => {
  const flow = new Flow({
    vendors: [{ transport: 'tls', peer: { ...PEER, port: 5061 } }, {}],
  });
  flow.caller.invite();
  flow.vendors[1]!.take('INVITE');
});

test('requests follow a caller that comes back over another connection, over TCP only', () => {
  for (const transport of ['tcp', 'udp'] as const) {
    const flow = new Flow({ customerTransport: transport });
    const { caller, callee } = flow.talk();
    const back = new Peer(flow, { ...CUSTOMER, port: 49_152 }, transport);
    const moved = new Leg(back, caller.callId, caller.local, caller.remote, caller.target, 1);
    moved.request('OPTIONS');
    back.take('200 OPTIONS');
    callee.request('BYE');
    (transport === 'tcp' ? back : flow.caller).take('BYE');
  }
});
