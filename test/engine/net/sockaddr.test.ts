// Addresses between text and sockaddr words: the order of the bytes in memory, and round trips.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AF_INET6, addressWords } from '../../../engine/net/sockaddr.ts';
import { ipv4Text, ipv6Text, sockaddrHead } from '../../../engine/net/sockaddr.ts';

/** The bytes of the words, as they stand in memory. */
function bytesOf(words: readonly number[]): number[] {
  return [...new Uint8Array(new Uint32Array(words).buffer)];
}

test('the head holds the family in host order and the port in network order', () => {
  assert.deepEqual(bytesOf([sockaddrHead(AF_INET6, 5060)]), [10, 0, 0x13, 0xc4]);
});

test('IPv4 words hold the address in network order', () => {
  assert.deepEqual(bytesOf(addressWords(4, '192.0.2.254')!.slice(0, 1)), [192, 0, 2, 254]);
  fc.assert(
    fc.property(fc.ipV4(), (text) => {
      assert.equal(ipv4Text(addressWords(4, text)![0]), text);
    }),
  );
});

test('IPv6 words hold the address in network order, dotted tails included', () => {
  const bytes = bytesOf(addressWords(6, '2001:db8::1:0:192.0.2.33')!);
  assert.deepEqual(bytes, [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 192, 0, 2, 33]);
});

test('any IPv6 address survives print and parse, an IPv4-mapped one too', () => {
  const word = fc.oneof(fc.constant(0), fc.nat(0xffff), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(word, word, word, word, (a, b, c, d) => {
      assert.deepEqual(addressWords(6, ipv6Text(a, b, c, d)), [a, b, c, d]);
    }),
  );
  assert.equal(ipv6Text(...addressWords(6, '::ffff:c000:201')!), '::ffff:192.0.2.1');
});

test('what is no address of the family is refused', () => {
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.256', '::1', '1.2.3.4 ']) {
    assert.equal(addressWords(4, text), undefined, text);
  }
  for (const text of ['', '1.2.3.4', ':::', '12345::', 'fe80::1%eth0', '[::1]']) {
    assert.equal(addressWords(6, text), undefined, text);
  }
});
