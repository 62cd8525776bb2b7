// Which provision file was applied last: the same bytes need not be read again.
import type { Kysely } from 'kysely';

export async function createProvisionFile(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('provision_file')
    .addColumn('id', 'integer', (column) => column.primaryKey())
    .addColumn('digest', 'text', (column) => column.notNull())
    .execute();
}
