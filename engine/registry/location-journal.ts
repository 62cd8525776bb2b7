// What has changed in the location table since somebody looked last, and the way back: main keeps
// the control store like the table by it, and fills the table from the store before shards start.
import { LocationTable } from './location-table.ts';
import { LocationWriter } from './location-writer.ts';
import type { Registration } from './registration.ts';

export interface ChangedRecord {
  readonly record: number;
  /** Null: free now. */
  readonly registration: JournaledRegistration | null;
}

/** A registration, and whether its device answered when it was asked last. */
export interface JournaledRegistration extends Registration {
  readonly reachable: boolean;
}

export class LocationJournal {
  readonly #table: LocationTable;
  /** Version of each record when it was looked at last: 4 bytes a record. */
  readonly #seen: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#table = new LocationTable(memory);
    this.#seen = new Int32Array(this.#table.records);
  }

  /** At most `limit` changes; the rest comes with the next call. */
  changes(limit: number): ChangedRecord[] {
    const changed: ChangedRecord[] = [];
    for (let region = 0; region < this.#table.regions; region++) {
      const end = this.#table.endOfRecords(region);
      for (let record = this.#table.firstRecord(region); record < end; record++) {
        const version = this.#table.versionOf(record);
        if (version === this.#seen[record] || (version & 1) === 1) continue;
        if (changed.length === limit) return changed;
        this.#seen[record] = version;
        const found = this.#table.read(record);
        const reachable = this.#table.isReachable(record);
        changed.push({ record, registration: found === null ? null : { ...found, reachable } });
      }
    }
    return changed;
  }
}

/** Puts registrations back that have not expired; to be used before the shards write. */
export function restoreRegistrations(
  memory: SharedArrayBuffer,
  registrations: Iterable<Registration>,
  wallMs: number,
): number {
  const { regions } = new LocationTable(memory);
  const writers = Array.from({ length: regions }, (_, i) => new LocationWriter(memory, i));
  let restored = 0;
  for (const registration of registrations) {
    if (registration.expiresAtMs <= wallMs) continue;
    const writer = writers[writers[0]!.regionOf(registration.aor)]!;
    if (writer.put(registration) >= 0) restored++;
  }
  return restored;
}
