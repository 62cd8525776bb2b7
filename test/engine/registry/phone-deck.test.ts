// The deck of phones: all are found with everything that is said of them, nobody else is.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePhoneDeck, PhoneDeck } from '../../../engine/registry/phone-deck.ts';

test('180,000 phones in less than 100 bytes each, all found, no other', () => {
  const phones = Array.from({ length: 180_000 }, (_, i) => ({
    e164: String(8_801_700_000_000 + i * 7),
    account: `account-${i % 100}`,
    password: `geheim-\u00fc-${i}`,
    lock: i % 3 === 0,
    slot: i % 50,
    capacity: i % 9,
  }));
  const memory = compilePhoneDeck(phones);
  assert.ok(memory.byteLength / phones.length < 100, String(memory.byteLength / phones.length));
  const deck = new PhoneDeck(memory);
  assert.equal(deck.size, 180_000);
  for (const phone of phones) {
    const found = deck.find(phone.e164);
    const password = Buffer.from(phone.password, 'utf8').toString('latin1');
    assert.deepEqual(found, { ...phone, password });
  }
  for (let i = 1; i < 1000; i += 7) assert.equal(deck.has(String(8_801_700_000_000 + i)), false);
});

test('an empty deck has nobody', () => {
  assert.equal(new PhoneDeck(compilePhoneDeck([])).find('1'), null);
});
