// Vendors with several addresses: order by priority and weight, failover within the gateway.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { seededRandom } from '../../../engine/base/random.ts';
import { orderAddresses } from '../../../engine/call/gateway-addresses.ts';
import type { GatewayAddress } from '../../../engine/routing/snapshot.ts';
import { sdpText } from '../../sim/text-message.ts';
import { Flow, Peer } from './flow.ts';

function endpoint(last: number): Endpoint {
  return { family: 4, ip: `203.0.113.${last}`, port: 5060 };
}

function address(last: number, priority = 0, weight = 0): GatewayAddress {
  return { peer: endpoint(last), priority, weight };
}

test('priority comes first, weights share within it (RFC 2782)', () => {
  const random = seededRandom(7);
  const addresses = [address(1, 1, 80), address(2, 1, 20), address(3, 1, 0), address(4, 2, 100)];
  const firsts = new Map<string, number>();
  for (let i = 0; i < 10_000; i++) {
    const order = orderAddresses(addresses, random).map(({ peer }) => peer.ip);
    assert.equal(order[3], '203.0.113.4');
    assert.equal(new Set(order).size, 4);
    firsts.set(order[0]!, (firsts.get(order[0]!) ?? 0) + 1);
  }
  const share = (last: number): number => (firsts.get(endpoint(last).ip) ?? 0) / 10_000;
  assert.ok(Math.abs(share(1) - 0.8) < 0.02, `share of 80 is ${share(1)}`);
  assert.ok(Math.abs(share(2) - 0.2) < 0.02, `share of 20 is ${share(2)}`);
  assert.ok(share(3) < 0.001, 'weight 0 is for emergencies');
});

interface Named {
  readonly flow: Flow;
  /** Of the first gateway's addresses. */
  readonly hosts: readonly Peer[];
  /** The second gateway. */
  readonly next: Peer;
}

/** A gateway with three addresses, one at .10 where nobody listens, and another gateway. */
function named(addresses: readonly GatewayAddress[], capacity = 10): Named {
  const domain = 'sip.example.net';
  const flow = new Flow({ vendors: [{ domain, addresses, capacity, peer: endpoint(1) }, {}] });
  const others = addresses
    .slice(1)
    .filter(({ peer }) => !peer.ip.endsWith('.10'))
    .map(({ peer }) => new Peer(flow, peer));
  return { flow, hosts: [flow.vendor, ...others], next: flow.vendors[1]! };
}

test('a name stands in the Request-URI; 503 leads to the next address, then gateway', () => {
  const { flow, hosts, next } = named([address(1, 1), address(11, 2), address(12, 3)]);
  flow.caller.invite();
  for (const host of hosts) {
    const offered = host.take('INVITE');
    assert.match(offered.uri, /^sip:442071838750@sip\.example\.net$/);
    next.expectNo('INVITE');
    assert.equal(flow.edge.gates.occupied(flow.snapshot.routingGateways[0]!.slot), 1);
    host.answer(offered, 503);
  }
  next.answer(next.take('INVITE'), 200, { body: sdpText(2) });
  flow.caller.take('200 INVITE');
  assert.equal(flow.edge.gates.occupied(flow.snapshot.routingGateways[0]!.slot), 0);
});

test('an address that cannot be reached, or is silent, leads to the next', () => {
  const { flow, hosts, next } = named([address(1, 1), address(10, 2), address(12, 3)]);
  flow.caller.invite();
  hosts[0]!.take('INVITE');
  flow.run(10_100);
  hosts[1]!.take('INVITE');
  next.expectNo('INVITE');
});

test('another failure is the gateway’s answer: no further address', () => {
  const { flow, hosts, next } = named([address(1, 1), address(11, 2)]);
  flow.caller.invite();
  hosts[0]!.answer(hosts[0]!.take('INVITE'), 500);
  hosts[1]!.expectNo('INVITE');
  next.take('INVITE');
});

test('addresses do not count as switches of SS_GATEWAY_SWITCH_LIMIT, gateways do', () => {
  const addresses = [address(1, 1), address(11, 2)];
  for (const limit of [1, 0]) {
    const flow = new Flow({
      parameters: { SS_GATEWAY_SWITCH_LIMIT: limit },
      vendors: [{ domain: 'x.net', addresses }, {}, {}],
    });
    const other = new Peer(flow, endpoint(11));
    flow.caller.invite();
    flow.vendor.answer(flow.vendor.take('INVITE'), 503);
    other.answer(other.take('INVITE'), 503);
    if (limit === 0) flow.vendors[1]!.expectNo('INVITE');
    else flow.vendors[1]!.answer(flow.vendors[1]!.take('INVITE'), 503);
    flow.vendors[2]!.expectNo('INVITE');
  }
});

test('a name without an address is passed over', () => {
  const flow = new Flow({ vendors: [{ domain: 'x.net', addresses: [] }, {}] });
  flow.caller.invite();
  flow.vendors[1]!.take('INVITE');
});
