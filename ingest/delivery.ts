// Follows the spool of one node and brings it into ClickHouse, exactly once:
//   1. announce the batch's range durably   2. insert it under a token made of that range
//   3. store the position behind it durably
// Death between any two steps repeats the same range under the same token.
import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '../engine/base/errors.ts';
import type { RecordHandler, SpoolBatch, SpoolRange } from '../engine/cdr/spool-reader.ts';
import { SpoolReader } from '../engine/cdr/spool-reader.ts';
import { isUnwritable, unwritable } from '../engine/cdr/unwritable.ts';
import { BackOff } from './back-off.ts';
import type { RowBatch } from './clickhouse-writer.ts';
import type { DeadLetter } from './dead-letter.ts';
import { appendDeadLetters } from './dead-letter.ts';
import type { DeliveryPosition } from './delivery-position.ts';
import { loadPosition, positionFile, savePosition } from './delivery-position.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestJob } from './ingest-job.ts';
import type { IngestState } from './ingest-state.ts';
import { setProblem } from './ingest-state.ts';
import { RecordGatherer } from './record-gatherer.ts';
import { deleteDelivered } from './retention.ts';

export interface DeliveryOptions {
  readonly directory: string;
  readonly node: string;
  readonly writer: { write(batch: RowBatch, signal: AbortSignal): Promise<boolean> };
  readonly state: IngestState;
  readonly log: IngestLog;
  /** A batch is cut at this many records, ... */
  readonly batchRecords: number;
  /** ... or takes what has come in this time. */
  readonly batchAgeMs: number;
  /** Delivered segments that stay on disk. */
  readonly keepSegments: number;
}

/** Less than this in the spool waits for the next batch: about 500 records. */
const GATHER_BYTES = 256 * 1024;

/** Records of one range of the spool. */
interface Gathered {
  readonly rows: RecordGatherer;
  readonly letters: Omit<DeadLetter, 'batch'>[];
  /** Set when a record of a newer schema stopped the batch. */
  future: string;
}

export class Delivery implements IngestJob {
  readonly name: string;
  readonly #options: DeliveryOptions;
  readonly #positionFile: string;
  readonly #reader: SpoolReader;
  #pending: SpoolRange | null;
  /** Segment of the stored position: those before it are delivered for good. */
  #storedSequence: number;

  /** @throws TandemError TDM_SPOOL_CORRUPT for an unreadable position file. */
  constructor(options: DeliveryOptions) {
    this.name = `delivery of ${options.node}`;
    setProblem(options.state, this.name, 'starting');
    this.#options = options;
    this.#positionFile = positionFile(options.directory, options.node);
    const { delivered, pending } = loadPosition(this.#positionFile);
    this.#pending = pending;
    this.#storedSequence = delivered.sequence;
    this.#reader = new SpoolReader(options.directory, options.node, delivered, (damage) => {
      options.state.damagedBytes += damage.last - damage.first;
      options.log.error({ node: options.node, ...damage }, 'damaged bytes in the spool skipped');
    });
  }

  /**
   * Delivers until `stop` aborts and nothing is left, or until `abort` aborts.
   * Failures of any kind are logged and tried again.
   * @returns whether everything is delivered.
   */
  async run(stop: AbortSignal, abort: AbortSignal): Promise<boolean> {
    const backOff = new BackOff();
    while (!abort.aborted) {
      try {
        // Asked first: what was written before the stop is then seen by this pass.
        const last = stop.aborted;
        await this.#deliverAll(abort, last);
        backOff.reset();
        setProblem(this.#options.state, this.name, '');
        if (last) break;
        await this.#pause(stop);
      } catch (error) {
        this.#holdUp(error);
        if (stop.aborted && error instanceof TandemError) break;
        await backOff.wait(abort);
      }
    }
    const delivered = !abort.aborted && this.#reader.lagBytes() === 0;
    this.#reader.close();
    return delivered;
  }

  /** Bytes of the spool not yet delivered. */
  lagBytes(): number {
    return this.#reader.lagBytes();
  }

  async #pause(stop: AbortSignal): Promise<void> {
    await delay(this.#options.batchAgeMs, undefined, { signal: stop }).catch(() => undefined);
  }

  #holdUp(error: unknown): void {
    const { state, log, node, directory } = this.#options;
    const problem = String(isUnwritable(error) ? unwritable(directory, error) : error);
    setProblem(state, this.name, problem);
    log.error({ node, error: problem, ...this.#reader.position }, 'delivery is held up');
    // On a full disk the delivered segments are what can go.
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      deleteDelivered(directory, node, this.#storedSequence, 0);
    }
  }

  /** @param last nothing more will come: small batches need not wait for company */
  async #deliverAll(abort: AbortSignal, last: boolean): Promise<void> {
    if (this.#pending !== null && !(await this.#repeat(this.#pending, abort))) return;
    for (;;) {
      const gathered = newGathered();
      const batch = this.#reader.readBatch(this.#options.batchRecords, gather(gathered));
      if (batch === undefined) return;
      if (batch.last > batch.first && !(await this.#deliver(batch, gathered, abort))) return;
      if (batch.stopped) throw new TandemError('TDM_SPOOL_FUTURE', gathered.future);
      // What little came meanwhile is gathered for the next batch: an insert costs ClickHouse the
      // same few 10 ms whether it brings 50 rows or 5,000.
      if (!last && this.#reader.lagBytes() < GATHER_BYTES) return;
    }
  }

  /** Takes up the batch that an earlier run, or an earlier failure of this one, left announced. */
  async #repeat(pending: SpoolRange, abort: AbortSignal): Promise<boolean> {
    const gathered = newGathered();
    const batch = this.#reader.readRange(pending, gather(gathered));
    if (batch?.last !== pending.last) {
      const range = `${pending.sequence}:${pending.first}-${pending.last}`;
      throw new TandemError(
        'TDM_SPOOL_CORRUPT',
        `range ${range} of the spool is gone. To give it up, set "pending" to null in ` +
          `${this.#positionFile} and start ingest again.`,
      );
    }
    return this.#deliver(batch, gathered, abort);
  }

  async #deliver(batch: SpoolBatch, gathered: Gathered, abort: AbortSignal): Promise<boolean> {
    const { directory, node, writer, state } = this.#options;
    const { sequence, createdAtMs, first, last } = batch;
    const token = `${node}:${sequence}.${createdAtMs}:${first}-${last}`;
    this.#pending = { sequence, first, last };
    this.#reader.sync();
    this.#store({ delivered: { sequence, offset: first }, pending: this.#pending });
    const { cdrs, attempts } = gathered.rows;
    if (!(await writer.write({ token, cdrs, attempts }, abort))) return false;
    const letters = gathered.letters.map((letter) => ({ batch: token, ...letter }));
    appendDeadLetters(directory, node, letters);
    this.#store({ delivered: { sequence, offset: last }, pending: null });
    this.#pending = null;
    state.batches++;
    this.#report(token, letters.length);
    deleteDelivered(directory, node, sequence, this.#options.keepSegments);
    return true;
  }

  #store(position: DeliveryPosition): void {
    savePosition(this.#positionFile, position);
    this.#storedSequence = position.delivered.sequence;
  }

  #report(token: string, malformed: number): void {
    if (malformed === 0) return;
    this.#options.state.malformedRecords += malformed;
    this.#options.log.error({ token, malformed }, 'records set aside in the dead-letter file');
  }
}

function newGathered(): Gathered {
  return { rows: new RecordGatherer(), letters: [], future: '' };
}

function gather(into: Gathered): RecordHandler {
  const { rows, letters } = into;
  return (kind, version, payload, start, end) => {
    switch (rows.add(kind, version, payload, start, end)) {
      case 'taken':
        return true;
      case 'malformed': {
        const { reason } = rows;
        letters.push({ kind, version, reason, payload: payload.toString('base64', start, end) });
        return true;
      }
      case 'future':
        into.future = rows.reason;
        return false;
    }
  };
}
