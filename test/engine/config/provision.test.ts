// provision.yaml: what comes out of a good file, and every kind of error with its line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { loadConfig } from '../../../engine/config/load.ts';
import { loadProvision } from '../../../engine/config/provision.ts';
import { assertProblems, problemsOf, yamlFile } from './files.ts';

function problems(t: TestContext, text: string): string[] {
  return problemsOf(t, 'TDM_PROVISION_INVALID', loadProvision, text);
}

test('the sample file is valid, without a warning', () => {
  const provision = loadProvision(loadConfig().provision);
  assert.deepEqual(provision.warnings, []);
  assert.deepEqual(
    provision.mappingGateways.map((g) => g.remoteIps),
    [['127.0.0.1']],
  );
  assert.deepEqual(
    provision.routingGateways.map((g) => g.signalPort),
    [5090, 5092],
  );
  assert.ok(provision.parameters.SS_MAX_CALL_PER_SECOND > 100);
});

test('an empty file: nobody may call, every parameter has its default', (t) => {
  const provision = loadProvision(yamlFile(t, ''));
  assert.deepEqual([provision.mappingGateways, provision.accounts], [[], []]);
  assert.equal(provision.parameters.SS_MAX_CALL_PER_SECOND, 100);
});

test('values come out typed and canonical', (t) => {
  const provision = loadProvision(
    yamlFile(
      t,
      `parameters:
  { SS_GATEWAY_SWITCH_LIMIT: None, SS_MAX_CALL_PER_SECOND: 0xb8, SS_REPLY_UNAUTHORIZED: No }
accounts:
  - { account: acme, money: "-0.000000001", rateGroup: retail }
rateGroups:
  - { name: retail, rates: [{ prefix: "0044", fee: "0.012", period: 60 }] }
mappingGateways:
  - { name: m, account: acme, remoteIps: ["2001:DB8::/32", 192.0.2.7/32], passHeaders: [X-Trunk] }
routingGateways:
  - { name: r, clearingAccount: acme, remoteIp: "2001:DB8:0::1", prefixes: [""] }
`,
    ),
  );
  assert.equal(provision.parameters.SS_GATEWAY_SWITCH_LIMIT, null);
  assert.equal(provision.parameters.SS_MAX_CALL_PER_SECOND, 0xb8);
  assert.equal(provision.parameters.SS_REPLY_UNAUTHORIZED, false);
  assert.equal(provision.accounts[0]?.money, -1n);
  assert.deepEqual(provision.rateGroups[0]?.rates, [
    { prefix: '0044', fee: 12_000_000n, period: 60, firstPeriod: 60, area: '' },
  ]);
  assert.deepEqual(provision.mappingGateways[0]?.remoteIps, ['2001:db8::/32', '192.0.2.7']);
  assert.deepEqual(provision.mappingGateways[0].passHeaders, ['x-trunk']);
  assert.equal(provision.routingGateways[0]?.remoteIp, '2001:db8::1');
});

test('parameters: out of range, unknown, known but without effect', (t) => {
  const text = `parameters:
  SS_SIP_TIMEOUT_INVITE: 33
  SS_SIP_TIMEOUT_INVIT: 9
  SS_QOS_RTP: 1
`;
  assertProblems(problems(t, text), [
    ['2: parameters.SS_SIP_TIMEOUT_INVITE', 'is 33', 'from 1 to 32 (s)'],
    ['3: parameters.SS_SIP_TIMEOUT_INVIT', 'unknown parameter', '"SS_SIP_TIMEOUT_INVITE"'],
  ]);
  const path = yamlFile(t, 'parameters:\n  SS_QOS_RTP: 1\n');
  assert.deepEqual(loadProvision(path).warnings, [
    `${path}:2: parameters.SS_QOS_RTP: has no effect: media does not pass through the switch yet`,
  ]);
});

test('names used twice and names that nobody has', (t) => {
  const text = `accounts:
  - { account: acme, rateGroup: retial }
  - account: acme
rateGroups:
  - { name: retail, rates: [{ prefix: "4", fee: "1", period: 1 },
      { prefix: "4", fee: "2", period: 1 }] }
mappingGateways:
  - { name: m, account: acne, remoteIps: [192.0.2.1] }
  - { name: m, account: acme, remoteIps: [192.0.2.2] }
routingGateways:
  - { name: r, clearingAccount: zulu, remoteIp: 192.0.2.9, prefixes: ["4"] }
phones:
  - { e164: "1", account: nobody, password: p }
`;
  assertProblems(problems(t, text), [
    ['2: accounts[0].rateGroup', 'unknown rate group "retial"', '"retail"'],
    ['3: accounts[1].account', '"acme" is used already, in line 2'],
    ['6: rateGroups[0].rates[1].prefix', '"4" has a rate'],
    ['8: mappingGateways[0].account', 'unknown account "acne"', '"acme"'],
    ['9: mappingGateways[1].name', '"m" is used already, in line 8'],
    ['11: routingGateways[0].clearingAccount', 'unknown account "zulu"'],
    ['13: phones[0].account', 'unknown account "nobody"'],
  ]);
});

test('source addresses: not one, bits beyond the length, claimed by two', (t) => {
  const text = `accounts: [{ account: a }]
mappingGateways:
  - name: m1
    account: a
    remoteIps:
      - 10.0.0.1/8
      - 1.2.3
      - 192.0.2.1
      - 192.0.2.1
  - name: m2
    account: a
    remoteIps: [192.0.2.0/24]
  - { name: m3, account: a, remoteIps: [] }
`;
  assertProblems(problems(t, text), [
    ['6: mappingGateways[0].remoteIps[0]', 'write "10.0.0.0/8"'],
    ['7: mappingGateways[0].remoteIps[1]', '"1.2.3"', '192.0.2.0/24'],
    ['8: mappingGateways[0].remoteIps[2]', '"m1"', '"m2" (line 12)'],
    ['9: mappingGateways[0].remoteIps[3]', '"m1"', '"m2" (line 12)'],
    ['13: mappingGateways[2].remoteIps', 'an empty list', 'a list of IP addresses'],
  ]);
});

test('values of the wrong form', (t) => {
  const text = `accounts:
  - { account: a, money: 1000 }
  - { account: b, money: "1.0000000001" }
  - { name: nameless }
mappingGateways:
  - { name: m, account: a, remoteIps: [192.0.2.1], capacity: -1,
      releaseCodes: { 404: 200, 777: 503 },
      passHeaders: [X-Ok, Via, "a b"], locked: true }
routingGateways:
  - name: r
    clearingAccount: a
    remoteIp: host_example
    prefixes: [44, "4x"]
    failoverCodes: [5xx, 200, 9xx]
    username: u
    timeoutInvite: 33
    signalPort: 0
  - { name: s, clearingAccount: a, remoteIp: 192.0.2.2, prefix: "44" }
phones: 3
`;
  assertProblems(problems(t, text), [
    ['2: accounts[0].money', 'is 1000', 'in quotes'],
    ['3: accounts[1].money', 'at most 9 places'],
    ['4: accounts[2].account', 'missing'],
    ['6: mappingGateways[0].capacity', 'is -1'],
    ['7: mappingGateways[0].releaseCodes.404', 'is 200', '400 to 699'],
    ['7: mappingGateways[0].releaseCodes.777', '300 to 699'],
    ['8: mappingGateways[0].locked', 'did you mean "lock"?'],
    ['8: mappingGateways[0].passHeaders[2]', '"a b"'],
    ['8: mappingGateways[0].passHeaders[1]', '"Via"', 'cannot be passed'],
    ['10: routingGateways[0]', 'password is missing'],
    ['12: routingGateways[0].remoteIp', '"host_example"'],
    ['13: routingGateways[0].prefixes[0]', 'is 44', 'write it in quotes'],
    ['13: routingGateways[0].prefixes[1]', '"4x"'],
    ['14: routingGateways[0].failoverCodes[1]', 'is 200'],
    ['14: routingGateways[0].failoverCodes[2]', '"9xx"'],
    ['16: routingGateways[0].timeoutInvite', 'is 33', '0 to 32'],
    ['17: routingGateways[0].signalPort', 'is 0', '1 to 65535'],
    ['18: routingGateways[1].prefixes', 'missing', '[""] takes every number'],
    ['18: routingGateways[1].prefix', 'did you mean "prefixes"?'],
    ['19: phones', 'is 3', 'a list of phones'],
  ]);
});

test('dial rules: sources as they are written, and what is no rule is refused', (t) => {
  const gateway = (name: string, rules: string): string =>
    `  - { name: ${name}, account: a, remoteIps: [192.0.2.1],\n` +
    `      rewriteRulesOutCallee: ${rules} }\n`;
  const head = 'accounts: [{ account: a }]\nmappingGateways:\n';
  const loaded = loadProvision(yamlFile(t, head + gateway('m', '{ 010: "025", "*": "0*" }')));
  assert.deepEqual(loaded.mappingGateways[0]!.rewriteRulesOutCallee, { '010': '025', '*': '0*' });
  assertProblems(problems(t, head + gateway('m', '{ "12*": "0", "13": "0*", "x": "" }')), [
    ['4: mappingGateways[0].rewriteRulesOutCallee.13', 'only where the source is "*"'],
    ['4: mappingGateways[0].rewriteRulesOutCallee.12*', 'stands alone'],
    ['4: mappingGateways[0].rewriteRulesOutCallee.x', 'source must be digits'],
  ]);
  const vendor = `routingGateways:
  - { name: r, clearingAccount: a, remoteIp: 192.0.2.2, prefixes: [""],
      rewriteRulesInCaller: { "": "0" } }
`;
  assertProblems(problems(t, `accounts: [{ account: a }]\n${vendor}`), [
    ['4: routingGateways[0].rewriteRulesInCaller.', 'source is empty'],
  ]);
});

test('of very many problems the first fifty are printed, the others counted', (t) => {
  const text = `phones:\n${'  - {}\n'.repeat(40)}`;
  const found = problems(t, `${text}x: 1\n`.replaceAll('{}', '{ e164: "x" }')).length;
  assert.equal(found, 51);
});

test('one address serves gateways of several ports; a user is one phone or gateway', (t) => {
  const gateways = (port: string, third: string): string =>
    `accounts: [{ account: acme }]
phones: [{ e164: "880", account: acme, password: x }]
mappingGateways:
  - { name: a, account: acme, remoteIps: [192.0.2.1], authentication: ip-port, signalPort: 5070 }
  - { name: b, account: acme, remoteIps: [192.0.2.1], authentication: ip-port, signalPort: ${port} }
  - { name: c, account: acme, authentication: digest, username: "${third}", password: x }
`;
  assert.deepEqual(problems(t, gateways('5070', '880')), [
    '5: mappingGateways[1].remoteIps[0]: 192.0.2.1 of mapping gateway "b" overlaps 192.0.2.1 of ' +
      'mapping gateway "a" (line 4); a source must belong to one',
    '6: mappingGateways[2].username: "880" is the user of another gateway or a phone',
  ]);
  assert.equal(loadProvision(yamlFile(t, gateways('5080', 'gw'))).mappingGateways.length, 3);
});

test('SEC-11: a password that is refused is not repeated', (t) => {
  const text = 'accounts: [{ account: a }]\nphones: [{ e164: "1", account: a, password: 4711 }]';
  const [problem] = problems(t, text);
  assert.match(problem!, /phones\[0\]\.password: is \*\*\*; must be a text in quotes/);
});
