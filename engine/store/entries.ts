// The sections of the store that are all of one shape: entries with a name and settings as JSON
// (parameters, accounts, rate groups, gateways, phones). Read here; changed by edit.ts.
import type { Kysely } from 'kysely';
import type { Generated } from 'kysely';
import type { Tables } from './tables.ts';

export interface EntryTable {
  readonly id: Generated<number>;
  readonly name: string;
  /** Its settings; null: taken away by hand although the provision file has it. */
  readonly value: string | null;
  /** What the provision file said last; null: it is not from there. */
  readonly provisioned: string | null;
}

/** The tables of this shape, in the order in which one may refer to another. */
export type Section =
  'parameter' | 'account' | 'rate_group' | 'mapping_gateway' | 'routing_gateway' | 'phone';

/** What a JSON text stands for. */
export type Json = string | number | boolean | null | readonly Json[] | JsonMap;

export interface JsonMap {
  readonly [key: string]: Json;
}

export interface Entry {
  readonly name: string;
  readonly value: Json;
}

/** Entries of one page. */
const PAGE = 5000;

/** All entries of a section in the order in which they came. */
export async function readEntries(db: Kysely<Tables>, section: Section): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of entryPages(db, section)) entries.push(...page);
  return entries;
}

/** The same in pieces, for a section that is too large to be read at once. */
export async function* entryPages(
  db: Kysely<Tables>,
  section: Section,
  size: number = PAGE,
): AsyncGenerator<Entry[]> {
  for (let after = 0; ;) {
    const rows = await db
      .selectFrom(section)
      .select(['id', 'name', 'value'])
      .where('id', '>', after)
      .where('value', 'is not', null)
      .orderBy('id')
      .limit(size)
      .execute();
    if (rows.length > 0) {
      yield rows.map(({ name, value }) => ({ name, value: JSON.parse(value!) as Json }));
    }
    if (rows.length < size) return;
    after = rows.at(-1)!.id;
  }
}
