// ADR-17 to ADR-21: the sets of settings that the README recommends, taken from its table into a
// provisioning, and what each does to the messages of a call.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { buildSnapshot } from '../../../engine/config/build-snapshot.ts';
import { loadProvision } from '../../../engine/config/provision.ts';
import { SlotAllocator } from '../../../engine/routing/slot-allocator.ts';
import type { Snapshot } from '../../../engine/routing/snapshot.ts';
import { sdpText } from '../../sim/text-message.ts';
import { yamlFile } from '../config/files.ts';
import { Flow, Leg, Peer } from './flow.ts';

const KEYS = ['inviteUseContact', 'calleeField', 'replyAddress', 'requestAddress'] as const;
type GatewaySet = Readonly<Record<(typeof KEYS)[number], string>>;

const CALLER_CONTACT = { family: 4, ip: '198.51.100.1', port: 5099 } as const;
const VENDOR_CONTACT = { family: 4, ip: '203.0.113.1', port: 5099 } as const;

/** First cell of each row → its settings. */
function setsOfReadme(): Map<string, GatewaySet> {
  const lines = readFileSync(repositoryPath('README.md'), 'utf8').split('\n');
  const cells = (line: string): string[] =>
    line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
  const head = lines.findIndex((line) => KEYS.every((key, i) => cells(line)[i + 2] === key));
  const sets = new Map<string, GatewaySet>();
  for (const line of lines.slice(head + 2)) {
    const [, name, inviteUseContact, calleeField, replyAddress, requestAddress] = cells(line);
    if (name === undefined) break;
    sets.set(name, {
      inviteUseContact: inviteUseContact!,
      calleeField: calleeField!,
      replyAddress: replyAddress!,
      requestAddress: requestAddress!,
    });
  }
  return sets;
}

function provisioned(t: TestContext, set: GatewaySet): Snapshot {
  const { inviteUseContact, calleeField, ...addresses } = set;
  const customer = { name: 'c', account: 'a', remoteIps: ['198.51.100.1'], calleeField };
  const vendor = { name: 'v', clearingAccount: 'a', remoteIp: '203.0.113.1', prefixes: [''] };
  const text = JSON.stringify({
    accounts: [{ account: 'a' }],
    mappingGateways: [{ ...customer, ...addresses }],
    routingGateways: [
      { ...vendor, ...addresses, inviteUseContact, rewriteRulesInCallee: { '*': '00*' } },
    ],
  });
  const slots = new SlotAllocator({ occupied: () => 0 }, { clear: () => undefined });
  return buildSnapshot(loadProvision(yamlFile(t, text)), slots, 1, 0);
}

const [CALLEE, OTHER] = ['8801234567', '442079460000'];

/** A call by a set: what its messages held, and where those within the call went. */
function call(t: TestContext, set: GatewaySet): Record<string, string> {
  const flow = new Flow({ snapshot: provisioned(t, set) });
  flow.caller.contactAt = '198.51.100.1:5099';
  flow.vendor.contactAt = '203.0.113.1:5099';
  const callerThere = new Peer(flow, CALLER_CONTACT);
  const vendorThere = new Peer(flow, VENDOR_CONTACT);
  const invite = flow.caller.invite({ number: OTHER, to: `<sip:${CALLEE}@192.0.2.1>` });
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { tag: 'v', body: sdpText(2) });
  const caller = Leg.ofCaller(flow.caller, invite, flow.caller.take('200 INVITE'));
  caller.ack();
  const callee = Leg.ofCallee(flow.vendor, offered, 'v');
  callee.request('INFO');
  const toCaller = callerThere.has('INFO') ? 'contact' : 'socket';
  const toVendor = vendorThere.has('ACK') ? 'contact' : 'socket';
  assert.ok(toCaller === 'contact' || flow.caller.has('INFO'));
  assert.ok(toVendor === 'contact' || flow.vendor.has('ACK'));
  const line = offered.number;
  const to = /<sip:([^@]*)@/.exec(offered.header('to'))![1]!;
  return { line, to, toCaller, toVendor };
}

const EXPECTED: readonly [id: string, name: string, Record<string, string>][] = [
  ['ADR-17', 'standard SIP carrier', by(CALLEE, false, 'socket')],
  ['ADR-18', 'legacy, routes on the request line', by(OTHER, true, 'socket')],
  ['ADR-19', 'PSTN gateway with prefix conversion', by(OTHER, true, 'contact')],
  ['ADR-20', 'behind NAT', by(CALLEE, false, 'socket')],
  ['ADR-21', 'wholesale carrier with several prefixes', by(OTHER, true, 'contact')],
];

/** The callee that is read, whether To keeps it, and where requests go. */
function by(callee: string, keeps: boolean, requests: string): Record<string, string> {
  const line = `00${callee}`;
  return { line, to: keeps ? callee : line, toCaller: requests, toVendor: requests };
}

for (const [id, name, expected] of EXPECTED) {
  test(`${id}: ${name}`, (t) => {
    const set = setsOfReadme().get(name);
    assert.ok(set !== undefined, `the README has no set "${name}"`);
    assert.equal(set.replyAddress, 'socket');
    assert.deepEqual(call(t, set), expected);
  });
}

test('the README has no set besides', () => {
  assert.deepEqual(
    [...setsOfReadme().keys()],
    EXPECTED.map(([, name]) => name),
  );
});
