// The hunt for a vendor: which failures lead to the next one, what binds a call to the one it has,
// and how long each stage may take.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { ParameterName } from '../../../engine/base/parameter-values.ts';
import { buildSnapshot } from '../../../engine/config/build-snapshot.ts';
import { loadProvision } from '../../../engine/config/provision.ts';
import { SlotAllocator } from '../../../engine/routing/slot-allocator.ts';
import type { RoutingGateway, Snapshot } from '../../../engine/routing/snapshot.ts';
import { NO_LIMIT } from '../../../engine/routing/snapshot.ts';
import { sdpText } from '../../sim/text-message.ts';
import { yamlFile } from '../config/files.ts';
import { Flow, Leg, type FlowOptions } from './flow.ts';

const TWO: FlowOptions = { vendors: [{}, {}] };
const TIMEOUTS: RoutingGateway['timeouts'] = {
  inviteMs: 2000,
  tryingMs: 3000,
  sessionProgressMs: 4000,
  sessionProgressSdpMs: 5000,
  ringingMs: 6000,
};

/** What became of a call whose first vendor said these things. */
function afterFirst(options: FlowOptions, ...said: (number | [number, string])[]): Flow {
  const flow = new Flow(options);
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  for (const item of said) {
    const [status, body] = typeof item === 'number' ? [item, ''] : item;
    flow.vendor.answer(offered, status, { body });
  }
  return flow;
}

function wentOn(flow: Flow): boolean {
  return flow.vendors[1]!.inbox.some(({ method }) => method === 'INVITE');
}

test('a failure of the vendor goes on, a decision of the callee ends the call', () => {
  for (const status of [403, 404, 408, 480, 500, 502, 503, 504, 606]) {
    assert.ok(wentOn(afterFirst(TWO, 100, status)), `${status} goes on`);
  }
  for (const status of [486, 487, 600, 603, 607, 608]) {
    const flow = afterFirst(TWO, 100, status);
    assert.ok(!wentOn(flow), `${status} ends the call`);
    flow.caller.take(`${status} INVITE`);
    assert.equal(flow.cdr.endSide, 'callee');
  }
});

test('the second vendor gets its own Call-ID and tag, and both get a row', () => {
  const flow = new Flow(TWO);
  flow.caller.invite();
  const first = flow.vendor.take('INVITE');
  flow.vendor.answer(first, 503);
  flow.vendor.take('ACK');
  const second = flow.vendors[1]!.take('INVITE');
  assert.notEqual(second.callId, first.callId);
  assert.notEqual(second.fromTag, first.fromTag);
  flow.vendors[1]!.answer(second, 404);
  flow.caller.take('404 INVITE');
  assert.deepEqual(
    flow.rows.map(({ attempt, routingGateway, code }) => [attempt, routingGateway, code]),
    [
      [1, 'vendor-1', 503],
      [2, 'vendor-2', 404],
    ],
  );
  assert.equal(flow.cdr.attempts, 2);
  assert.equal(flow.cdr.routingGateway, 'vendor-2');
  flow.expectNothingLeft();
});

test('the second vendor answers in a dialog of its own for the caller', () => {
  const flow = new Flow(TWO);
  const invite = flow.caller.invite();
  const first = flow.vendor.take('INVITE');
  flow.vendor.answer(first, 183);
  const early = flow.caller.take('183 INVITE');
  flow.vendor.answer(first, 503);
  const second = flow.vendors[1]!.take('INVITE');
  flow.vendors[1]!.answer(second, 200, { body: sdpText(2) });
  const answer = flow.caller.take('200 INVITE');
  assert.notEqual(answer.toTag, early.toTag);
  const caller = Leg.ofCaller(flow.caller, invite, answer);
  caller.ack();
  caller.request('BYE');
  flow.vendors[1]!.answer(flow.vendors[1]!.take('BYE'), 200);
  flow.expectNothingLeft();
});

test('SS_GATEWAY_SWITCH_LIMIT: the most further vendors', () => {
  assert.ok(!wentOn(afterFirst({ ...TWO, parameters: { SS_GATEWAY_SWITCH_LIMIT: 0 } }, 503)));
  const flow = afterFirst(
    { vendors: [{}, {}, {}], parameters: { SS_GATEWAY_SWITCH_LIMIT: 1 } },
    503,
  );
  flow.vendors[1]!.answer(flow.vendors[1]!.take('INVITE'), 503);
  flow.vendors[2]!.expectNo('INVITE');
  assert.equal(flow.cdr.attempts, 2);
});

test('each stage has its time, from its first sign on', () => {
  const cases: [string, (number | [number, string])[], number][] = [
    ['no response', [], TIMEOUTS.inviteMs],
    ['after 100', [100], TIMEOUTS.tryingMs],
    ['after 183', [100, 183], TIMEOUTS.sessionProgressMs],
    ['after 183 with SDP', [100, [183, sdpText(2)]], TIMEOUTS.sessionProgressSdpMs],
    ['after 180', [180], TIMEOUTS.ringingMs],
  ];
  for (const [what, said, limitMs] of cases) {
    const flow = new Flow({ vendors: [{ timeouts: TIMEOUTS }] });
    flow.caller.invite();
    const offered = flow.vendor.take('INVITE');
    for (const item of said) {
      const [status, body] = typeof item === 'number' ? [item, ''] : item;
      flow.vendor.answer(offered, status, { body });
    }
    flow.run(limitMs - 60);
    assert.equal(flow.records.length, 0, `${what}: still waits`);
    flow.run(120);
    assert.equal(flow.cdr.endSide, 'server', `${what}: gave up`);
    if (said.length > 0) flow.vendor.take('CANCEL');
  }
});

type TimeoutParameter = Extract<ParameterName, `SS_SIP_TIMEOUT_${string}`>;

interface Stage {
  readonly parameter: TimeoutParameter;
  readonly setting: keyof RoutingGateway['timeouts'];
  readonly seconds: number;
  readonly said: readonly (number | [number, string])[];
}

const STAGES: readonly Stage[] = [
  { parameter: 'SS_SIP_TIMEOUT_INVITE', setting: 'inviteMs', seconds: 10, said: [] },
  { parameter: 'SS_SIP_TIMEOUT_TRYING', setting: 'tryingMs', seconds: 20, said: [100] },
  {
    parameter: 'SS_SIP_TIMEOUT_SESSION_PROGRESS',
    setting: 'sessionProgressMs',
    seconds: 20,
    said: [183],
  },
  {
    parameter: 'SS_SIP_TIMEOUT_SESSION_PROGRESS_SDP',
    setting: 'sessionProgressSdpMs',
    seconds: 120,
    said: [[183, sdpText(2)]],
  },
  { parameter: 'SS_SIP_TIMEOUT_RINGING', setting: 'ringingMs', seconds: 120, said: [180] },
];

/** A snapshot made of a provision, as the edge makes it. */
function provisioned(t: TestContext, parameters: string, vendor: string): Snapshot {
  const file = yamlFile(
    t,
    `parameters: { ${parameters} }
accounts: [{ account: a }]
mappingGateways: [{ name: c, account: a, remoteIps: [198.51.100.1] }]
routingGateways:
  - { name: v, clearingAccount: a, remoteIp: 203.0.113.1, prefixes: [""] ${vendor} }
`,
  );
  const gates = { occupied: () => 0 };
  return buildSnapshot(
    loadProvision(file),
    new SlotAllocator(gates, { clear: () => undefined }),
    1,
    0,
  );
}

/** After how many seconds the switch gives a call up whose vendor says no more. */
function secondsOf(flow: Flow, { said }: Stage): number {
  const before = flow.records.length;
  const began = flow.time.monoMs();
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  for (const item of said) {
    const [status, body] = typeof item === 'number' ? [item, ''] : item;
    flow.vendor.answer(offered, status, { body });
  }
  while (flow.records.length === before) flow.run(100);
  return Math.round((flow.time.monoMs() - began) / 1000);
}

test('SIP-13, SIP-15: each timeout by parameter, by gateway, changed while it runs', (t) => {
  for (const stage of STAGES) {
    const { parameter, setting, seconds } = stage;
    const own = setting.replace('Ms', '');
    const override = `timeout${own[0]!.toUpperCase()}${own.slice(1)}`;
    const flow = new Flow({ snapshot: provisioned(t, '', '') });
    assert.equal(secondsOf(flow, stage), seconds, `${parameter}: default`);
    flow.remount(provisioned(t, `${parameter}: 3`, ''));
    assert.equal(secondsOf(flow, stage), 3, `${parameter}: another value`);
    flow.remount(provisioned(t, `${parameter}: 3`, `, ${override}: 5`));
    assert.equal(secondsOf(flow, stage), 5, `${override}: the gateway's own`);
    flow.remount(provisioned(t, `${parameter}: 3`, `, ${override}: 0`));
    assert.equal(secondsOf(flow, stage), 3, `${override}: 0 is the parameter's`);
  }
});

/** When INVITEs came to the vendor, in quarters of a second after the first, up to `ms`. */
function resends(flow: Flow, ms: number): number[] {
  const times: number[] = [];
  const began = flow.time.monoMs();
  flow.caller.invite();
  for (let waited = 0; waited <= ms; waited += 10) {
    times.push(...flow.vendor.inbox.splice(0).map(() => flow.time.monoMs() - began));
    flow.run(10);
  }
  return times.map((time) => Math.round((time - times[0]!) / 250) * 250);
}

test('SIP-12: SS_SIP_RESEND_INTERVAL, then the peer counts as unreachable', () => {
  const timeouts = { ...TIMEOUTS, inviteMs: 40_000 };
  const flow = new Flow({ vendors: [{ timeouts }, {}] });
  const usual = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
  assert.deepEqual(resends(flow, 31_700), usual);
  flow.vendors[1]!.expectNo('INVITE');
  flow.run(600);
  flow.vendors[1]!.take('INVITE');
  flow.mount({
    vendors: [{ timeouts }, {}],
    parameters: { SS_SIP_RESEND_INTERVAL: [0.25, 0.25, 1] },
  });
  assert.deepEqual(resends(flow, 1650), [0, 250, 500, 1500]);
  flow.vendors[1]!.inbox = [];
  flow.run(250);
  flow.vendors[1]!.take('INVITE');
});

test('a vendor that repeats its 180 gains no time', () => {
  const flow = new Flow({ vendors: [{ timeouts: TIMEOUTS }] });
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  for (let i = 0; i < 3; i++) {
    flow.vendor.answer(offered, 180);
    flow.run(1950);
  }
  flow.run(150);
  flow.caller.take('480 INVITE');
  assert.equal(flow.cdr.endReason, 'No answer');
});

test('a silent vendor is left after SS_SIP_TIMEOUT_INVITE; its late answer is hung up', () => {
  const flow = new Flow({ vendors: [{ timeouts: TIMEOUTS }, {}] });
  flow.caller.invite();
  const offered = flow.vendor.take('INVITE');
  flow.run(2100);
  flow.vendors[1]!.answer(flow.vendors[1]!.take('INVITE'), 180);
  flow.vendor.answer(offered, 200, { body: sdpText(2) });
  flow.vendor.take('ACK');
  flow.vendor.answer(flow.vendor.take('BYE'), 200);
  flow.caller.expectNo('200 INVITE');
  assert.deepEqual(
    flow.rows.map(({ code }) => code),
    [408],
  );
});

test('a closed port leads on at once', () => {
  const flow = new Flow(TWO);
  flow.network.detach(flow.vendor.endpoint);
  flow.caller.invite();
  flow.vendors[1]!.take('INVITE');
  assert.equal(flow.rows[0]?.code, 503);
  assert.equal(flow.edge.counter('attemptsUnreachable'), 1);
});

test('a full vendor is passed over without an attempt', () => {
  const flow = new Flow({ vendors: [{ capacity: 0 }, { cps: 0 }, {}] });
  flow.caller.invite();
  flow.vendors[2]!.answer(flow.vendors[2]!.take('INVITE'), 486);
  assert.equal(flow.cdr.attempts, 1);
  assert.equal(flow.edge.counter('attemptsSkippedCapacity'), 2);
  flow.expectNothingLeft();
});

test('all vendors full: 503 with Retry-After; no vendor at all: 404', () => {
  const flow = new Flow({ vendors: [{ capacity: 0 }] });
  flow.caller.invite();
  assert.equal(flow.caller.take('503 INVITE').header('retry-after'), '5');
  assert.equal(flow.cdr.attempts, 0);

  const nowhere = new Flow();
  nowhere.caller.invite({ number: '331234567' });
  nowhere.caller.take('404 INVITE');
  assert.equal(nowhere.edge.counter('callsRefusedNoRoute'), 1);
});

test('a vendor of a family without a listen address: the one before is what counts', () => {
  const v6 = { peer: { family: 6, ip: '2001:db8::1', port: 5060 } } as const;
  const flow = afterFirst({ vendors: [{}, v6] }, 404);
  flow.caller.take('404 INVITE');
  assert.equal(flow.cdr.attempts, 2);
  assert.equal(flow.rows.length, 2);

  const only = new Flow({ vendors: [v6], customer: { capacity: NO_LIMIT } });
  only.caller.invite();
  only.caller.take('503 INVITE');
  assert.equal(only.cdr.callIdOut, '');
  only.expectNothingLeft();
});
