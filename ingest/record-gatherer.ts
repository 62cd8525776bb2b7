// Turns the records of one batch into the rows of its two inserts. Both ways to ClickHouse, from
// the spool and from Kafka, gather here.
import { decodeRecord, decodeValues } from '../engine/cdr/record-decoder.ts';
import type { Decoded } from '../engine/cdr/record-decoder.ts';
import {
  ANSWERED_POSITION,
  answeredColumns,
  answeredPositions,
  attemptColumns,
  cdrColumns,
  KIND_ATTEMPT,
  KIND_CDR,
  SCHEMA_VERSION,
} from '../engine/cdr/schema.ts';
import { RowBlock, rowLayout } from './row-binary.ts';

/** `malformed` and `future` leave no row; `reason` says why. */
export type Gathered = 'taken' | 'malformed' | 'future';

/** Rows and bytes of CDRs, then of attempts. */
export type GatherMark = readonly [number, number, number, number];

const CDR = rowLayout(cdrColumns, answeredColumns);
const ATTEMPT = rowLayout(attemptColumns);

export class RecordGatherer {
  readonly cdrs = new RowBlock(CDR);
  readonly attempts = new RowBlock(ATTEMPT);
  /** Why the last record was not taken. */
  reason = '';

  /** Takes the record `payload[start, end)`; a call's state (START, ALIVE) is taken as nothing. */
  add(kind: number, version: number, payload: Buffer, start: number, end: number): Gathered {
    const before = this.mark();
    if (this.addPacked(kind, version, payload, start, end) === end) return 'taken';
    this.cutBack(before);
    return this.#keep(decodeRecord(kind, version, payload, start, end));
  }

  /**
   * Takes the record that begins at `payload[start]` if it can go the short way (packed-record.ts).
   * @returns where it ends; -1: not taken
   */
  addPacked(kind: number, version: number, payload: Buffer, start: number, end: number): number {
    if (version !== SCHEMA_VERSION) return -1;
    const { cdrs, attempts } = this;
    if (kind === KIND_ATTEMPT) return attempts.addPacked(payload, start, end);
    if (kind !== KIND_CDR) return -1;
    const next = cdrs.addPacked(payload, start, end);
    if (next >= 0 && cdrs.has(ANSWERED_POSITION)) attempts.addColumnsOf(cdrs, answeredPositions);
    return next;
  }

  /** Takes a record that is unpacked: `values` becomes its row. */
  addValues(kind: number, version: number, values: unknown): Gathered {
    return this.#keep(decodeValues(kind, version, values));
  }

  /** Where the rows end now, for {@link cutBack}. */
  mark(): GatherMark {
    const { cdrs, attempts } = this;
    return [cdrs.rows, cdrs.length, attempts.rows, attempts.length];
  }

  /** Forgets the rows behind a mark. */
  cutBack([cdrs, cdrsLength, attempts, attemptsLength]: GatherMark): void {
    this.cdrs.cutBack(cdrs, cdrsLength);
    this.attempts.cutBack(attempts, attemptsLength);
  }

  #keep(decoded: Decoded): Gathered {
    switch (decoded.status) {
      case 'cdr':
        this.cdrs.add(decoded.row);
        if (decoded.answered !== null) this.attempts.add(decoded.answered);
        return 'taken';
      case 'attempt':
        this.attempts.add(decoded.row);
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
