// Call-ID to shard: own Call-IDs name theirs, all others spread evenly and always alike.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { callIdPrefix, shardOfCallId } from '../../../engine/net/shard-of.ts';

function shardOf(callId: string, shards: number): number {
  const buf = Buffer.from(`..${callId}..`, 'latin1');
  return shardOfCallId(buf, 2, buf.length - 2, shards);
}

test('own Call-IDs come home, whatever follows the shard', () => {
  const shards = fc.integer({ min: 1, max: 256 });
  fc.assert(
    fc.property(shards, fc.nat(255), fc.string(), (count, n, rest) => {
      const shard = n % count;
      assert.equal(shardOf(callIdPrefix(shard) + rest, count), shard);
    }),
  );
  assert.equal(callIdPrefix(10), 'tdm0a-');
  assert.equal(shardOf('tdm0a-x', 4), 2, 'fewer shards than when it was made');
});

test('what only resembles our form is hashed like any other', () => {
  for (const callId of ['tdm0A-x', 'tdm0-x', 'tdm00x', 'TDM00-x', 'tdm0g-x', 'tdm', '']) {
    const shards = new Set(Array.from({ length: 64 }, (_, i) => shardOf(callId + String(i), 8)));
    assert.ok(shards.size > 4, callId);
  }
});

test('others are spread evenly, those that differ only at the end too', () => {
  const forms = [
    (i: number) => `${i}-12345@192.0.2.1`,
    (i: number) => `a84b4c76e66710@host.example-${i}`,
  ];
  for (const shards of [2, 3, 4, 16]) {
    for (const form of forms) {
      const counts = new Array<number>(shards).fill(0);
      const calls = 8000;
      for (let i = 0; i < calls; i++) counts[shardOf(form(i), shards)]!++;
      for (const count of counts) {
        assert.ok(Math.abs(count - calls / shards) < (calls / shards) * 0.2, counts.join());
      }
    }
  }
});
