// What running calls take over of a new snapshot, and whose field holds the caller's number.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostPort } from '../../../engine/base/endpoint.ts';
import { sdpText } from '../../sim/text-message.ts';
import { CUSTOMER, Flow, Leg, Peer, type FlowOptions } from './flow.ts';

test('ADR-22: a gateway set to Socket is reached again, in calls that run too', () => {
  for (const requestAddress of ['contact', 'contact-port'] as const) {
    const flow = new Flow({ vendors: [{ requestAddress }] });
    flow.vendor.contactAt = '203.0.113.1:5999';
    const nobody = new Peer(flow, { ...flow.vendor.endpoint, port: 5999 });
    const invite = flow.caller.invite();
    flow.vendor.answer(flow.vendor.take('INVITE'), 200, { tag: 'v', body: sdpText(2) });
    const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
    caller.ack();
    caller.request('INFO');
    nobody.take('INFO');
    flow.vendor.expectNo('INFO');
    flow.mount({ vendors: [{ requestAddress: 'socket' }] });
    caller.request('INFO');
    flow.vendor.answer(flow.vendor.take('INFO'), 200);
    caller.request('BYE');
    flow.vendor.answer(flow.vendor.take('BYE'), 200);
    flow.vendor.expectNo('ACK');
  }
});

test('the same for a mapping gateway, both ways', () => {
  const customer = (requestAddress: 'socket' | 'contact'): FlowOptions => ({
    customer: { requestAddress },
  });
  const flow = new Flow(customer('socket'));
  flow.caller.contactAt = '198.51.100.1:5070';
  const moved = new Peer(flow, { ...CUSTOMER, port: 5070 });
  const { callee } = flow.talk();
  flow.mount(customer('contact'));
  callee.request('INFO');
  moved.answer(moved.take('INFO'), 200);
  flow.mount(customer('socket'));
  callee.request('BYE');
  flow.caller.answer(flow.caller.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('a gateway that is gone leaves its running calls as they are', () => {
  const flow = new Flow({ vendors: [{ requestAddress: 'contact' }] });
  const elsewhere = new Peer(flow, { ...flow.vendor.endpoint, port: 5070 });
  flow.vendor.contactAt = hostPort(elsewhere.endpoint);
  const invite = flow.caller.invite();
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { tag: 'v', body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  elsewhere.take('ACK');
  flow.mount({ vendors: [] });
  caller.request('BYE');
  elsewhere.take('BYE');
});

test('ADR-09: a vendor that also calls: its field holds the caller, or the customer says', () => {
  const extra = 'Remote-Party-ID: <sip:12025550103@192.0.2.1>;party=calling\r\n';
  const vendor = { peer: { ...CUSTOMER, port: 5090 } };
  const callerIn = (options: FlowOptions): string => {
    const flow = new Flow(options);
    const invite = flow.caller.invite({ extra, number: '331' });
    flow.caller.takeFailure(invite, 404);
    return flow.cdr.callerIn;
  };
  const peerNumberInformation = 'remote-party-id';
  assert.equal(callerIn({ vendors: [vendor] }), '12025550100');
  assert.equal(callerIn({ vendors: [{ ...vendor, peerNumberInformation }] }), '12025550103');
  const customer = { callerField: 'display' } as const;
  const both = { customer, vendors: [{ ...vendor, peerNumberInformation }] } as const;
  assert.equal(callerIn(both), '12025550100');
});
