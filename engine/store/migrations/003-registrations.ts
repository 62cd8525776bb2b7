// Who is registered, who failed to prove himself, and what the operator has ordered about either.
import type { Kysely } from 'kysely';

export async function createRegistrations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('registration')
    .addColumn('record', 'integer', (column) => column.primaryKey())
    .addColumn('aor', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('registration_of_aor').on('registration').column('aor').execute();
  await db.schema
    .createTable('suspect')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('value', 'text', (column) => column.notNull())
    .execute();
  await db.schema
    .createTable('registration_order')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('aor', 'text', (column) => column.notNull())
    .execute();
}
