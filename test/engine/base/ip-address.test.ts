// Addresses against Node's own parser and the forms of RFC 4291 and RFC 5952.
import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatIp, parseIp } from '../../../engine/base/ip-address.ts';

const words = new Int32Array(4);

function canonical(text: string): string {
  return parseIp(text, words) === 0 ? 'none' : formatIp(words);
}

test('text forms come out canonical', () => {
  const forms: [string, string][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['fe80::0001', 'fe80::1'],
  ];
  for (const [text, expected] of forms) assert.equal(canonical(text), expected, text);
});

test('what is no address is refused', () => {
  const bad = [
    '',
    '1',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '1..2.3',
    ':',
    ':1',
    '1:',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '[::1]',
    'fe80::1%eth0',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
    '::1.2.3.4:5',
    'localhost',
  ];
  for (const text of bad) assert.equal(parseIp(text, words), 0, text);
});

test('agrees with Node on every text made of address characters', () => {
  const text = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.stringMatching(/^[0-9a-fF:.]{0,20}$/),
    fc
      .array(fc.constantFrom('0', '1', 'ff', '::', ':', '1.2.3.4', 'ffff'), { maxLength: 12 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (candidate) => {
      assert.equal(parseIp(candidate, words) !== 0, isIP(candidate) !== 0, candidate);
    }),
    { numRuns: 3000 },
  );
});

test('the canonical form reads back as the same address, and as URL prints it', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const family = parseIp(text, words);
      const shown = formatIp(words);
      const again = new Int32Array(4);
      assert.equal(parseIp(shown, again), family);
      assert.deepEqual(again, words);
      if (family === 6) assert.equal(`[${shown}]`, new URL(`http://[${text}]/`).hostname);
    }),
    { numRuns: 2000 },
  );
});
