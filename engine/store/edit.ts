// What one change does to the store: entries are set and removed, the history says by whom, and the
// sections touched are bumped. All of it lies in one transaction: it is done as a whole or not.
import type { Insertable, Transaction } from 'kysely';
import { isMap, MAX_CHANGES, trimChanges, withoutSecrets } from './changes.ts';
import type { ChangeTable } from './changes.ts';
import type { EntryTable, Json, JsonMap, Section } from './entries.ts';
import { bumpRevision } from './revisions.ts';
import type { Tables } from './tables.ts';

/** Who makes a change, and why. */
export interface Author {
  readonly user: string;
  readonly note?: string;
}

/** Rows of one insert: well below SQLite's 32,766 variables. */
const INSERT_ROWS = 1000;

/** One entry as it was and as it shall be; texts are JSON, null = none. */
export interface EntryWrite {
  readonly name: string;
  readonly before: string | null;
  readonly value: string | null;
  readonly provisioned: string | null;
}

export class Edit {
  readonly transaction: Transaction<Tables>;
  readonly #author: Author;
  readonly #atMs: number;
  readonly #maxChanges: number;
  #changes: Insertable<ChangeTable>[] = [];
  readonly #touched = new Set<Section>();

  /** @param maxChanges kept of each section in the history */
  constructor(
    transaction: Transaction<Tables>,
    author: Author,
    atMs: number,
    maxChanges: number = MAX_CHANGES,
  ) {
    this.transaction = transaction;
    this.#author = author;
    this.#atMs = atMs;
    this.#maxChanges = maxChanges;
  }

  /** The entry's value now. */
  async get(section: Section, name: string): Promise<Json | undefined> {
    const text = (await this.#row(section, name))?.value ?? null;
    return text === null ? undefined : (JSON.parse(text) as Json);
  }

  async set(section: Section, name: string, value: Json): Promise<void> {
    await this.#put(section, name, JSON.stringify(value));
  }

  /** What the provision file has stays away until the file changes it. */
  async remove(section: Section, name: string): Promise<void> {
    await this.#put(section, name, null);
  }

  /** Many entries that were looked at already. */
  async write(section: Section, writes: readonly EntryWrite[]): Promise<void> {
    for (let i = 0; i < writes.length; i += INSERT_ROWS) {
      await this.#writeSome(section, writes.slice(i, i + INSERT_ROWS));
    }
  }

  /** To be called once, at the end. */
  async finish(): Promise<void> {
    await this.#writeChanges();
    for (const section of this.#touched) {
      await bumpRevision(this.transaction, section);
      await trimChanges(this.transaction, section, this.#maxChanges);
    }
  }

  async #put(section: Section, name: string, value: string | null): Promise<void> {
    const row = await this.#row(section, name);
    const before = row?.value ?? null;
    if (before === value) return;
    const provisioned = row?.provisioned ?? null;
    await this.#writeSome(section, [{ name, before, value, provisioned }]);
  }

  #row(
    section: Section,
    name: string,
  ): Promise<Pick<EntryTable, 'value' | 'provisioned'> | undefined> {
    return this.transaction
      .selectFrom(section)
      .select(['value', 'provisioned'])
      .where('name', '=', name)
      .executeTakeFirst();
  }

  async #writeSome(section: Section, writes: readonly EntryWrite[]): Promise<void> {
    const gone = writes.filter(({ value, provisioned }) => value === null && provisioned === null);
    const kept = writes.filter((write) => !gone.includes(write));
    if (gone.length > 0) {
      const names = gone.map(({ name }) => name);
      await this.transaction.deleteFrom(section).where('name', 'in', names).execute();
    }
    if (kept.length > 0) {
      await this.transaction
        .insertInto(section)
        .values(kept.map(({ name, value, provisioned }) => ({ name, value, provisioned })))
        .onConflict((conflict) =>
          conflict.column('name').doUpdateSet((row) => ({
            value: row.ref('excluded.value'),
            provisioned: row.ref('excluded.provisioned'),
          })),
        )
        .execute();
    }
    for (const { name, before, value } of writes) {
      if (before === value) continue;
      this.#touched.add(section);
      this.#changes.push(this.#change(section, name, before, value));
    }
    if (this.#changes.length >= INSERT_ROWS) await this.#writeChanges();
  }

  #change(
    section: Section,
    name: string,
    before: string | null,
    after: string | null,
  ): Insertable<ChangeTable> {
    const [old_value, new_value] = differing(before, after);
    const { user, note = '' } = this.#author;
    return { at_ms: this.#atMs, user, section, name, old_value, new_value, note };
  }

  async #writeChanges(): Promise<void> {
    const changes = this.#changes;
    this.#changes = [];
    for (let i = 0; i < changes.length; i += INSERT_ROWS) {
      const some = changes.slice(i, i + INSERT_ROWS);
      await this.transaction.insertInto('change').values(some).execute();
    }
  }
}

/** Both values as the history has them: of two maps only the keys that differ. */
function differing(before: string | null, after: string | null): [string | null, string | null] {
  const parse = (text: string | null): Json | undefined =>
    text === null ? undefined : (JSON.parse(text) as Json);
  const [old, now] = [parse(before), parse(after)];
  if (!isMap(old) || !isMap(now)) return [shown(old), shown(now)];
  const differs = (key: string): boolean => JSON.stringify(old[key]) !== JSON.stringify(now[key]);
  const part = (map: JsonMap): JsonMap =>
    Object.fromEntries(Object.entries(map).filter(([key]) => differs(key)));
  return [shown(part(old)), shown(part(now))];
}

function shown(value: Json | undefined): string | null {
  return value === undefined ? null : JSON.stringify(withoutSecrets(value));
}
