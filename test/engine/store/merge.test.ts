// The three-way merge: what the file changes is written, what was changed by hand lasts until then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { readChanges } from '../../../engine/store/changes.ts';
import type { ControlStore } from '../../../engine/store/control-store.ts';
import { readEntries } from '../../../engine/store/entries.ts';
import type { Json } from '../../../engine/store/entries.ts';
import { mergeSection } from '../../../engine/store/merge.ts';
import { readRevisions } from '../../../engine/store/revisions.ts';
import { openStore } from './stores.ts';

const SECTION = 'mapping_gateway';

interface Fixture {
  readonly store: ControlStore;
  /** The file says this now. */
  readonly file: (entries: Record<string, Json>) => Promise<void>;
  readonly hand: (name: string, value: Json | undefined) => Promise<void>;
  readonly all: () => Promise<Record<string, Json>>;
  readonly changes: () => Promise<number>;
}

async function fixture(t: TestContext): Promise<Fixture> {
  const store = await openStore(t);
  return {
    store,
    file: (entries) =>
      store.change({ user: 'provision' }, (edit) =>
        mergeSection(edit, SECTION, new Map(Object.entries(entries))),
      ),
    hand: (name, value) =>
      store.change({ user: 'ann' }, (edit) =>
        value === undefined ? edit.remove(SECTION, name) : edit.set(SECTION, name, value),
      ),
    all: async () =>
      Object.fromEntries(
        (await readEntries(store.db, SECTION)).map(({ name, value }) => [name, value]),
      ),
    changes: async () => (await readChanges(store.db, { section: SECTION }, 1000)).length,
  };
}

test('the same file again changes nothing, and nothing is read again', async (t) => {
  const { store, file, all, changes } = await fixture(t);
  const entries = { a: { capacity: 1 }, b: { capacity: 2 } };
  await file(entries);
  const revision = (await readRevisions(store.db)).get(SECTION);
  await file(entries);
  assert.deepEqual(await all(), entries);
  assert.equal(await changes(), 2);
  assert.equal((await readRevisions(store.db)).get(SECTION), revision);
});

test('keys changed by hand last, keys changed in the file are written', async (t) => {
  const { file, hand, all } = await fixture(t);
  await file({ a: { capacity: 1, cps: 5, lock: false } });
  await hand('a', { capacity: 9, cps: 5, lock: false });
  await file({ a: { capacity: 1, cps: 6, lock: false } });
  assert.deepEqual(await all(), { a: { capacity: 9, cps: 6, lock: false } });
  await file({ a: { capacity: 2, cps: 6 } });
  assert.deepEqual(await all(), { a: { capacity: 2, cps: 6 } });
});

test('what vanishes from the file is removed, what was made by hand is not', async (t) => {
  const { file, hand, all, changes } = await fixture(t);
  await file({ a: { capacity: 1 }, b: { capacity: 2 } });
  await hand('c', { capacity: 3 });
  await file({ b: { capacity: 2 } });
  assert.deepEqual(await all(), { b: { capacity: 2 }, c: { capacity: 3 } });
  assert.equal(await changes(), 4);
});

test('what was removed by hand stays away until the file says something new of it', async (t) => {
  const { file, hand, all } = await fixture(t);
  await file({ a: { capacity: 1 } });
  await hand('a', undefined);
  await file({ a: { capacity: 1 }, b: {} });
  assert.deepEqual(await all(), { b: {} });
  await file({ a: { capacity: 2 }, b: {} });
  assert.deepEqual(await all(), { a: { capacity: 2 }, b: {} });
});

test('the file takes over what was made by hand under the same name, key by key', async (t) => {
  const { file, hand, all } = await fixture(t);
  await hand('a', { capacity: 7, cps: 1 });
  await file({ a: { capacity: 8 } });
  assert.deepEqual(await all(), { a: { capacity: 8, cps: 1 } });
});

test('values that are no maps are replaced as a whole', async (t) => {
  const { file, hand, all } = await fixture(t);
  await file({ a: [1, 2], b: 1 });
  await hand('b', 5);
  await file({ a: [1, 2, 3], b: 1 });
  assert.deepEqual(await all(), { a: [1, 2, 3], b: 5 });
  await file({ a: [1, 2, 3], b: null });
  assert.deepEqual(await all(), { a: [1, 2, 3], b: null });
});
