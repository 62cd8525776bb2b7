// Probes: who is asked when, what counts as an answer, when a gateway is down and up again, and
// that calls skip it meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reachability } from '../../../engine/base/gateway-states.ts';
import type { RoutingGateway } from '../../../engine/routing/snapshot.ts';
import type { Flow, Peer } from '../call/flow.ts';
import { registering, remount } from './registering.ts';

const SLOT = 17;
const PROBE: NonNullable<RoutingGateway['probe']> = {
  intervalMs: 10_000,
  failAfter: 3,
  recoverAfter: 2,
  highLatencyMs: 500,
};

function reachability(flow: Flow): Reachability {
  return flow.edge.states.reachabilityOf(SLOT);
}

/** Lets an interval pass; the probe that came is answered, or not. */
function round(flow: Flow, status: number, extra = ''): void {
  const asked = nextProbe(flow, flow.vendor);
  if (status !== 0) flow.vendor.answer(asked, status, { extra });
}

function nextProbe(flow: Flow, peer: Peer): ReturnType<Peer['take']> {
  peer.inbox = [];
  for (let waited = 0; waited <= PROBE.intervalMs; waited += 100) {
    // A new probe has a new Call-ID; what is resent is not new.
    const probe = peer.inbox.find(
      ({ method, callId }) => method === 'OPTIONS' && isNew(flow, callId),
    );
    if (probe !== undefined) return probe;
    flow.run(100);
  }
  assert.fail('a probe in each interval');
}

const seen = new WeakMap<Flow, Set<string>>();
function isNew(flow: Flow, callId: string): boolean {
  const known = seen.get(flow) ?? new Set();
  seen.set(flow, known);
  return known.size < known.add(callId).size;
}

function chosen(flow: Flow): number {
  for (const vendor of flow.vendors) vendor.inbox = [];
  flow.caller.invite();
  return flow.vendors.findIndex(({ inbox }) => inbox.some(({ method }) => method === 'INVITE'));
}

test('without probe no OPTIONS; with it one in each interval, live', () => {
  const flow = registering({}, [{}]);
  flow.run(40_000);
  flow.vendor.expectNo('OPTIONS');
  remount(flow, {}, (gateway) => ({ ...gateway, probe: PROBE, host: '203.0.113.1', port: 5070 }));
  const asked = nextProbe(flow, flow.vendor);
  assert.equal(asked.uri, 'sip:203.0.113.1:5070');
  assert.match(asked.callId, /^tdm00-/);
  flow.vendor.answer(asked, 200);
  flow.run(30_000);
  assert.equal(flow.edge.counter('probesSent'), 4);
  remount(flow, {}, (gateway) => ({ ...gateway, probe: null }));
  flow.run(40_000);
  assert.equal(flow.edge.counter('probesSent'), 4);
});

test('down after failAfter silences in a row, up after recoverAfter answers in a row', () => {
  const flow = registering({}, [{ probe: PROBE }, {}]);
  round(flow, 200);
  assert.equal(reachability(flow), Reachability.Up);
  for (const status of [0, 0, 200, 0, 0]) round(flow, status);
  round(flow, 200); // the failure before it is the second in a row
  assert.equal(reachability(flow), Reachability.Up);
  assert.equal(chosen(flow), 0);
  for (let i = 0; i < 4; i++) round(flow, 0);
  assert.equal(reachability(flow), Reachability.Down);
  assert.equal(chosen(flow), 1, 'calls skip it');
  assert.ok(flow.edge.counter('attemptsSkippedDown') > 0);
  round(flow, 200);
  round(flow, 0);
  round(flow, 200);
  assert.equal(reachability(flow), Reachability.Down);
  round(flow, 200);
  assert.equal(reachability(flow), Reachability.Up);
  assert.equal(chosen(flow), 0);
});

test('any response is an answer: 404, 405, 100; 503 with Retry-After pauses it', () => {
  for (const status of [404, 405, 501, 100, 503]) {
    const flow = registering({}, [{ probe: { ...PROBE, failAfter: 1 } }]);
    round(flow, status);
    assert.equal(reachability(flow), Reachability.Up, String(status));
    assert.equal(chosen(flow), 0);
  }
  const flow = registering({}, [{ probe: PROBE }, {}]);
  round(flow, 503, 'Retry-After: 5\r\n');
  assert.equal(reachability(flow), Reachability.Up);
  assert.equal(chosen(flow), 1);
  flow.run(6000);
  assert.equal(chosen(flow), 0);
});

test('ICMP is a failure at once', () => {
  const flow = registering({}, [{ probe: { ...PROBE, failAfter: 1 } }]);
  flow.network.detach(flow.vendor.endpoint);
  flow.run(PROBE.intervalMs);
  assert.equal(reachability(flow), Reachability.Down);
  flow.caller.invite();
  flow.caller.take('503 INVITE');
  assert.equal(flow.cdr.endReason, 'Routing gateway down');
});

test('the latency is that of the last answer', () => {
  const flow = registering({}, [{ probe: PROBE }]);
  const asked = nextProbe(flow, flow.vendor);
  flow.run(250);
  flow.vendor.answer(asked, 200);
  const { latencyMs, answeredAtMs } = flow.edge.states.view(SLOT, flow.time.wallMs());
  assert.ok(latencyMs !== null && latencyMs >= 250 && latencyMs < 500, String(latencyMs));
  assert.ok(Math.abs(answeredAtMs - flow.time.wallMs()) <= 1000);
});

test('gateways are not asked at once, but evenly over the interval', () => {
  const count = 40;
  const flow = registering(
    {},
    Array.from({ length: count }, () => ({ probe: PROBE })),
  );
  const perSecond: number[] = [];
  for (let second = 0; second < 10; second++) {
    const before = flow.edge.counter('probesSent');
    flow.run(1000);
    perSecond.push(flow.edge.counter('probesSent') - before);
  }
  assert.ok(Math.max(...perSecond) <= 6, perSecond.join(' '));
  assert.ok(Math.min(...perSecond) >= 2, perSecond.join(' '));
});

test('another address begins anew; a probe that is switched off leaves nobody down', () => {
  const down = (): Flow => {
    const flow = registering({}, [{ probe: { ...PROBE, failAfter: 1 } }]);
    round(flow, 0);
    round(flow, 0);
    assert.equal(reachability(flow), Reachability.Down);
    return flow;
  };
  const moved = down();
  const peer = { family: 4, ip: '203.0.113.77', port: 5060 } as const;
  remount(moved, {}, (gateway) => ({ ...gateway, host: peer.ip, peer }));
  assert.equal(reachability(moved), Reachability.Unknown);
  const off = down();
  remount(off, {}, (gateway) => ({ ...gateway, probe: null }));
  assert.equal(reachability(off), Reachability.Unknown);
  assert.equal(chosen(off), 0);
});

test('other settings hold from the next answer on', () => {
  const flow = registering({}, [{ probe: PROBE }]);
  round(flow, 200);
  remount(flow, {}, (gateway) => ({ ...gateway, probe: { ...PROBE, failAfter: 1 } }));
  round(flow, 0);
  round(flow, 0);
  assert.equal(reachability(flow), Reachability.Down);
});
