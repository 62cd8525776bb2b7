// Calls from and to phones that their shard's death interrupts: they are counted as before.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePhoneDeck } from '../../../engine/registry/phone-deck.ts';
import {
  FIRST_GATEWAY_SLOT,
  REMOVED_GATEWAYS,
  SYSTEM_CALLS,
} from '../../../engine/routing/gate-slots.ts';
import { sdpText } from '../../sim/text-message.ts';
import { PHONE_NUMBER, PhonePeer } from '../registry/phone-peer.ts';
import { Flow, Leg, NUMBER } from './flow.ts';

const OTHER = '8801700000000';

test('a phone that calls a phone: each keeps its place, none counts as removed', () => {
  const [from, to] = [FIRST_GATEWAY_SLOT + 8, FIRST_GATEWAY_SLOT + 9];
  const phones = [
    { slot: from, capacity: 1 },
    { slot: to, capacity: 1, e164: OTHER },
  ];
  const flow = new Flow({ phones });
  const called = new PhonePeer(flow, 41_000);
  assert.equal(called.register({ user: OTHER }).status, 200);
  const caller = new PhonePeer(flow);
  const invite = caller.call(OTHER);
  const offered = called.take('INVITE');
  called.answer(offered, 200, { tag: 'p', body: sdpText(2) });
  const leg = Leg.ofCaller(caller, invite, caller.take('200 INVITE'));
  leg.ack();
  called.take('ACK');
  const counted = (): number[] =>
    [SYSTEM_CALLS, from, to, REMOVED_GATEWAYS].map((slot) => flow.edge.gates.occupied(slot));
  assert.deepEqual(counted(), [1, 1, 1, 0]);
  flow.edge.crash(0, 0);
  flow.run(2000);
  flow.edge.restart(0);
  assert.deepEqual(counted(), [1, 1, 1, 0]);
  leg.request('BYE');
  called.answer(called.take('BYE'), 200);
  assert.deepEqual(counted(), [0, 0, 0, 0]);
  assert.deepEqual([flow.cdr.phone, flow.cdr.routingGateway], [PHONE_NUMBER, 'phones']);
});

test('a phone that is gone meanwhile counts as removed', () => {
  const flow = new Flow({ phones: [{}] });
  const caller = new PhonePeer(flow);
  const invite = caller.call(NUMBER);
  flow.vendor.answer(flow.vendor.take('INVITE'), 200, { body: sdpText(2) });
  const leg = Leg.ofCaller(caller, invite, caller.take('200 INVITE'));
  leg.ack();
  flow.edge.crash(0, 0);
  flow.edge.restart(0, { ...flow.snapshot, phones: compilePhoneDeck([]) });
  assert.equal(flow.edge.gates.occupied(REMOVED_GATEWAYS), 1);
  flow.vendor.take('ACK');
  leg.request('BYE');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  assert.equal(flow.cdr.phone, PHONE_NUMBER);
  flow.expectNothingLeft();
});
