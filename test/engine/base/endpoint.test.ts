// Endpoints: their text in Via and URIs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostPort, type Endpoint } from '../../../engine/base/endpoint.ts';

const four: Endpoint = { family: 4, ip: '192.0.2.1', port: 5060 };
const six: Endpoint = { family: 6, ip: '2001:db8::1', port: 5061 };

test('an IPv6 address stands in brackets', () => {
  assert.equal(hostPort(four), '192.0.2.1:5060');
  assert.equal(hostPort(six), '[2001:db8::1]:5061');
});
