// Handles: found while they live, never after, whatever slot is used again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HANDLE_LENGTH, HandleTable } from '../../../engine/base/handle-table.ts';
import { seededRandom, type Random } from '../../../engine/base/random.ts';

interface Item {
  slot: number;
}

function bytesOf(handle: string): Buffer {
  return Buffer.from(`..${handle}..`, 'latin1');
}

test('behaves like a map whose keys it chooses', () => {
  const commands = fc.array(fc.oneof(fc.constant(-1), fc.nat(30)), { maxLength: 200 });
  fc.assert(
    fc.property(fc.integer(), commands, (seed, steps) => {
      const table = new HandleTable<Item>(seededRandom(seed));
      const live: { item: Item; handle: string }[] = [];
      const dead: string[] = [];
      for (const s of steps) {
        if (s < 0) {
          const item = { slot: -1 };
          const handle = table.add(item, '');
          assert.match(handle!, /^[0-9a-f]{14}$/);
          live.push({ item, handle: handle! });
        } else if (s < live.length) {
          const [gone] = live.splice(s, 1);
          table.remove(gone!.item);
          table.remove(gone!.item);
          assert.equal(gone!.item.slot, -1);
          dead.push(gone!.handle);
        }
        assert.equal(table.size, live.length);
      }
      for (const { item, handle } of live) assert.equal(table.find(bytesOf(handle), 2), item);
      for (const handle of dead) assert.equal(table.find(bytesOf(handle), 2), undefined);
      assert.deepEqual(new Set(table), new Set(live.map(({ item }) => item)));
    }),
    { numRuns: 100 },
  );
});

test('a slot that is used again has another nonce', () => {
  const table = new HandleTable<Item>(seededRandom(1));
  const first = { slot: -1 };
  const old = table.add(first, '')!;
  table.remove(first);
  const second = { slot: -1 };
  const handle = table.add(second, '')!;
  assert.equal(handle.slice(0, 6), old.slice(0, 6));
  assert.notEqual(handle, old);
  assert.equal(table.find(bytesOf(old), 2), undefined);
  assert.equal(table.find(bytesOf(handle), 2), second);
});

test('every character of a handle counts', () => {
  const table = new HandleTable<Item>(seededRandom(2));
  const items = Array.from({ length: 40 }, () => ({ slot: -1 }));
  const handles = items.map((item) => table.add(item, '')!);
  const handle = handles[37]!;
  for (let i = 0; i < HANDLE_LENGTH; i++) {
    const digit = (parseInt(handle[i]!, 16) ^ 1).toString(16);
    const other = handle.slice(0, i) + digit + handle.slice(i + 1);
    assert.notEqual(table.find(bytesOf(other), 2), items[37]);
  }
  for (const text of ['', handle.slice(0, 13), handle.toUpperCase(), `x${handle.slice(1)}`]) {
    if (text === handle) continue;
    assert.equal(table.find(Buffer.from(text), 0), undefined, text);
  }
});

test('nonces with the highest bit are found', () => {
  const high: Random = { u32: () => 0xffffffff };
  const table = new HandleTable<Item>(high);
  const item = { slot: -1 };
  const handle = table.add(item, '')!;
  assert.equal(handle, '000000ffffffff');
  assert.equal(table.find(bytesOf(handle), 2), item);
});

test('the table is full at 2^20 items and takes one more when one has gone', () => {
  const table = new HandleTable<Item>(seededRandom(3));
  const first = { slot: -1 };
  table.add(first, '');
  for (let i = 1; i < 1 << 20; i++) table.add({ slot: -1 }, '');
  assert.equal(table.size, 1 << 20);
  assert.equal(table.add({ slot: -1 }, ''), undefined);
  table.remove(first);
  const last = { slot: -1 };
  const handle = table.add(last, '')!;
  assert.equal(table.find(bytesOf(handle), 2), last);
});

test('items go back under their old handles, whatever is in the table', () => {
  const handle = fc.tuple(fc.nat(40), fc.integer({ min: 0, max: 0xffffffff }));
  fc.assert(
    fc.property(fc.array(handle, { maxLength: 30 }), fc.nat(20), (wanted, added) => {
      const table = new HandleTable<Item>(seededRandom(4));
      const live = new Map<string, Item>();
      const slots = new Set<number>();
      for (const [slot, nonce] of wanted) {
        const text = slot.toString(16).padStart(6, '0') + nonce.toString(16).padStart(8, '0');
        const item = { slot: -1 };
        const restored = table.restore(item, text);
        assert.equal(restored, !slots.has(slot), text);
        slots.add(slot);
        if (restored) live.set(text, item);
      }
      for (let i = 0; i < added; i++) {
        const item = { slot: -1 };
        live.set(table.add(item, '')!, item);
      }
      assert.equal(table.size, live.size);
      for (const [text, item] of live) assert.equal(table.find(bytesOf(text), 2), item);
      for (const item of live.values()) table.remove(item);
      assert.equal(table.size, 0);
      const again = Array.from({ length: 60 }, () => ({ slot: -1 }));
      for (const item of again) table.add(item, '');
      assert.equal(new Set(again.map(({ slot }) => slot)).size, 60, 'each has a slot of its own');
    }),
    { numRuns: 100 },
  );
});

test('what is no handle is not restored', () => {
  const table = new HandleTable<Item>(seededRandom(5));
  for (const text of ['', '00000', '0000000000000g', 'ffffff00000000', '0000000000000000']) {
    assert.equal(table.restore({ slot: -1 }, text), false, text);
  }
  assert.equal(table.size, 0);
});
