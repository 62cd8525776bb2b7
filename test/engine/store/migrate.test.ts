// Migrations: each once, all or nothing, never backwards.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kysely } from 'kysely';
import { storePath } from '../../../engine/store/control-store.ts';
import { ControlStore } from '../../../engine/store/control-store.ts';
import { MIGRATIONS } from '../../../engine/store/migrations.ts';
import { openStore, storeFolder } from './stores.ts';

const addTable =
  (name: string) =>
  async (db: Kysely<unknown>): Promise<void> => {
    await db.schema.createTable(name).addColumn('a', 'text').execute();
  };

async function tablesOf(store: ControlStore): Promise<string[]> {
  return (await store.db.introspection.getTables()).map(({ name }) => name);
}

test('each migration runs once, also when two open the store at once', async (t) => {
  const path = storePath(storeFolder(t));
  await Promise.all([openStore(t, path), openStore(t, path)]);
  const migrations = [...MIGRATIONS, addTable('extra')];
  const store = await openStore(t, path, { migrations });
  assert.ok((await tablesOf(store)).includes('extra'));
  await openStore(t, path, { migrations });
});

test('a migration that fails leaves the store as it was', async (t) => {
  const path = storePath(storeFolder(t));
  await openStore(t, path);
  const broken = async (db: Kysely<unknown>): Promise<void> => {
    await addTable('half')(db);
    throw new RangeError('broken');
  };
  const migrations = [...MIGRATIONS, broken];
  await assert.rejects(ControlStore.open(path, { migrations }), RangeError);
  const store = await openStore(t, path);
  assert.ok(!(await tablesOf(store)).includes('half'));
});

test('a store of a newer program is refused with both versions', async (t) => {
  const path = storePath(storeFolder(t));
  const newer = [...MIGRATIONS, addTable('a'), addTable('b')];
  await openStore(t, path, { migrations: newer });
  const versions = `${newer.length}, this program knows versions up to ${MIGRATIONS.length}`;
  await assert.rejects(ControlStore.open(path), {
    code: 'TDM_STORE_FUTURE',
    message: new RegExp(`tandem\\.db: its version is ${versions}`),
  });
});
