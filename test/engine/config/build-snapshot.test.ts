// Provision → Snapshot: limits resolved, timeouts in milliseconds, slots kept, and a clone that
// reaches a shard whole.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { buildSnapshot } from '../../../engine/config/build-snapshot.ts';
import { loadProvision } from '../../../engine/config/provision.ts';
import { failsOver } from '../../../engine/routing/failover-codes.ts';
import { RouteTable } from '../../../engine/routing/route-table.ts';
import type { RouteCandidate } from '../../../engine/routing/route-table.ts';
import { SlotAllocator } from '../../../engine/routing/slot-allocator.ts';
import { NO_LIMIT } from '../../../engine/routing/snapshot.ts';
import type { Snapshot } from '../../../engine/routing/snapshot.ts';
import { freshStates } from '../routing/fixtures.ts';
import { yamlFile } from './files.ts';

const states = freshStates();
const gates = {
  tryEnter: () => true,
  leave: () => undefined,
  occupied: () => 0,
  tryRate: () => true,
};

const GATEWAYS = `parameters: { SS_SIP_TIMEOUT_RINGING: 60 }
accounts: [{ account: a }]
mappingGateways:
  - { name: x, account: a, remoteIps: [192.0.2.1], cps: 5, releaseCodes: { 503: 480, 0: 500 } }
routingGateways:
  - { name: x, clearingAccount: a, remoteIp: 192.0.2.9, prefixes: ["44"], timeoutInvite: 4,
      username: u, password: p, capacity: 7, lock: true }
  - { name: y, clearingAccount: a, remoteIp: 192.0.2.9, prefixes: ["44", ""], failoverCodes: [503] }
`;

function build(
  t: TestContext,
  text: string,
  slots = new SlotAllocator(gates, states),
  version = 1,
): Snapshot {
  return buildSnapshot(loadProvision(yamlFile(t, text)), slots, version, version - 1);
}

test('limits, timeouts, credentials and codes are resolved', (t) => {
  const { mappingGateways, routingGateways, parameters } = build(t, GATEWAYS);
  const customer = mappingGateways[0]!;
  assert.deepEqual([customer.capacity, customer.cps, customer.locked], [NO_LIMIT, 5, false]);
  assert.deepEqual(
    [...customer.releaseCodes],
    [
      [0, 500],
      [503, 480],
    ],
  );
  const [x, y] = routingGateways;
  assert.deepEqual([x!.capacity, x!.cps, x!.locked], [7, NO_LIMIT, true]);
  assert.deepEqual(x!.credentials, { username: 'u', password: 'p' });
  assert.equal(y!.credentials, null);
  assert.deepEqual(x!.timeouts, {
    inviteMs: 4000,
    tryingMs: 20_000,
    sessionProgressMs: 20_000,
    sessionProgressSdpMs: 120_000,
    ringingMs: 60_000,
  });
  assert.equal(y!.timeouts.inviteMs, parameters.SS_SIP_TIMEOUT_INVITE * 1000);
  assert.deepEqual(
    [500, 503].map((code) => failsOver(x!.failoverCodes, code)),
    [true, true],
  );
  assert.deepEqual(
    [500, 503].map((code) => failsOver(y!.failoverCodes, code)),
    [false, true],
  );
});

test('a customer and a vendor of one name have slots of their own, kept over changes', (t) => {
  const slots = new SlotAllocator(gates, states);
  const before = build(t, GATEWAYS, slots, 1);
  const all = [...before.mappingGateways, ...before.routingGateways].map((g) => g.slot);
  assert.equal(new Set(all).size, 3);
  const reordered = `accounts: [{ account: a }]
routingGateways:
  - { name: z, clearingAccount: a, remoteIp: 192.0.2.9, prefixes: ["1"] }
  - { name: y, clearingAccount: a, remoteIp: 192.0.2.9, prefixes: ["1"] }
`;
  const after = build(t, reordered, slots, 2);
  assert.equal(after.routingGateways[1]!.slot, before.routingGateways[1]!.slot);
  assert.ok(!all.includes(after.routingGateways[0]!.slot));
});

test('a structured clone routes like the original', (t) => {
  const clone = structuredClone(build(t, GATEWAYS));
  const out: RouteCandidate[] = [];
  const table = new RouteTable(clone, gates, states);
  const names = (callee: string): string[] =>
    out.slice(0, table.candidates(callee, 0, out)).map((c) => `${c.gateway.name}/${c.prefix}`);
  assert.deepEqual(names('4412'), ['y/44']); // x is locked
  assert.deepEqual(names('99'), ['y/']);
  assert.equal(clone.mappingGateways[0]!.releaseCodes.get(503), 480);
});

test('gateways with the same failover codes share the cells', (t) => {
  const text = GATEWAYS.replace(', failoverCodes: [503]', '');
  const [x, y] = build(t, text).routingGateways;
  assert.equal(x!.failoverCodes, y!.failoverCodes);
});

test('the phones are compiled again only when they have changed', (t) => {
  const provision = loadProvision(
    yamlFile(t, `${GATEWAYS}phones: [{ e164: "100", account: a, password: p, capacity: 3 }]`),
  );
  const slots = new SlotAllocator(gates, states);
  const first = buildSnapshot(provision, slots, 1, 0);
  const same = buildSnapshot({ ...provision }, slots, 2, 1);
  assert.equal(same.phones, first.phones);
  const changed = buildSnapshot({ ...provision, phones: [...provision.phones] }, slots, 3, 2);
  assert.notEqual(changed.phones, first.phones);
});
