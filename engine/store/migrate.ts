// Brings a store to the version of this program: each migration once, in a transaction with the
// record that it was applied. A store of a newer program is refused, never touched.
import type { Kysely } from 'kysely';
import type { Clock } from '../base/clock.ts';
import { TandemError } from '../base/errors.ts';
import type { Migration } from './migrations.ts';

interface MigrationTable {
  readonly migration: { readonly number: number; readonly applied_at_ms: number };
}

/** @throws TandemError TDM_STORE_FUTURE */
export async function migrate(
  store: Kysely<unknown>,
  migrations: readonly Migration[],
  clock: Clock,
): Promise<void> {
  const db = store as Kysely<MigrationTable>;
  // A look first: it needs no lock, so a command does not wait for whoever writes.
  while ((await versionOf(db)) !== migrations.length) {
    await db.transaction().execute(async (transaction) => {
      await transaction.schema
        .createTable('migration')
        .ifNotExists()
        .addColumn('number', 'integer', (column) => column.primaryKey())
        .addColumn('applied_at_ms', 'integer', (column) => column.notNull())
        .execute();
      // Another process may be at it, too: what counts is the version inside the transaction.
      const version = await versionOf(transaction);
      const next = migrations[version];
      if (version > migrations.length) throw fromTheFuture(version, migrations.length);
      if (next === undefined) return;
      await next(transaction as unknown as Kysely<unknown>);
      const applied = { number: version + 1, applied_at_ms: clock.wallMs() };
      await transaction.insertInto('migration').values(applied).execute();
    });
  }
}

/** 0: a store without tables. */
async function versionOf(db: Kysely<MigrationTable>): Promise<number> {
  const tables = await db.introspection.getTables();
  if (!tables.some(({ name }) => name === 'migration')) return 0;
  const { version } = await db
    .selectFrom('migration')
    .select(({ fn }) => fn.max<number | null>('number').as('version'))
    .executeTakeFirstOrThrow();
  return version ?? 0;
}

function fromTheFuture(version: number, known: number): TandemError {
  const text = `its version is ${version}, this program knows versions up to ${known}.`;
  return new TandemError('TDM_STORE_FUTURE', text);
}
