// RFC 3263 against a real name server: NAPTR, SRV, addresses, and what stands in for a missing one.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { TransportName } from '../../../../engine/base/gateway-words.ts';
import { locateGateway } from '../../../../engine/edge/names/locate-gateway.ts';
import { systemNameServer } from '../../../../engine/edge/names/system-name-server.ts';
import { DnsServer, type Zone } from './dns-server.ts';

const server = await DnsServer.open({});
const dns = systemNameServer([server.address]);
after(() => {
  server.close();
});

/** Addresses as `priority weight ip port`. */
async function located(zone: Zone, port = 0, transport: TransportName = 'udp'): Promise<string[]> {
  server.zone = zone;
  server.asked.length = 0;
  const found = await locateGateway('example.net', port, transport, dns);
  return found.map(({ priority, weight, peer }) => `${priority} ${weight} ${peer.ip} ${peer.port}`);
}

const HOSTS: Zone = {
  'A one.example.net': ['192.0.2.1'],
  'AAAA one.example.net': ['2001:db8::1'],
  'A two.example.net': ['192.0.2.2', '192.0.2.22'],
};

test('NAPTR leads to the SRV of the transport, SRV to hosts by priority', async () => {
  const zone: Zone = {
    ...HOSTS,
    'NAPTR example.net': [
      '20 10 s SIP+D2U _sip._udp.other.net',
      '10 50 s SIP+D2T _sip._tcp.tcp.net',
      '10 20 S sip+d2u _sip._udp.special.net',
    ],
    'SRV _sip._udp.special.net': ['20 5 5070 two.example.net', '10 1 5080 one.example.net'],
  };
  assert.deepEqual(await located(zone), [
    '10 1 192.0.2.1 5080',
    '10 1 2001:db8::1 5080',
    '20 5 192.0.2.2 5070',
    '20 5 192.0.2.22 5070',
  ]);
});

for (const [transport, prefix] of [
  ['udp', '_sip._udp'],
  ['tcp', '_sip._tcp'],
  ['tls', '_sips._tcp'],
] as const) {
  test(`without NAPTR the SRV records of ${prefix} count for ${transport}`, async () => {
    const zone = { ...HOSTS, [`SRV ${prefix}.example.net`]: ['1 2 5090 two.example.net'] };
    assert.deepEqual(await located(zone, 0, transport), [
      '1 2 192.0.2.2 5090',
      '1 2 192.0.2.22 5090',
    ]);
  });
}

test('without SRV the name itself counts, at the default port of the transport', async () => {
  const zone = { 'A example.net': ['192.0.2.9'], 'AAAA example.net': ['2001:db8::9'] };
  assert.deepEqual(await located(zone), ['0 0 192.0.2.9 5060', '0 0 2001:db8::9 5060']);
  assert.equal((await located(zone, 0, 'tls'))[0], '0 0 192.0.2.9 5061');
});

test('with a port only addresses are asked for (RFC 3263 4.2)', async () => {
  const zone = { 'A example.net': ['192.0.2.9'], 'SRV _sip._udp.example.net': ['1 1 1 x.net'] };
  assert.deepEqual(await located(zone, 5066), ['0 0 192.0.2.9 5066']);
  assert.deepEqual(server.asked.sort(), ['A example.net', 'AAAA example.net']);
});

test('a service that is not offered (target ".") and an empty name are nothing', async () => {
  const zone = { 'A example.net': ['192.0.2.9'], 'SRV _sip._udp.example.net': ['0 0 0 .'] };
  assert.deepEqual(await located(zone), ['0 0 192.0.2.9 5060']);
  assert.deepEqual(await located({}), []);
});

test('a server that fails is an error, not an answer', async () => {
  server.failing = true;
  await assert.rejects(located({ 'A example.net': ['192.0.2.9'] }), /ESERVFAIL/);
  server.failing = false;
});
