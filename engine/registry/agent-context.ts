// What our user agents towards gateways (registration, probes) work with: the part of a shard's
// call context (engine/call/call-context.ts) that they need.
import type { Clock } from '../base/clock.ts';
import type { CounterRow } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { TransportName } from '../base/gateway-words.ts';
import type { GatewayStates } from '../base/gateway-states.ts';
import type { ShardParameterValues } from '../base/parameter-values.ts';
import type { Random } from '../base/random.ts';
import type { TimerWheel } from '../base/timer-wheel.ts';
import type { RoutingGateway } from '../routing/snapshot.ts';
import type { TransactionLayer } from '../sip/transaction/transaction-layer.ts';

export interface AgentContext {
  readonly shard: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerWheel;
  readonly counters: CounterRow;
  readonly states: GatewayStates;
  readonly transactions: TransactionLayer;
  readonly locals: readonly AgentAddress[];
  /** Replaced when a snapshot is mounted. */
  readonly parameters: ShardParameterValues;
}

/** One of our listen addresses. */
interface AgentAddress {
  readonly family: 4 | 6;
  readonly transport: TransportName;
  readonly host: string;
  /** `host:port`, with `;transport=` where that is not UDP. */
  readonly contact: string;
}

/** A gateway as our user agents see it. */
export interface AgentTarget {
  /** Of its state. */
  readonly slot: number;
  /** Host as configured: the domain of an address of record there. */
  readonly domain: string;
  /** `host:port;transport=...` of its URIs; empty: its address. */
  readonly authority: string;
  readonly transport: TransportName;
  /** Where it is now, in the order to try; empty: not known. Replaced with each snapshot. */
  addresses: () => readonly Endpoint[];
}

/** Hop limit of requests that we start (RFC 3261 8.1.1.6). */
export const MAX_FORWARDS = 70;

/** Index of the listen address that reaches a peer; -1 when there is none. */
export function localTowards(
  { locals }: AgentContext,
  { transport }: AgentTarget,
  peer: Endpoint,
): number {
  return locals.findIndex((local) => {
    return local.family === peer.family && local.transport === transport;
  });
}

/** Where a gateway is that registers with us; null while it is not registered. */
export type Locate = (gateway: RoutingGateway) => Endpoint | null;
