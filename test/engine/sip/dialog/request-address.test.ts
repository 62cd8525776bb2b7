// Where requests within a call go by the request address of a gateway: the table ADR-04 to ADR-06
// and its test peer, for both kinds of gateway.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Endpoint } from '../../../../engine/base/endpoint.ts';
import { hostPort } from '../../../../engine/base/endpoint.ts';
import { REQUEST_ADDRESSES, type RequestAddress } from '../../../../engine/base/gateway-words.ts';
import { requestEndpoint } from '../../../../engine/sip/dialog/request-address.ts';
import { sdpText } from '../../../sim/text-message.ts';
import { Flow, Leg, Peer, type FlowOptions } from '../../call/flow.ts';

/** Behind NAT: it sends from the first, its Contact names the second. */
const SOURCE: Endpoint = { family: 4, ip: '203.0.113.5', port: 40_000 };
const CONTACT: Endpoint = { family: 4, ip: '10.0.0.7', port: 5064 };
const TABLE: Readonly<Record<RequestAddress, Endpoint>> = {
  socket: SOURCE,
  'contact-port': { ...SOURCE, port: CONTACT.port },
  contact: CONTACT,
};

test('ADR-04 to ADR-06: requests to a mapping gateway', () => {
  for (const mode of REQUEST_ADDRESSES) {
    const flow = new Flow({ customer: { remoteIps: [SOURCE.ip], requestAddress: mode } });
    const sender = new Peer(flow, SOURCE);
    sender.contactAt = hostPort(CONTACT);
    const invite = sender.invite();
    const offered = flow.vendor.take('INVITE');
    flow.vendor.answer(offered, 200, { tag: 'v', body: sdpText(2) });
    const caller = Leg.ofCaller(sender, invite, sender.take('200 INVITE'));
    caller.ack();
    flow.vendor.take('ACK');
    const receiver = mode === 'socket' ? sender : new Peer(flow, TABLE[mode]);
    const callee = Leg.ofCallee(flow.vendor, offered, 'v');
    callee.request('INFO');
    receiver.answer(receiver.take('INFO'), 200);
    callee.request('BYE');
    const bye = receiver.take('BYE');
    assert.equal(bye.uri, `sip:c@${hostPort(CONTACT)}`, 'the Request-URI is always the Contact');
    receiver.answer(bye, 200);
    flow.expectNothingLeft();
  }
});

test('ADR-04 to ADR-06: requests to a routing gateway, its ACK included', () => {
  for (const mode of REQUEST_ADDRESSES) {
    const flow = new Flow({ vendors: [{ peer: SOURCE, requestAddress: mode }] });
    flow.vendor.contactAt = hostPort(CONTACT);
    const receiver = mode === 'socket' ? flow.vendor : new Peer(flow, TABLE[mode]);
    const invite = flow.caller.invite();
    flow.vendor.answer(flow.vendor.take('INVITE'), 200, { tag: 'v', body: sdpText(2) });
    const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
    caller.ack();
    receiver.take('ACK');
    caller.request('INVITE', '', sdpText(3));
    receiver.answer(receiver.take('INVITE'), 200, { body: sdpText(4) });
    flow.caller.take('200 INVITE');
    caller.ack();
    receiver.take('ACK');
    caller.request('BYE');
    receiver.answer(receiver.take('BYE'), 200);
    flow.expectNothingLeft();
  }
});

test('a peer that moves is followed: the Contact of its re-INVITE counts', () => {
  const flow = new Flow({ vendors: [{ requestAddress: 'contact' }] });
  const { caller, callee } = flow.talk();
  const moved = new Peer(flow, { family: 4, ip: '203.0.113.77', port: 5070 });
  flow.vendor.contactAt = hostPort(moved.endpoint);
  callee.request('INVITE', '', sdpText(3));
  flow.caller.answer(flow.caller.take('INVITE'), 200, { body: sdpText(4) });
  flow.vendor.take('200 INVITE');
  callee.ack();
  flow.caller.take('ACK');
  caller.request('BYE');
  moved.answer(moved.take('BYE'), 200);
});

test('with a route the first hop is named by it', () => {
  const flow = new Flow({ vendors: [{ requestAddress: 'contact' }] });
  const proxy = new Peer(flow, { family: 4, ip: '203.0.113.70', port: 5080 });
  const invite = flow.caller.invite();
  const extra = `Record-Route: <sip:${hostPort(proxy.endpoint)};lr>\r\n`;
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { extra, body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  assert.equal(proxy.take('ACK').uri, `sip:v@${flow.vendor.contactAt}`);
});

test('over a restart a leg is reached at its Contact, and at its socket once set back', () => {
  const vendors = (requestAddress: RequestAddress): FlowOptions => ({
    vendors: [{ requestAddress }],
  });
  const flow = new Flow(vendors('contact'));
  const moved = new Peer(flow, { ...flow.vendor.endpoint, port: 5070 });
  flow.vendor.contactAt = hostPort(moved.endpoint);
  const invite = flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  moved.take('ACK');
  flow.edge.crash(0, 0);
  flow.edge.restart(0);
  caller.request('INFO');
  moved.answer(moved.take('INFO'), 200);
  flow.mount(vendors('socket'));
  caller.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('what cannot be reached by address is sent to the source', () => {
  const to = (mode: RequestAddress, named: string): Endpoint =>
    requestEndpoint(mode, named, SOURCE);
  assert.deepEqual(to('contact', 'sip:v@pbx.example.net:5070'), SOURCE);
  assert.deepEqual(to('contact', 'sip:v@[2001:db8::1]:5070'), SOURCE);
  assert.deepEqual(to('contact', 'tel:+1202'), SOURCE);
  assert.deepEqual(to('contact', 'nonsense'), SOURCE);
  assert.deepEqual(to('contact', 'sip:v@10.0.0.7'), { ...CONTACT, port: 5060 });
  assert.deepEqual(to('contact-port', 'sips:v@pbx.example.net'), { ...SOURCE, port: 5061 });
});
