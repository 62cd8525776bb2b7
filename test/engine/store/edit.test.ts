// Changes of entries: the history says who, when and what, without secrets; revisions move.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readChanges } from '../../../engine/store/changes.ts';
import { storePath } from '../../../engine/store/control-store.ts';
import { entryPages, readEntries } from '../../../engine/store/entries.ts';
import { readRevisions } from '../../../engine/store/revisions.ts';
import { openStore, storeFolder } from './stores.ts';

const clock = { wallMs: () => 1_800_000_000_000, monoMs: () => 0 };

test('the history has user, time, old and new value and the note, newest first', async (t) => {
  const store = await openStore(t, storePath(storeFolder(t)), { clock });
  await store.change({ user: 'ann', note: 'busy day' }, (edit) => edit.set('parameter', 'SS_A', 1));
  await store.change({ user: 'bob' }, (edit) => edit.set('parameter', 'SS_A', null));
  await store.change({ user: 'cid' }, (edit) => edit.remove('parameter', 'SS_A'));
  const rows = await readChanges(store.db, { section: 'parameter', name: 'SS_A' }, 10);
  const common = { atMs: 1_800_000_000_000, section: 'parameter', name: 'SS_A', note: '' };
  assert.deepEqual(rows, [
    { ...common, user: 'cid', oldValue: null, newValue: undefined },
    { ...common, user: 'bob', oldValue: 1, newValue: null },
    { ...common, user: 'ann', oldValue: undefined, newValue: 1, note: 'busy day' },
  ]);
  assert.deepEqual(await readEntries(store.db, 'parameter'), []);
});

test('setting what is set already is no change', async (t) => {
  const store = await openStore(t);
  for (let i = 0; i < 2; i++) {
    await store.change({ user: 'ann' }, (edit) => edit.set('parameter', 'SS_A', [1, 2]));
  }
  assert.equal((await readChanges(store.db, { section: 'parameter' }, 10)).length, 1);
  assert.equal((await readRevisions(store.db)).get('parameter'), 1);
});

test('of an entry the history has only the keys that differ, and no password', async (t) => {
  const store = await openStore(t);
  const set = (value: Record<string, number | string>): Promise<void> =>
    store.change({ user: 'ann' }, (edit) => edit.set('mapping_gateway', 'acme-1', value));
  await set({ account: 'acme', capacity: 5, password: 'first-secret' });
  await set({ account: 'acme', capacity: 6, password: 'second-secret' });
  const [last, first] = await readChanges(store.db, { section: 'mapping_gateway' }, 10);
  assert.deepEqual(first?.newValue, { account: 'acme', capacity: 5, password: '***' });
  assert.deepEqual(last?.oldValue, { capacity: 5, password: '***' });
  assert.deepEqual(last.newValue, { capacity: 6, password: '***' });
  const rows = await store.db.selectFrom('change').selectAll().execute();
  assert.ok(!JSON.stringify(rows).includes('secret'));
});

test('each section has a revision of its own, which only its changes move', async (t) => {
  const store = await openStore(t);
  await store.change({ user: 'ann' }, async (edit) => {
    await edit.set('phone', '100', { account: 'a' });
    await edit.set('phone', '101', { account: 'a' });
  });
  await store.change({ user: 'ann' }, (edit) => edit.set('account', 'a', {}));
  assert.deepEqual(
    await readRevisions(store.db),
    new Map([
      ['phone', 1],
      ['account', 1],
    ]),
  );
});

test('entries come in the order in which they were made, in pages', async (t) => {
  const store = await openStore(t);
  const names = Array.from({ length: 2500 }, (_, i) => String(9999 - i));
  const writes = names.map((name) => ({ name, before: null, value: '{}', provisioned: null }));
  await store.change({ user: 'ann' }, (edit) => edit.write('phone', writes));
  const pages: number[] = [];
  const read: string[] = [];
  for await (const page of entryPages(store.db, 'phone', 1000)) {
    pages.push(page.length);
    read.push(...page.map(({ name }) => name));
  }
  assert.deepEqual(pages, [1000, 1000, 500]);
  assert.deepEqual(read, names);
});
