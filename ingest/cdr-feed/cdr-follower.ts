// Follows the spool of one node for one consumer (CDR files, push) and hands out its CDRs in order,
// from a position of the consumer's own. Between `next` and `commit` nothing is given up: whoever
// dies in between gets the same batch again.
import { existsSync } from 'node:fs';
import { TandemError } from '../../engine/base/errors.ts';
import { decodeRecord } from '../../engine/cdr/record-decoder.ts';
import type { Row } from '../../engine/cdr/record-decoder.ts';
import { KIND_ATTEMPT, KIND_CDR } from '../../engine/cdr/schema.ts';
import type { RecordHandler, SpoolBatch, SpoolRange } from '../../engine/cdr/spool-reader.ts';
import { SpoolReader } from '../../engine/cdr/spool-reader.ts';
import type { SpoolPosition } from '../../engine/cdr/spool-segment.ts';
import type { DeliveryPosition } from '../delivery-position.ts';
import { loadPosition, positionFile, savePosition } from '../delivery-position.ts';
import type { IngestContext } from '../ingest-job.ts';

/** Records of any kind in one batch, at most: bounds memory when no CDR is among them. */
const RECORDS_PER_CDR = 8;

export interface CdrBatch extends SpoolRange {
  /** In the order of the spool; empty when the range holds other records only. */
  readonly cdrs: readonly Row[];
}

/** The position file: `progress` is the consumer's own. */
interface StoredPosition extends DeliveryPosition {
  readonly progress?: unknown;
}

export class CdrFollower {
  readonly #file: string;
  readonly #node: string;
  readonly #log: IngestContext['log'];
  readonly #reader: SpoolReader;
  #pending: SpoolRange | null;
  #delivered: SpoolPosition;
  #progress: unknown;

  /**
   * A consumer without a position begins where the delivery to ClickHouse or Kafka stands: what
   * was delivered before it was switched on is not for it.
   * @throws TandemError TDM_SPOOL_CORRUPT for an unreadable position file; system's errors.
   */
  constructor(context: Pick<IngestContext, 'directory' | 'log'>, node: string, consumer: string) {
    const { directory, log } = context;
    this.#file = positionFile(directory, node, consumer);
    this.#node = node;
    this.#log = log;
    const own: StoredPosition = loadPosition(this.#file);
    // Sequence 0 is a position too: the beginning, which a new spool has.
    const isNew = !existsSync(this.#file);
    const from = isNew ? loadPosition(positionFile(directory, node)).delivered : own.delivered;
    this.#pending = own.pending;
    this.#delivered = from;
    this.#progress = own.progress;
    if (isNew) this.#save();
    this.#reader = new SpoolReader(directory, node, from, (damage) => {
      log.error({ node, consumer, ...damage }, 'damaged bytes in the spool skipped');
    });
  }

  /**
   * The next CDRs that are there now: the batch that was announced and not committed, if there is
   * one, with its exact range. Undefined when nothing is there.
   * @throws TandemError TDM_SPOOL_FUTURE in front of a record of a newer schema; system's errors.
   */
  next(maxCdrs: number): CdrBatch | undefined {
    const gathered = new Gathered(maxCdrs);
    const batch = this.#read(maxCdrs, gathered.take);
    if (gathered.malformed > 0) {
      const { malformed } = gathered;
      this.#log.warn({ node: this.#node, malformed }, 'records that are no CDRs left out');
    }
    if (batch === undefined) return undefined;
    if (batch.last > batch.first) {
      const { sequence, first, last } = batch;
      return { sequence, first, last, cdrs: gathered.cdrs };
    }
    throw new TandemError(
      'TDM_SPOOL_FUTURE',
      `the spool of ${this.#node} has a record that this version does not know: ${gathered.future}`,
    );
  }

  /** What was stored with the position; undefined when nothing was. */
  get progress(): unknown {
    return this.#progress;
  }

  /** Stores durably that this range is worked on: it comes back whole until it is committed. */
  announce({ sequence, first, last }: SpoolRange): void {
    if (this.#pending?.first === first && this.#pending.sequence === sequence) return;
    this.#pending = { sequence, first, last };
    this.#delivered = { sequence, offset: first };
    this.#save();
  }

  /** Stores durably that everything up to the end of the range is done, and `progress` with it. */
  commit({ sequence, last }: SpoolRange, progress?: object): void {
    this.#pending = null;
    this.#delivered = { sequence, offset: last };
    // A power cut must not take from the spool what the position calls done.
    this.#reader.sync();
    this.note(progress);
  }

  /** Stores `progress` durably, at the same position. */
  note(progress?: object): void {
    this.#progress = progress;
    this.#save();
  }

  close(): void {
    this.#reader.close();
  }

  #read(maxCdrs: number, take: RecordHandler): SpoolBatch | undefined {
    if (this.#pending !== null) {
      const batch = this.#reader.readRange(this.#pending, take);
      if (batch !== undefined) return batch;
      // Its segment is gone or cut: nothing of it can be had any more.
      this.#log.error({ node: this.#node, ...this.#pending }, 'announced records are gone');
      this.#pending = null;
    }
    return this.#reader.readBatch(maxCdrs * RECORDS_PER_CDR, take);
  }

  #save(): void {
    const stored: StoredPosition = {
      delivered: this.#delivered,
      pending: this.#pending,
      progress: this.#progress,
    };
    savePosition(this.#file, stored);
  }
}

/** CDRs of a batch; stops in front of the one beyond `max` and of what it does not know. */
class Gathered {
  readonly cdrs: Row[] = [];
  malformed = 0;
  future = '';
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  readonly take: RecordHandler = (kind, version, payload, start, end) => {
    if (kind === KIND_ATTEMPT) return true;
    if (kind === KIND_CDR && this.cdrs.length === this.#max) return false;
    const decoded = decodeRecord(kind, version, payload, start, end);
    if (decoded.status === 'cdr') this.cdrs.push(decoded.row);
    if (decoded.status === 'malformed') this.malformed++;
    if (decoded.status === 'future') this.future = decoded.reason;
    return decoded.status !== 'future';
  };
}
