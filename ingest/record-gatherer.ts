// Turns the records of one batch into the rows of its two inserts. Both ways to ClickHouse, from
// the spool and from Kafka, gather here.
import { decodeRecord, decodeValues } from '../engine/cdr/record-decoder.ts';
import type { Decoded, Row } from '../engine/cdr/record-decoder.ts';

/** `malformed` and `future` leave no row; `reason` says why. */
export type Gathered = 'taken' | 'malformed' | 'future';

export class RecordGatherer {
  readonly cdrs: Row[] = [];
  readonly attempts: Row[] = [];
  /** Why the last record was not taken. */
  reason = '';

  /** Takes the record `payload[start, end)`; a call's state (START, ALIVE) is taken as nothing. */
  add(kind: number, version: number, payload: Buffer, start: number, end: number): Gathered {
    return this.#keep(decodeRecord(kind, version, payload, start, end));
  }

  /** Takes a record that is unpacked: `values` becomes its row. */
  addValues(kind: number, version: number, values: unknown): Gathered {
    return this.#keep(decodeValues(kind, version, values));
  }

  /** Forgets the rows behind the first `cdrs` and `attempts`. */
  cutBack(cdrs: number, attempts: number): void {
    this.cdrs.length = cdrs;
    this.attempts.length = attempts;
  }

  #keep(decoded: Decoded): Gathered {
    switch (decoded.status) {
      case 'cdr':
        this.cdrs.push(decoded.row);
        return 'taken';
      case 'attempt':
        this.attempts.push(decoded.row);
        return 'taken';
      case 'state':
        return 'taken';
      case 'malformed':
      case 'future':
        this.reason = decoded.reason;
        return decoded.status;
    }
  }
}
