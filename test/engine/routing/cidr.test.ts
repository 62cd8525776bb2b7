// Ranges: the forms of RFC 4632, and masks against arithmetic on the whole address.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIp } from '../../../engine/base/ip-address.ts';
import { compareWords, formatCidr, maskWords, parseCidr } from '../../../engine/routing/cidr.ts';

const words = new Int32Array(4);

test('ranges: length, canonical start, refusals', () => {
  const shown = (text: string): string | undefined => {
    const cidr = parseCidr(text);
    return cidr === undefined ? undefined : formatCidr(cidr);
  };
  assert.equal(shown('10.1.2.3/8'), '10.0.0.0/8');
  assert.equal(shown('0.0.0.0/0'), '0.0.0.0/0');
  assert.equal(shown('192.0.2.1'), '192.0.2.1');
  assert.equal(shown('192.0.2.1/32'), '192.0.2.1');
  assert.equal(shown('2001:db8::1/33'), '2001:db8::/33');
  assert.equal(shown('::/0'), '::/0');
  for (const bad of ['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '::/129', '/8', '10/8', 'a/8']) {
    assert.equal(shown(bad), undefined, bad);
  }
});

test('masking keeps the leading bits and nothing else', () => {
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (text, bits) => {
      parseIp(text, words);
      const masked = new Int32Array(4);
      maskWords(words, bits, masked);
      const value = (from: Int32Array): bigint =>
        [...from].reduce((sum, word) => (sum << 32n) | BigInt(word >>> 0), 0n);
      const drop = BigInt(128 - bits);
      assert.equal(value(masked), (value(words) >> drop) << drop);
      assert.equal(compareWords(masked, words) === 0, value(masked) === value(words));
    }),
  );
});
