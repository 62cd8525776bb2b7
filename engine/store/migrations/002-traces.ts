// Traces that operators started, with their bounds and how they ended.
import type { Kysely } from 'kysely';

export async function createTraces(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('trace')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('kind', 'text', (column) => column.notNull())
    .addColumn('value', 'text', (column) => column.notNull())
    .addColumn('secrets', 'integer', (column) => column.notNull())
    .addColumn('started_at_ms', 'integer', (column) => column.notNull())
    .addColumn('until_ms', 'integer', (column) => column.notNull())
    .addColumn('max_messages', 'integer', (column) => column.notNull())
    .addColumn('max_bytes', 'integer', (column) => column.notNull())
    .addColumn('ended_at_ms', 'integer')
    .addColumn('end_reason', 'text', (column) => column.notNull().defaultTo(''))
    .execute();
}
