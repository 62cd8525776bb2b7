// Keeps registrations over a restart: fills the location table from the control store before the
// shards start, then writes what has changed each second, in one transaction; obeys the orders that
// `npm run registrations` leaves there, and shows it who failed to prove himself.
import type { Clock } from '../base/clock.ts';
import { LocationJournal, restoreRegistrations } from '../registry/location-journal.ts';
import type { Registration } from '../registry/registration.ts';
import { Suspensions } from '../registry/suspensions.ts';
import type { ControlStore } from '../store/control-store.ts';
import {
  clearRegistrations,
  readRegistrations,
  takeOrders,
  writeRegistrations,
  writeSuspects,
  type RegistrationChange,
} from '../store/registrations.ts';
import type { EdgeLog } from './log.ts';
import type { Pace } from './pace.ts';

const FLUSH_MS = 1000;
/** Records of one transaction: it blocks main for some 50 ms. */
const MAX_RECORDS = 5000;
const MAX_SUSPECTS = 500;

export interface RegistrationStoreParts {
  readonly locations: SharedArrayBuffer;
  readonly suspensions: SharedArrayBuffer;
  readonly clock: Clock;
  readonly log: EdgeLog;
  /** Ends the registrations of an address of record in its shard. */
  readonly end: (aor: string) => void;
}

export class RegistrationStore {
  readonly #store: ControlStore;
  readonly #parts: RegistrationStoreParts;
  readonly #journal: LocationJournal;
  readonly #suspensions: Suspensions;
  #endTurns: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();
  #busy = false;
  #version = -1;
  #flushedAtMs = 0;
  #suspects = '';
  /** Changes that no transaction has taken yet, by record. */
  readonly #unwritten = new Map<number, RegistrationChange>();

  private constructor(store: ControlStore, parts: RegistrationStoreParts) {
    this.#store = store;
    this.#parts = parts;
    this.#journal = new LocationJournal(parts.locations);
    this.#suspensions = new Suspensions(parts.suspensions);
  }

  /** Restores what the store holds. @throws TandemError of the store */
  static async open(
    store: ControlStore,
    parts: RegistrationStoreParts,
  ): Promise<RegistrationStore> {
    const rows = await readRegistrations(store.db);
    const registrations = rows.map((row) => JSON.parse(row) as Registration);
    const restored = restoreRegistrations(parts.locations, registrations, parts.clock.wallMs());
    if (restored > 0) parts.log.info({ restored }, 'registrations restored');
    const kept = new RegistrationStore(store, parts);
    // Their records have other numbers now.
    if (rows.length > 0) await kept.#flush(Infinity, true);
    return kept;
  }

  start(pace: Pace): void {
    this.#endTurns = pace.every(1, () => {
      if (this.#busy) return;
      this.#busy = true;
      this.#running = this.#turn().finally(() => (this.#busy = false));
    });
  }

  /** Writes what is left. */
  async stop(): Promise<void> {
    this.#endTurns();
    await this.#running;
    await this.#guarded(() => this.#flush(Infinity, false));
  }

  async #turn(): Promise<void> {
    await this.#guarded(async () => {
      const version = this.#store.dataVersion();
      if (version !== this.#version) await this.#obey();
      this.#version = version;
      const nowMs = this.#parts.clock.monoMs();
      if (nowMs - this.#flushedAtMs < FLUSH_MS) return;
      this.#flushedAtMs = nowMs;
      await this.#flush(MAX_RECORDS, false);
    });
  }

  async #obey(): Promise<void> {
    const aors = await this.#store.transaction((db) => takeOrders(db));
    for (const aor of aors) {
      this.#parts.log.info({ aor }, 'registrations ended by the operator');
      this.#suspensions.pardon(aor);
      this.#parts.end(aor);
    }
  }

  async #flush(limit: number, anew: boolean): Promise<void> {
    for (const { record, registration } of this.#journal.changes(limit)) {
      const value = registration === null ? null : JSON.stringify(registration);
      this.#unwritten.set(record, { record, aor: registration?.aor ?? '', value });
    }
    const list = this.#suspensions.list(this.#parts.clock.wallMs()).slice(0, MAX_SUSPECTS);
    const values = list.map((suspect) => JSON.stringify(suspect));
    const suspects = values.join('\n');
    if (this.#unwritten.size === 0 && suspects === this.#suspects && !anew) return;
    await this.#store.transaction(async (db) => {
      if (anew) await clearRegistrations(db);
      await writeRegistrations(db, [...this.#unwritten.values()]);
      if (suspects !== this.#suspects) await writeSuspects(db, values);
    });
    this.#unwritten.clear();
    this.#suspects = suspects;
  }

  /** Calls matter more than the store: what cannot be written is written with a later change. */
  async #guarded(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.log.error({ error: String(error) }, 'registrations cannot be kept in the store');
    }
  }
}
