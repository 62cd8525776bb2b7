// Listen entries: what they may say, what is advertised, what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseListenAddress } from '../../../engine/net/listen-address.ts';
import type { ListenEntry } from '../../../engine/net/listen-address.ts';

type Interfaces = Parameters<typeof parseListenAddress>[1];

const common = { netmask: '', mac: '', cidr: null };
const interfaces: Interfaces = {
  lo: [{ ...common, family: 'IPv4', address: '127.0.0.1', internal: true }],
  eth0: [
    { ...common, family: 'IPv6', address: 'fe80::5', internal: false, scopeid: 2 },
    { ...common, family: 'IPv6', address: '2001:db8::5', internal: false, scopeid: 0 },
    { ...common, family: 'IPv4', address: '192.0.2.5', internal: false },
  ],
};

/** `family ip port > advertised host port` */
function read(entry: ListenEntry): string {
  const a = parseListenAddress(entry, interfaces);
  return `${a.family} ${a.ip} ${a.port} > ${a.advertisedHost} ${a.advertisedPort}`;
}

test('addresses, ports and what is advertised', () => {
  const cases: [ListenEntry, string][] = [
    ['udp://127.0.0.1:5060', '4 127.0.0.1 5060 > 127.0.0.1 5060'],
    ['udp://127.0.0.1', '4 127.0.0.1 5060 > 127.0.0.1 5060'],
    ['udp://[::1]:5070', '6 ::1 5070 > ::1 5070'],
    ['udp://0.0.0.0:5060', '4 0.0.0.0 5060 > 192.0.2.5 5060'],
    ['udp://[::]:5060', '6 :: 5060 > 2001:db8::5 5060'],
    [
      { url: 'udp://10.0.0.1:5060', advertise: '203.0.113.7' },
      '4 10.0.0.1 5060 > 203.0.113.7 5060',
    ],
    [
      { url: 'udp://10.0.0.1:5060', advertise: 'sip.example.com:5080' },
      '4 10.0.0.1 5060 > sip.example.com 5080',
    ],
    [{ url: 'udp://[::]:5060', advertise: '2001:db8::9' }, '6 :: 5060 > 2001:db8::9 5060'],
    [{ url: 'udp://[::]:5060', advertise: '[2001:db8::9]:99' }, '6 :: 5060 > 2001:db8::9 99'],
  ];
  for (const [entry, expected] of cases) assert.equal(read(entry), expected);
});

test('errors name the entry and what is wrong', () => {
  const cases: [ListenEntry, RegExp][] = [
    ['127.0.0.1:5060', /TDM_CONFIG_INVALID: listen: 127\.0\.0\.1:5060: expected udp:/],
    ['tcp://127.0.0.1:5060', /expected udp:/],
    ['udp://localhost:5060', /localhost is not an IPv4 address/],
    ['udp://[127.0.0.1]:5060', /127\.0\.0\.1 is not an IPv6 address/],
    ['udp://[fe80::1%eth0]:5060', /is not an IPv6 address/],
    ['udp://127.0.0.1:65536', /port 65536 is above 65535/],
    [{ url: 'udp://127.0.0.1', advertise: 'a b' }, /advertise: a b is not HOST/],
  ];
  for (const [entry, message] of cases) assert.throws(() => read(entry), message);
  assert.throws(() => parseListenAddress('udp://0.0.0.0:5060', {}), /give `advertise`/);
});
