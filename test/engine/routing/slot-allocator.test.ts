// Slots over re-provisioning: stable, distinct, and reused only when nobody can still count there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TandemError } from '../../../engine/base/errors.ts';
import { FIRST_GATEWAY_SLOT } from '../../../engine/routing/gate-slots.ts';
import { SlotAllocator } from '../../../engine/routing/slot-allocator.ts';

const idle = { occupied: () => 0 };
const stateless = { clear: () => undefined };
const first = FIRST_GATEWAY_SLOT;

test('a name keeps its slot, also after it was away', () => {
  const slots = new SlotAllocator(idle, stateless);
  const before = slots.assign(['a', 'b'], 1, 0);
  slots.assign(['b', 'c'], 2, 1);
  const after = slots.assign(['c', 'a', 'b'], 3, 2);
  assert.equal(after.get('a'), before.get('a'));
  assert.equal(after.get('b'), before.get('b'));
  assert.equal(new Set(after.values()).size, 3);
});

test('a freed slot waits until all shards have mounted and its last call has left', () => {
  const calls = new Map([[first, 1]]);
  const slots = new SlotAllocator(
    { occupied: (slot) => calls.get(slot) ?? 0 },
    stateless,
    first + 1,
  );
  slots.assign(['a'], 1, 0);
  slots.assign([], 2, 1);
  const refused = (error: unknown): boolean =>
    error instanceof TandemError && error.code === 'TDM_PROVISION_INVALID';
  assert.throws(() => slots.assign(['b'], 3, 1), refused, 'a shard may still mount version 1');
  assert.throws(() => slots.assign(['b'], 3, 2), refused, 'a call is up');
  calls.clear();
  assert.throws(() => slots.assign(['b'], 3, 1), refused);
  assert.equal(slots.assign(['b'], 3, 2).get('b'), first);
});

test('a refused change leaves everything as it was', () => {
  const slots = new SlotAllocator(idle, stateless, first + 2);
  slots.assign(['a', 'b'], 1, 0);
  assert.throws(() => slots.assign(['c', 'd', 'e'], 2, 1), TandemError);
  const after = slots.assign(['b', 'a'], 2, 1);
  assert.deepEqual([after.get('a'), after.get('b')], [first, first + 1]);
});

test('over any history: distinct slots, stable while a name stays, never one with calls', () => {
  const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), {
    maxLength: 4,
  });
  const step = fc.record({ names, busy: fc.uniqueArray(fc.nat({ max: 7 }), { maxLength: 3 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (history) => {
      const busy = new Set<number>();
      const cleared = new Set<number>();
      const slots = new SlotAllocator(
        { occupied: (slot) => (busy.has(slot) ? 1 : 0) },
        { clear: (slot) => cleared.add(slot) },
        first + 8,
      );
      const owner = new Map<number, string>();
      let last: ReadonlyMap<string, number> = new Map();
      history.forEach((now, i) => {
        busy.clear();
        cleared.clear();
        for (const offset of now.busy) busy.add(first + offset);
        const given = slots.assign(now.names, i + 1, i);
        assert.deepEqual([...given.keys()].sort(), [...now.names].sort());
        assert.equal(new Set(given.values()).size, given.size);
        for (const [name, slot] of given) {
          assert.equal(last.get(name) ?? slot, slot);
          const changedHands = (owner.get(slot) ?? name) !== name;
          assert.ok(!changedHands || !busy.has(slot), 'calls of another are counted there');
          assert.equal(cleared.has(slot), changedHands, 'the new owner inherits no state');
          owner.set(slot, name);
        }
        last = given;
      });
    }),
    { numRuns: 500 },
  );
});
