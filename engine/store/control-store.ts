// The control store: data/tandem.db, what is configured and what must survive a restart. Main, the
// ingest process and the commands open it each for themselves; SQLite keeps them apart. A change
// is seen by the others through `dataVersion`.
import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Kysely, SqliteDialect } from 'kysely';
import { systemClock } from '../base/clock.ts';
import type { Clock } from '../base/clock.ts';
import { Edit } from './edit.ts';
import type { Author } from './edit.ts';
import { migrate } from './migrate.ts';
import { MIGRATIONS } from './migrations.ts';
import type { Migration } from './migrations.ts';
import { openDatabase } from './open-database.ts';
import type { OpenDatabase } from './open-database.ts';
import { isBusy, storeError } from './store-errors.ts';
import type { Tables } from './tables.ts';

/** How long a change waits for another writer, and how often it looks. */
const LOCK_PATIENCE_MS = 15_000;
const LOCK_POLL_MS = 10;

export interface StoreOptions {
  readonly clock?: Clock;
  readonly migrations?: readonly Migration[];
  /** How long a change waits for another writer before it gives up. */
  readonly patienceMs?: number;
  /** Changes kept of each section in the history. */
  readonly maxChanges?: number;
}

export function storePath(dataDir: string): string {
  return join(dataDir, 'tandem.db');
}

export class ControlStore {
  /** For the repositories. Its transactions take the write lock at once, and do not wait for it. */
  readonly db: Kysely<Tables>;
  readonly path: string;
  readonly #database: OpenDatabase;
  readonly #clock: Clock;
  readonly #patienceMs: number;
  readonly #maxChanges: number | undefined;
  #version = 0;

  private constructor(path: string, database: OpenDatabase, options: StoreOptions) {
    this.path = path;
    this.#database = database;
    this.#clock = options.clock ?? systemClock;
    this.#patienceMs = options.patienceMs ?? LOCK_PATIENCE_MS;
    this.#maxChanges = options.maxChanges;
    this.db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  }

  /**
   * Creates the file where there is none, and brings it to the version of this program.
   * @throws TandemError TDM_STORE_FAILED, TDM_STORE_LOCKED, TDM_STORE_FUTURE
   */
  static async open(path: string, options: StoreOptions = {}): Promise<ControlStore> {
    let store: ControlStore | undefined;
    try {
      mkdirSync(dirname(path), { recursive: true });
      // Passwords will be in it.
      if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
      store = new ControlStore(path, openDatabase(path), options);
      const { db } = store;
      const clock = store.#clock;
      const migrations = options.migrations ?? MIGRATIONS;
      await store.#patiently(() => migrate(db as Kysely<unknown>, migrations, clock));
      store.#version = migrations.length;
      return store;
    } catch (error) {
      await store?.close();
      throw storeError(path, error);
    }
  }

  /** Of its tables: how many migrations it has behind it. */
  get version(): number {
    return this.#version;
  }

  /** Another number than before: some other connection has changed something. About 10 µs. */
  dataVersion(): number {
    return this.#database.dataVersion();
  }

  /**
   * One change of the store: what `work` does is done as a whole or, when it throws, not at all.
   * Waits for other writers without blocking the thread; `work` may be called more than once.
   * @throws TandemError TDM_STORE_LOCKED, TDM_STORE_FAILED
   */
  async change<T>(author: Author, work: (edit: Edit) => Promise<T>): Promise<T> {
    return this.transaction(async (db) => {
      const edit = new Edit(db, author, this.#clock.wallMs(), this.#maxChanges);
      const result = await work(edit);
      await edit.finish();
      return result;
    });
  }

  /** The same for tables that have no history. */
  async transaction<T>(work: (db: Edit['transaction']) => Promise<T>): Promise<T> {
    try {
      return await this.#patiently(() => this.db.transaction().execute(work));
    } catch (error) {
      throw storeError(this.path, error);
    }
  }

  async close(): Promise<void> {
    await this.db.destroy();
    this.#database.close();
  }

  async #patiently<T>(work: () => Promise<T>): Promise<T> {
    const deadline = this.#clock.monoMs() + this.#patienceMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isBusy(error) || this.#clock.monoMs() >= deadline) throw error;
      }
      await wait(LOCK_POLL_MS);
    }
  }
}
