// Gateways and gates for the routing tests: complete objects with what a test cares about on top.
import type { Gates } from '../../../engine/base/gates.ts';
import { parameterValues } from '../../../engine/parameters/parse-value.ts';
import { compilePhoneDeck } from '../../../engine/registry/phone-deck.ts';
import { compileRouteDeck } from '../../../engine/routing/route-deck.ts';
import {
  PLAIN_MAPPING_GATEWAY,
  PLAIN_ROUTING_GATEWAY,
} from '../../../engine/routing/plain-gateways.ts';
import { GATE_SLOTS } from '../../../engine/routing/gate-slots.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../../../engine/routing/snapshot.ts';
import { createGatewayStates, SharedGatewayStates } from '../../../engine/shm/gateway-states.ts';

export function mappingGateway(given: Partial<MappingGateway>): MappingGateway {
  return {
    ...PLAIN_MAPPING_GATEWAY,
    name: 'customer',
    slot: 16,
    account: 'account',
    ...given,
  };
}

export interface TestRoute {
  readonly gateway: Partial<RoutingGateway> & { readonly name: string };
  readonly prefixes: readonly string[];
}

/** A snapshot with these vendors; gateway i has slot 16 + i unless given. */
export function snapshotOf(routes: readonly TestRoute[]): Snapshot {
  const routingGateways = routes.map(({ gateway }, i) => routingGateway(i, gateway));
  return {
    version: 1,
    phones: compilePhoneDeck([]),
    parameters: parameterValues(),
    mappingGateways: [],
    routingGateways,
    traces: [],
    routes: compileRouteDeck(
      routes.map(({ prefixes }, i) => {
        const { name, priority } = routingGateways[i]!;
        return { name, priority, prefixes };
      }),
    ),
  };
}

function routingGateway(i: number, given: Partial<RoutingGateway>): RoutingGateway {
  return {
    ...PLAIN_ROUTING_GATEWAY,
    name: `vendor-${i}`,
    slot: 16 + i,
    clearingAccount: 'account',
    peer: { family: 4, ip: '192.0.2.1', port: 5060 },
    capacity: 100,
    failoverCodes: new Uint8Array(400),
    ...given,
  };
}

/** Gates that report what the test put into `calls` by slot; permits are not the tests' concern. */
export function gatesWith(calls: ReadonlyMap<number, number>): Gates {
  return {
    tryEnter: () => true,
    leave: () => undefined,
    occupied: (slot) => calls.get(slot) ?? 0,
    tryRate: () => true,
  };
}

/** Nothing is known of any gateway yet. */
export function freshStates(): SharedGatewayStates {
  return new SharedGatewayStates(createGatewayStates(GATE_SLOTS));
}
