// The gateways as operators see them: the configuration in force with what the shared cells know
// of each. Read by /gateways, /metrics and, through /gateways, `npm run gateways`.
import { hostPort } from '../base/endpoint.ts';
import type { Gates } from '../base/gates.ts';
import {
  Bar,
  Reachability,
  Registration,
  type GatewayStates,
  type GatewayStateView,
} from '../base/gateway-states.ts';
import type { GatewayRow, GatewayStatus } from '../http/gateway-row.ts';
import { Kind } from '../registry/location-layout.ts';
import type { LocationTable } from '../registry/location-table.ts';
import { endpointOf } from '../registry/source-words.ts';
import { NO_LIMIT } from '../routing/snapshot.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../routing/snapshot.ts';

const REASONS: Readonly<Record<Bar, string>> = {
  [Bar.None]: '',
  [Bar.Down]: 'no answer to OPTIONS',
  [Bar.Unregistered]: 'not registered',
  [Bar.Closed]: 'closed by PUBLISH',
  [Bar.RetryAfter]: 'Retry-After',
};
const REGISTRATIONS = {
  [Registration.None]: 'none',
  [Registration.Registering]: 'registering',
  [Registration.Registered]: 'registered',
  [Registration.Failed]: 'failed',
} as const;
const REACHABILITIES = {
  [Reachability.Unknown]: 'unknown',
  [Reachability.Up]: 'up',
  [Reachability.Down]: 'down',
} as const;

/** Where gateways are that register with us (engine/registry/location-table.ts). */
type Locations = Pick<LocationTable, 'lookUp'>;

/** What the rows are read from. */
export interface OverviewSource {
  readonly gates: Pick<Gates, 'occupied'>;
  readonly states: GatewayStates;
  readonly locations: Locations;
}

/** Customers first, then vendors, each in the order of the configuration. */
export function gatewayOverview(
  snapshot: Snapshot,
  source: OverviewSource,
  nowMs: number,
): GatewayRow[] {
  return [
    ...snapshot.mappingGateways.map((gateway) => mappingRow(gateway, source, nowMs)),
    ...snapshot.routingGateways.map((gateway) => routingRow(gateway, source, nowMs)),
  ];
}

function mappingRow(
  gateway: MappingGateway,
  { gates, locations }: OverviewSource,
  nowMs: number,
): GatewayRow {
  const calls = gates.occupied(gateway.slot);
  const addresses = gateway.dynamic
    ? whereRegistered(gateway, Kind.MappingGateway, locations, nowMs)
    : gateway.remoteIps;
  const away = gateway.dynamic && addresses.length === 0;
  const full = calls >= gateway.capacity;
  return {
    kind: 'mapping',
    name: gateway.name,
    status: away ? 'offline' : full ? 'line limit reached' : 'online',
    reason: away ? REASONS[Bar.Unregistered] : '',
    locked: gateway.locked,
    address: addresses.join(' '),
    calls,
    capacity: limit(gateway.capacity),
    registration: null,
    probe: null,
    published: null,
    retryAfterSeconds: 0,
  };
}

function routingRow(
  gateway: RoutingGateway,
  { gates, states, locations }: OverviewSource,
  nowMs: number,
): GatewayRow {
  const { slot } = gateway;
  const dynamic = gateway.registerType === 'dynamic';
  const found = dynamic ? whereRegistered(gateway, Kind.RoutingGateway, locations, nowMs) : [];
  const view = states.view(slot, nowMs);
  const registers = gateway.registerType === 'register-out';
  const away = dynamic && found.length === 0;
  const bar = away ? Bar.Unregistered : states.barOf(slot, registers, nowMs);
  const capacity = states.capacityOf(slot, gateway.capacity, nowMs);
  const calls = gates.occupied(slot);
  const left = (untilMs: number): number => Math.max(0, Math.ceil((untilMs - nowMs) / 1000));
  const { published } = view;
  return {
    kind: 'routing',
    name: gateway.name,
    status: statusOf(gateway, view, bar, calls >= capacity),
    reason: REASONS[bar],
    locked: gateway.locked,
    address: dynamic ? found.join(' ') : hostPort(gateway.peer),
    calls,
    capacity: limit(capacity),
    registration: registers
      ? {
          state: REGISTRATIONS[view.registration],
          code: view.registrationStatus,
          secondsLeft: left(view.registeredUntilMs),
        }
      : null,
    probe: gateway.probe === null ? null : probeOf(view, nowMs),
    published:
      published === null
        ? null
        : {
            state: published.open ? 'open' : 'closed',
            capacity: published.capacity,
            secondsLeft: left(published.untilMs),
          },
    retryAfterSeconds: left(view.retryAfterUntilMs),
  };
}

/** `ip:port` of each of its registrations. */
function whereRegistered(
  { credentials }: MappingGateway | RoutingGateway,
  kind: Kind,
  locations: Locations,
  nowMs: number,
): string[] {
  return locations
    .lookUp(credentials?.username ?? '', nowMs)
    .filter((registration) => registration.kind === kind)
    .map((registration) => hostPort(endpointOf(registration)));
}

function statusOf(
  { probe }: RoutingGateway,
  { latencyMs }: GatewayStateView,
  bar: Bar,
  full: boolean,
): GatewayStatus {
  if (bar !== Bar.None) return 'offline';
  if (full) return 'line limit reached';
  const slow = probe !== null && latencyMs !== null && latencyMs > probe.highLatencyMs;
  return slow ? 'high latency' : 'online';
}

function probeOf(view: GatewayStateView, nowMs: number): GatewayRow['probe'] {
  const { reachability, latencyMs, answeredAtMs } = view;
  return {
    state: REACHABILITIES[reachability],
    latencyMs,
    answeredSecondsAgo:
      answeredAtMs === 0 ? null : Math.max(0, Math.floor((nowMs - answeredAtMs) / 1000)),
  };
}

function limit(capacity: number): number | null {
  return capacity === NO_LIMIT ? null : capacity;
}
