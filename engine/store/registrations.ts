// Registrations in the control store: the edge writes what its location table holds, record by
// record, so that they survive a restart; commands read them, and leave orders that the edge obeys.
// Values are JSON texts; their shape is the business of engine/registry.
import type { Generated, Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';

export interface RegistrationTable {
  /** Number of the record in the location table. */
  readonly record: number;
  readonly aor: string;
  readonly value: string;
}

export interface SuspectTable {
  readonly id: Generated<number>;
  readonly value: string;
}

export interface RegistrationOrderTable {
  readonly id: Generated<number>;
  /** Whose registrations end; a suspension of that name ends as well. */
  readonly aor: string;
}

/** Rows of one insert: well below SQLite's limit of variables. */
const INSERT_ROWS = 1000;

/** All of them, or those of one address of record. */
export async function readRegistrations(db: Kysely<Tables>, aor?: string): Promise<string[]> {
  let query = db.selectFrom('registration').select('value');
  if (aor !== undefined) query = query.where('aor', '=', aor);
  return (await query.orderBy('aor').execute()).map(({ value }) => value);
}

/** A record as it is now; a null value: it is free. */
export interface RegistrationChange {
  readonly record: number;
  readonly aor: string;
  readonly value: string | null;
}

export async function writeRegistrations(
  db: Transaction<Tables>,
  changed: readonly RegistrationChange[],
): Promise<void> {
  for (let i = 0; i < changed.length; i += INSERT_ROWS) {
    const some = changed.slice(i, i + INSERT_ROWS);
    const kept = some.filter((row): row is RegistrationTable => row.value !== null);
    const gone = some.filter(({ value }) => value === null).map(({ record }) => record);
    if (kept.length > 0) await db.replaceInto('registration').values(kept).execute();
    if (gone.length > 0) {
      await db.deleteFrom('registration').where('record', 'in', gone).execute();
    }
  }
}

/** Forgets all: their records have other numbers after a restart. */
export async function clearRegistrations(db: Transaction<Tables>): Promise<void> {
  await db.deleteFrom('registration').execute();
}

export async function readSuspects(db: Kysely<Tables>): Promise<string[]> {
  const rows = await db.selectFrom('suspect').select('value').orderBy('id').execute();
  return rows.map(({ value }) => value);
}

export async function writeSuspects(
  db: Transaction<Tables>,
  values: readonly string[],
): Promise<void> {
  await db.deleteFrom('suspect').execute();
  const rows = values.map((value) => ({ value }));
  if (rows.length > 0) await db.insertInto('suspect').values(rows).execute();
}

export async function orderEnd(db: Transaction<Tables>, aor: string): Promise<void> {
  await db.insertInto('registration_order').values({ aor }).execute();
  // Without an edge that runs nobody else takes it out.
  await db.deleteFrom('registration').where('aor', '=', aor).execute();
}

/** Orders that nobody has obeyed yet; they are taken out. */
export async function takeOrders(db: Transaction<Tables>): Promise<string[]> {
  const rows = await db.deleteFrom('registration_order').returning('aor').execute();
  return rows.map(({ aor }) => aor);
}
