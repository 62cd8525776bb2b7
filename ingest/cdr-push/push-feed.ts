// Real-time push: each CDR goes to the report server as soon as it is durable here, in order, at
// least once. What waits goes in one batch; a batch is announced before it is sent, so that a
// repeat after a crash is the same batch. What is refused is found record by record and set aside.
import type { PushOutcome, PushRecord, ReportTarget } from './report-target.ts';
import type { CdrFollower } from '../cdr-feed/cdr-follower.ts';
import type { CdrFeed } from '../cdr-feed/feed-job.ts';
import { callIdOf, jsonRecord } from '../cdr-feed/record-text.ts';

/** About 100 kB of JSON. */
const MAX_BATCH = 100;
/** This many refusals in a row are no bad records but a server that takes none. */
const MAX_REFUSALS = 10;

/** A record that the server refused, with what it said. */
export interface RefusedRecord {
  readonly id: string;
  readonly reason: string;
  readonly record: string;
}

export interface PushOptions {
  readonly follower: CdrFollower;
  readonly target: ReportTarget;
  /** Keeps refused records durably. */
  readonly setAside: (record: RefusedRecord) => void;
  readonly onTaken: (count: number) => void;
  /** Refusals in a row; outlives the feed, which an outage ends. */
  readonly refusals: { count: number };
}

export class PushFeed implements CdrFeed {
  readonly #options: PushOptions;

  constructor(options: PushOptions) {
    this.#options = options;
  }

  async pass(signal: AbortSignal): Promise<void> {
    const { follower } = this.#options;
    while (!signal.aborted) {
      const batch = follower.next(MAX_BATCH);
      if (batch === undefined) return;
      if (batch.cdrs.length > 0) {
        follower.announce(batch);
        await this.#push(
          batch.cdrs.map((row) => ({ id: callIdOf(row), json: jsonRecord(row) })),
          signal,
        );
      }
      follower.commit(batch);
    }
  }

  close(): void {
    this.#options.target.close();
    this.#options.follower.close();
  }

  async #push(records: readonly PushRecord[], signal: AbortSignal): Promise<void> {
    if ((await this.#send(records, signal)).status === 'taken') return;
    for (const record of records) {
      const outcome = await this.#send([record], signal);
      if (outcome.status === 'refused') this.#refused(record, outcome.reason);
    }
  }

  async #send(records: readonly PushRecord[], signal: AbortSignal): Promise<PushOutcome> {
    const outcome = await this.#options.target.send(records, signal);
    if (outcome.status === 'taken') {
      this.#options.refusals.count = 0;
      this.#options.onTaken(records.length);
    }
    return outcome;
  }

  #refused({ id, json }: PushRecord, reason: string): void {
    const { refusals, setAside } = this.#options;
    if (refusals.count === MAX_REFUSALS) {
      throw new Error(`the report server refuses every record: ${reason}`);
    }
    refusals.count++;
    setAside({ id, reason, record: json });
  }
}
