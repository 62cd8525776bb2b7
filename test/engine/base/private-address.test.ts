// Which addresses have a meaning only in their own network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPrivateAddress } from '../../../engine/base/private-address.ts';

test('the edges of the private networks', () => {
  const inside = [
    ...['10.0.0.0', '10.255.255.255', '100.64.0.1', '100.127.255.255', '127.0.0.1'],
    ...['169.254.1.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
    ...['::1', 'fc00::1', 'fdff::1', 'fe80::1', 'febf::1', '::ffff:10.1.2.3'],
  ];
  const outside = [
    ...['9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
    ...['128.0.0.1', '169.253.255.255', '172.15.255.255', '172.32.0.0', '192.167.255.255'],
    ...['192.169.0.0', '203.0.113.1', '::2', '2001:db8::1', 'fe00::1', 'fec0::1', '::ffff:8.8.8.8'],
  ];
  for (const ip of inside) assert.equal(isPrivateAddress(ip), true, ip);
  for (const ip of outside) assert.equal(isPrivateAddress(ip), false, ip);
  assert.equal(isPrivateAddress('phone.example.net'), false);
});
