// The first tables: what is configured, who changed it when, and how often.
import type { Kysely } from 'kysely';

/** All of one shape: a name, and its settings as JSON. */
const SECTIONS = [
  'parameter',
  'account',
  'rate_group',
  'mapping_gateway',
  'routing_gateway',
  'phone',
];

export async function createControlData(db: Kysely<unknown>): Promise<void> {
  for (const section of SECTIONS) {
    await db.schema
      .createTable(section)
      .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('name', 'text', (column) => column.notNull().unique())
      .addColumn('value', 'text')
      .addColumn('provisioned', 'text')
      .execute();
  }
  await db.schema
    .createTable('change')
    .addColumn('id', 'integer', (column) => column.primaryKey().autoIncrement())
    .addColumn('at_ms', 'integer', (column) => column.notNull())
    .addColumn('user', 'text', (column) => column.notNull())
    .addColumn('section', 'text', (column) => column.notNull())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('old_value', 'text')
    .addColumn('new_value', 'text')
    .addColumn('note', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('change_of_name').on('change').columns(['section', 'name']).execute();
  await db.schema
    .createTable('revision')
    .addColumn('section', 'text', (column) => column.primaryKey())
    .addColumn('number', 'integer', (column) => column.notNull())
    .execute();
}
