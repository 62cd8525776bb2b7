// How often each section of the store has changed: who polls the store (PRAGMA data_version) looks
// here for what to read again. Whoever writes a section bumps it in the same transaction.
import type { Kysely } from 'kysely';
import type { Tables } from './tables.ts';

export interface RevisionTable {
  readonly section: string;
  readonly number: number;
}

/** Section → number; a section that was never written has none. */
export async function readRevisions(db: Kysely<Tables>): Promise<ReadonlyMap<string, number>> {
  const rows = await db.selectFrom('revision').selectAll().execute();
  return new Map(rows.map(({ section, number }) => [section, number]));
}

export async function bumpRevision(db: Kysely<Tables>, section: string): Promise<void> {
  await db
    .insertInto('revision')
    .values({ section, number: 1 })
    .onConflict((conflict) =>
      conflict.column('section').doUpdateSet((row) => ({ number: row('revision.number', '+', 1) })),
    )
    .execute();
}
