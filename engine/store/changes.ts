// The history of the store: who changed what, when, from which value to which. Rows are only added,
// but of each section only the newest stay.
import type { Generated, Kysely } from 'kysely';
import type { Json, JsonMap } from './entries.ts';
import type { Tables } from './tables.ts';

/** Changes that are kept of each section: phones by the thousands do not push out parameters. */
export const MAX_CHANGES = 100_000;
/** So many more are let stand, in proportion, that not every change takes one away. */
const SLACK = 0.1;

export interface ChangeTable {
  readonly id: Generated<number>;
  readonly at_ms: number;
  readonly user: string;
  readonly section: string;
  readonly name: string;
  /** JSON; null: there was none. Of an entry with keys only those that differ. */
  readonly old_value: string | null;
  readonly new_value: string | null;
  readonly note: string;
}

export interface Change {
  readonly atMs: number;
  readonly user: string;
  readonly section: string;
  readonly name: string;
  /** Undefined: there was none, or is none any more. */
  readonly oldValue: Json | undefined;
  readonly newValue: Json | undefined;
  readonly note: string;
}

/** Keys whose values never leave their entry: not in the history, not in a list. */
const SECRET_KEYS = new Set(['password']);
const SECRET = '***';
/** Longer lists stand in the history as their length. */
const MAX_LIST = 100;

/** What the history says of a value: no secrets, no endless lists. */
export function withoutSecrets(value: Json): Json {
  if (!isMap(value)) return Array.isArray(value) ? shortened(value as readonly Json[]) : value;
  const shown: Record<string, Json> = {};
  for (const [key, part] of Object.entries(value)) {
    shown[key] = SECRET_KEYS.has(key) ? SECRET : withoutSecrets(part);
  }
  return shown;
}

function shortened(list: readonly Json[]): Json {
  return list.length > MAX_LIST ? `${list.length} items` : list.map(withoutSecrets);
}

export function isMap(value: Json | undefined): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The newest changes first. */
export async function readChanges(
  db: Kysely<Tables>,
  of: { readonly section: string; readonly name?: string | undefined },
  limit: number,
): Promise<Change[]> {
  let query = db.selectFrom('change').selectAll().where('section', '=', of.section);
  if (of.name !== undefined) query = query.where('name', '=', of.name);
  const rows = await query.orderBy('id', 'desc').limit(limit).execute();
  const parsed = (text: string | null): Json | undefined =>
    text === null ? undefined : (JSON.parse(text) as Json);
  return rows.map(({ at_ms: atMs, old_value, new_value, user, section, name, note }) => {
    const values = { oldValue: parsed(old_value), newValue: parsed(new_value) };
    return { atMs, user, section, name, ...values, note };
  });
}

/** Takes away the oldest changes of a section beyond `most`; now and then, a tenth at once. */
export async function trimChanges(
  db: Kysely<Tables>,
  section: string,
  most: number,
): Promise<void> {
  const { count } = await db
    .selectFrom('change')
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('section', '=', section)
    .executeTakeFirstOrThrow();
  if (count <= most * (1 + SLACK)) return;
  const oldest = db
    .selectFrom('change')
    .select('id')
    .where('section', '=', section)
    .orderBy('id')
    .limit(count - most);
  await db.deleteFrom('change').where('id', 'in', oldest).execute();
}
