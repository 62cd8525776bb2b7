// Nonces: only this life of this shard reads its own back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Nonces } from '../../../../engine/sip/auth/nonces.ts';

test('a nonce says what went into it', () => {
  const nonces = new Nonces(3, 'key');
  assert.deepEqual(nonces.read(nonces.make(77, 2)), { madeAtS: 77, round: 2, number: 0 });
  assert.equal(nonces.read(nonces.make(77, 300))?.number, 1);
});

test('one of another key or shard, changed in any digit, or made up is none', () => {
  const nonce = new Nonces(3, 'key').make(77, 2);
  assert.equal(new Nonces(3, 'other').read(nonce), null);
  const own = new Nonces(3, 'key');
  for (let i = 0; i < nonce.length; i++) {
    const digit = nonce[i] === '0' ? '1' : '0';
    assert.equal(own.read(nonce.slice(0, i) + digit + nonce.slice(i + 1)), null, `digit ${i}`);
  }
  for (const text of ['', 'x'.repeat(36), nonce + '0', nonce.toUpperCase()]) {
    if (text !== nonce) assert.equal(own.read(text), null);
  }
});
