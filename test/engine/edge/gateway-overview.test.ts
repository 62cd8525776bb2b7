// The overview: the four states of MON-03, why a gateway is offline, and all that is known of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Publication, Reachability, Registration } from '../../../engine/base/gateway-states.ts';
import { gatewayOverview } from '../../../engine/edge/gateway-overview.ts';
import type { GatewayRow } from '../../../engine/http/gateway-row.ts';
import { toSocketEndpoint } from '../../../engine/net/endpoint-table.ts';
import { Kind } from '../../../engine/registry/location-layout.ts';
import type { Registration as Location } from '../../../engine/registry/registration.ts';
import { NO_LIMIT, type RoutingGateway } from '../../../engine/routing/snapshot.ts';
import type { SharedGatewayStates } from '../../../engine/shm/gateway-states.ts';
import { registration } from '../registry/registrations.ts';
import { freshStates, gatesWith, mappingGateway, snapshotOf } from '../routing/fixtures.ts';

const NOW = 1_790_000_000_000;
const SLOT = 16;
const NOWHERE = { lookUp: () => [] };
const PROBE = { intervalMs: 10_000, failAfter: 3, recoverAfter: 2, highLatencyMs: 100 };

function vendor(
  given: Partial<RoutingGateway>,
  know: (states: SharedGatewayStates) => void = () => undefined,
  calls = 0,
): GatewayRow {
  const states = freshStates();
  know(states);
  const snapshot = snapshotOf([{ gateway: { name: 'vendor', ...given }, prefixes: ['44'] }]);
  const gates = gatesWith(new Map([[SLOT, calls]]));
  const [row] = gatewayOverview(snapshot, { gates, states, locations: NOWHERE }, NOW);
  return row!;
}

const statusOf = ({ status, reason }: GatewayRow): [string, string] => [status, reason];

test('online, line limit reached, high latency', () => {
  assert.deepEqual(statusOf(vendor({ capacity: 5 }, undefined, 4)), ['online', '']);
  assert.deepEqual(statusOf(vendor({ capacity: 5 }, undefined, 5)), ['line limit reached', '']);
  const answersIn = (ms: number) => (states: SharedGatewayStates) => {
    states.setLatency(SLOT, ms, NOW - 4000);
    states.setReachability(SLOT, Reachability.Up);
  };
  const quick = vendor({ probe: PROBE }, answersIn(100));
  assert.deepEqual(statusOf(quick), ['online', '']);
  assert.deepEqual(quick.probe, { state: 'up', latencyMs: 100, answeredSecondsAgo: 4 });
  assert.deepEqual(statusOf(vendor({ probe: PROBE }, answersIn(101))), ['high latency', '']);
  assert.equal(vendor({}, answersIn(101)).probe, null, 'not probed any more');
});

test('offline, with the reason', () => {
  const away = vendor({ registerType: 'register-out' });
  assert.deepEqual(statusOf(away), ['offline', 'not registered']);
  const down = vendor({ probe: PROBE }, (states) => {
    states.setReachability(SLOT, Reachability.Down);
  });
  assert.deepEqual(statusOf(down), ['offline', 'no answer to OPTIONS']);
  const paused = vendor({}, (states) => {
    states.retryAfter(SLOT, NOW + 30_000);
  });
  assert.deepEqual(statusOf(paused), ['offline', 'Retry-After']);
  assert.equal(paused.retryAfterSeconds, 30);
  const closed = vendor({}, (states) => {
    const state = { open: false, capacity: null };
    states.publish(SLOT, Publication.Presence, 0, 1, state, NOW + 60_000, NOW);
  });
  assert.deepEqual(statusOf(closed), ['offline', 'closed by PUBLISH']);
  assert.deepEqual(closed.published, { state: 'closed', capacity: null, secondsLeft: 60 });
});

test('a registration with its code and end; a published capacity is the one that counts', () => {
  const row = vendor({ registerType: 'register-out', capacity: NO_LIMIT }, (states) => {
    states.setRegistration(SLOT, Registration.Registered, 200, NOW + 90_000);
    const state = { open: true, capacity: 3 };
    states.publish(SLOT, Publication.Capacity, 0, 1, state, NOW + 60_000, NOW);
  });
  assert.deepEqual(row.registration, { state: 'registered', code: 200, secondsLeft: 90 });
  assert.equal(row.capacity, 3);
  assert.equal(vendor({ capacity: NO_LIMIT }).capacity, null);
});

test('customers: sessions, limit, where they come from', () => {
  const remoteIps = ['192.0.2.1', '198.51.100.0/24'];
  const snapshot = {
    ...snapshotOf([]),
    mappingGateways: [mappingGateway({ name: 'c', remoteIps, capacity: 2, locked: true })],
  };
  const source = {
    gates: gatesWith(new Map([[16, 2]])),
    states: freshStates(),
    locations: NOWHERE,
  };
  const [row] = gatewayOverview(snapshot, source, NOW);
  assert.deepEqual(row, {
    kind: 'mapping',
    name: 'c',
    status: 'line limit reached',
    reason: '',
    locked: true,
    address: '192.0.2.1 198.51.100.0/24',
    calls: 2,
    capacity: 2,
    registration: null,
    probe: null,
    published: null,
    retryAfterSeconds: 0,
  });
});

test('gateways that register with us: where they are, offline while they are not', () => {
  const credentials = { username: 'gw', password: 'secret' };
  const source = toSocketEndpoint({ family: 4, ip: '192.0.2.77', port: 5070 })!;
  const words = [source.head, source.a0, source.a1, source.a2, source.a3, source.scope] as const;
  const overview = (kinds: readonly Kind[]): [string, string, string][] => {
    const lookUp = (): Location[] =>
      kinds.map((kind) => registration({ aor: 'gw', kind, source: words }));
    const snapshot = {
      ...snapshotOf([
        { gateway: { name: 'v', slot: 17, registerType: 'dynamic', credentials }, prefixes: ['1'] },
      ]),
      mappingGateways: [mappingGateway({ dynamic: true, credentials })],
    };
    const states = freshStates();
    return gatewayOverview(
      snapshot,
      { gates: gatesWith(new Map()), states, locations: { lookUp } },
      NOW,
    ).map(({ status, reason, address }) => [status, reason, address]);
  };
  const away: [string, string, string] = ['offline', 'not registered', ''];
  const here: [string, string, string] = ['online', '', '192.0.2.77:5070'];
  assert.deepEqual(overview([Kind.Phone]), [away, away]);
  assert.deepEqual(overview([Kind.MappingGateway]), [here, away]);
  assert.deepEqual(overview([Kind.RoutingGateway]), [away, here]);
});
