// Routing gateways that share an address but not their settings: what the operator is told.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { loadProvision } from '../../../engine/config/provision.ts';
import { yamlFile } from './files.ts';

function warnings(t: TestContext, ...gateways: readonly Record<string, unknown>[]): string[] {
  const path = yamlFile(
    t,
    JSON.stringify({
      accounts: [{ account: 'alpha', name: 'Alpha', money: '0', limitMoney: '0' }],
      routingGateways: gateways.map((given, i) => ({
        name: `alpha-${i + 1}`,
        clearingAccount: 'alpha',
        remoteIp: '192.0.2.1',
        prefixes: ['44'],
        ...given,
      })),
    }),
  );
  return loadProvision(path).warnings.map((text) => text.replace(`${path}:1: `, ''));
}

test('the same port: neither setting can count', (t) => {
  assert.deepEqual(warnings(t, {}, { replyAddress: 'via', signalPort: 5060 }), [
    'routingGateways[1].replyAddress: is via, but "alpha-1" at the same address 192.0.2.1 has ' +
      'replyAddress: socket; messages from there, as both have port 5060, are answered to their ' +
      'socket',
  ]);
});

test('other ports: each counts for its own', (t) => {
  const [warning, ...more] = warnings(
    t,
    { peerNumberInformation: 'display' },
    { signalPort: 5070 },
  );
  assert.match(warning!, /\.peerNumberInformation: is from, but "alpha-1" .* display; messages /);
  assert.match(warning!, /come from neither 5060 nor 5070 have their caller read from From$/);
  assert.deepEqual(more, []);
});

test('an address written otherwise is the same one; each is compared with its like', (t) => {
  const three = warnings(
    t,
    { remoteIp: '2001:db8::1' },
    { remoteIp: '2001:db8:0::1', signalPort: 5070, replyAddress: 'via' },
    { remoteIp: '2001:db8::1', signalPort: 5070 },
  );
  assert.deepEqual(
    three.map((text) => /^routingGateways\[(\d)\].* but "([^"]+)"/.exec(text)!.slice(1)),
    [
      ['1', 'alpha-1'],
      ['2', 'alpha-2'],
    ],
  );
});

test('gateways that agree, and names, are no reason for a word', (t) => {
  const via = { replyAddress: 'via' };
  assert.deepEqual(warnings(t, via, { ...via, signalPort: 5070 }), []);
  assert.deepEqual(
    warnings(t, { remoteIp: 'a.example.net' }, { ...via, remoteIp: 'a.example.net' }),
    [],
  );
});
