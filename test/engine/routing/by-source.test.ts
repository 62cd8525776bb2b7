// Settings of routing gateways by the source of a message: gateways that share an IP are told apart
// by their port, and what is ambiguous is not guessed.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ReplyAddress } from '../../../engine/base/gateway-words.ts';
import { PLAIN_ROUTING_GATEWAY } from '../../../engine/routing/plain-gateways.ts';
import { SettingsBySource } from '../../../engine/routing/by-source.ts';
import type { RoutingGateway } from '../../../engine/routing/snapshot.ts';

const IP = '203.0.113.1';

function at(port: number, replyAddress: ReplyAddress, ip = IP): RoutingGateway {
  return { ...PLAIN_ROUTING_GATEWAY, peer: { family: 4, ip, port }, replyAddress };
}

function found(gateways: readonly RoutingGateway[], port: number, ip = IP): string | undefined {
  const settings = new SettingsBySource(gateways, ({ replyAddress }) => replyAddress);
  return settings.find({ family: 4, ip, port });
}

test('one gateway: from any port of its address', () => {
  const gateways = [at(5060, 'via')];
  assert.deepEqual([found(gateways, 5060), found(gateways, 40_000)], ['via', 'via']);
  assert.equal(found(gateways, 5060, '203.0.113.2'), undefined);
});

test('two on one address: by port, in either order', () => {
  for (const gateways of [
    [at(5060, 'via'), at(5070, 'socket')],
    [at(5070, 'socket'), at(5060, 'via')],
  ]) {
    assert.deepEqual([found(gateways, 5060), found(gateways, 5070)], ['via', 'socket']);
    assert.equal(found(gateways, 40_000), undefined, 'whose it is cannot be known');
  }
});

test('two on one address that agree: from any port', () => {
  assert.equal(found([at(5060, 'via'), at(5070, 'via')], 40_000), 'via');
});

test('two on one address and port that do not agree: neither', () => {
  const gateways = [at(5060, 'via'), at(5060, 'via-port'), at(5060, 'via')];
  assert.equal(found(gateways, 5060), undefined);
});

test('every address of a name counts; one without an address is nowhere', () => {
  const peer = { family: 4, ip: '203.0.113.9', port: 5060 } as const;
  const named = { ...at(5060, 'via'), addresses: [{ peer, priority: 1, weight: 1 }] };
  assert.equal(found([named], 5060, peer.ip), 'via');
  assert.equal(found([at(5060, 'via', '')], 5060, ''), undefined);
});
