// The hash of texts: the same for text and bytes, and even over the shards for numbers in a row.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashBytes, hashText } from '../../../engine/base/text-hash.ts';

test('text and its bytes have the same hash', () => {
  for (const text of ['', 'a', '8801712345678', 'caf\u00e9']) {
    const bytes = Buffer.from(`x${text}y`, 'latin1');
    assert.equal(hashBytes(bytes, 1, bytes.length - 1), hashText(text));
  }
});

test('numbers in a row spread evenly', () => {
  const shards = [0, 0, 0, 0];
  for (let i = 0; i < 10_000; i++) shards[hashText(`88017${100_000 + i}`) % 4]!++;
  for (const count of shards) assert.ok(count > 2300 && count < 2700, String(shards));
});
