// The sections of the store that are all of one shape: entries with a name and settings as JSON
// (parameters, accounts, rate groups, gateways, phones). Read here; changed by edit.ts.
import { setImmediate as turn } from 'node:timers/promises';
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

/** What the repositories read from: the store, or a transaction of it. */
export type StoreReader = Kysely<Tables>;

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

/** The names alone, where values are large. */
export async function entryNames(db: StoreReader, section: Section): Promise<string[]> {
  const rows = await db
    .selectFrom(section)
    .select('name')
    .where('value', 'is not', null)
    .orderBy('id')
    .execute();
  return rows.map(({ name }) => name);
}

export async function countEntries(db: StoreReader, section: Section): Promise<number> {
  const { count } = await db
    .selectFrom(section)
    .select((row) => row.fn.countAll<number>().as('count'))
    .where('value', 'is not', null)
    .executeTakeFirstOrThrow();
  return count;
}

/** All entries of a section in the order in which they came. */
export async function readEntries(db: StoreReader, section: Section): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const page of entryPages(db, section)) entries.push(...page);
  return entries;
}

/** The same in pieces, for a section that is too large to be read at once. */
export async function* entryPages(
  db: StoreReader,
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
    // Main has other things to do meanwhile.
    await turn();
    after = rows.at(-1)!.id;
  }
}
