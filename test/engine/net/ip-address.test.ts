// Addresses between text and sockaddr words: round trips, and the forms inet_ntop prints.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../../engine/net/ip-address.ts';

/** The bytes of the words, as they stand in memory. */
function bytesOf(words: readonly number[]): number[] {
  return words.flatMap((w) => [w & 255, (w >>> 8) & 255, (w >>> 16) & 255, w >>> 24]);
}

test('IPv4 words hold the address in network order', () => {
  assert.deepEqual(bytesOf([parseIpv4('192.0.2.254')!]), [192, 0, 2, 254]);
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      assert.equal(formatIpv4(parseIpv4(text)!), text);
    }),
  );
});

test('IPv6 words hold the address in network order, dotted tails included', () => {
  const bytes = bytesOf(parseIpv6('2001:db8::1:0:192.0.2.33')!);
  assert.deepEqual(bytes, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 192, 0, 2, 33]);
});

test('IPv6 is printed as RFC 5952 says', () => {
  const cases: [string, string][] = [
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:0:0', '1:2:3:4:5:6::'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['fe80::a', 'fe80::a'],
  ];
  for (const [text, printed] of cases) assert.equal(formatIpv6(...parseIpv6(text)!), printed);
});

test('any IPv6 address survives print and parse', () => {
  const word = fc.oneof(fc.constant(0), fc.nat(0xffff), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      assert.deepEqual(parseIpv6(formatIpv6(a, b, c, d)), [a, b, c, d]);
    }),
  );
});

test('what is no address is refused', () => {
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.256', '::1', '1.2.3.4 ']) {
    assert.equal(parseIpv4(text), undefined, text);
  }
  for (const text of ['', '1.2.3.4', ':::', '12345::', 'fe80::1%eth0', '[::1]']) {
    assert.equal(parseIpv6(text), undefined, text);
  }
});
