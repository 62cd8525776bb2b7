// One partition of the topic on its way to ClickHouse: cuts its messages into batches. A batch that
// an earlier life had announced is cut at the same end again, so that it carries the same token.
import { RecordGatherer } from '../record-gatherer.ts';
import { gatherValue } from './message-value.ts';
import type { KafkaMessage } from './rdkafka.ts';

/** A message that is no record of ours: it goes to the dead-letter topic. */
export interface PoisonMessage {
  readonly message: KafkaMessage;
  readonly reason: string;
}

export interface FeedBatch {
  readonly feed: PartitionFeed;
  /** Offsets of the first and the last message. */
  readonly first: number;
  last: number;
  /** Of the first message: tells this topic from one of the same name that was deleted. */
  readonly timestamp: number;
  readonly rows: RecordGatherer;
  readonly poison: PoisonMessage[];
  messages: number;
  readonly openedAtMs: number;
}

export interface FeedLimits {
  /** A batch is closed at this many messages, ... */
  readonly batchMessages: number;
  /** ... or at this age; while messages come faster than they are taken, at the second. */
  readonly batchAgeMs: number;
  readonly backlogAgeMs: number;
}

export class PartitionFeed {
  readonly partition: number;
  /** Aborts when the partition goes to another member. */
  readonly revoked = new AbortController();
  /** Why the partition stands still in front of a record of the future. */
  held = '';
  paused = false;
  /** Messages taken and not yet in ClickHouse. */
  buffered = 0;
  /** Messages that were gone from the topic before they were read. */
  lost = 0;
  /** Everything before it is in ClickHouse. */
  committed: number;
  readonly #limits: FeedLimits;
  /** Offset of the next message; -1 when the topic decides. */
  #next: number;
  /** End of the range that is repeated; 0 when none is. */
  #repeatUntil: number;
  #open: FeedBatch | undefined;
  readonly #closed: FeedBatch[] = [];

  /**
   * @param committed offset to begin with; -1: the oldest message there is
   * @param announced end of the last batch that was announced; before `committed` when it was done
   */
  constructor(partition: number, committed: number, announced: number, limits: FeedLimits) {
    this.partition = partition;
    this.committed = committed;
    this.#next = committed;
    this.#repeatUntil = announced > committed ? announced : 0;
    this.#limits = limits;
  }

  /** Messages come in the order of their offsets. */
  take(message: KafkaMessage, nowMs: number): void {
    if (this.held !== '' || message.offset < this.#next) return;
    if (this.#next >= 0) this.lost += message.offset - this.#next;
    if (this.committed < 0) this.committed = message.offset;
    this.#next = message.offset + 1;
    if (this.#repeatUntil > 0 && message.offset >= this.#repeatUntil) this.#close();
    const batch = (this.#open ??= openBatch(this, message, nowMs));
    const gathered = gatherValue(message.value, batch.rows);
    if (gathered === 'future') {
      this.#hold(batch.rows.reason, message.offset);
      return;
    }
    if (gathered === 'malformed') batch.poison.push({ message, reason: batch.rows.reason });
    batch.last = message.offset;
    batch.messages++;
    this.buffered++;
    const full = batch.messages >= this.#limits.batchMessages;
    if (this.#repeatUntil > 0 ? this.#next >= this.#repeatUntil : full) this.#close();
  }

  /**
   * Closes the batch when it is old enough; a repeated one has to become whole.
   * @param backlog more messages wait to be taken
   */
  cut(nowMs: number, backlog: boolean): void {
    const batch = this.#open;
    if (batch === undefined || this.#repeatUntil > 0) return;
    const { batchAgeMs, backlogAgeMs } = this.#limits;
    if (nowMs - batch.openedAtMs >= (backlog ? backlogAgeMs : batchAgeMs)) this.#close();
  }

  /** The next batch to insert, which stays counted in `buffered` until {@link done}. */
  shift(): FeedBatch | undefined {
    return this.#closed.shift();
  }

  done(batch: FeedBatch): void {
    this.buffered -= batch.messages;
    this.committed = batch.last + 1;
  }

  #close(): void {
    const batch = this.#open;
    this.#open = undefined;
    this.#repeatUntil = 0;
    if (batch !== undefined && batch.messages > 0) this.#closed.push(batch);
  }

  #hold(reason: string, offset: number): void {
    this.held = `partition ${this.partition} at offset ${offset}: ${reason}`;
    if (this.#repeatUntil > 0) {
      // A newer version had announced more than this one understands: that one has to repeat it.
      this.buffered -= this.#open?.messages ?? 0;
      this.#open = undefined;
    }
    this.#close();
  }
}

function openBatch(feed: PartitionFeed, message: KafkaMessage, nowMs: number): FeedBatch {
  const { offset, timestamp } = message;
  const rows = new RecordGatherer();
  return {
    ...{ feed, first: offset, last: offset, timestamp, rows },
    ...{ poison: [], messages: 0, openedAtMs: nowMs },
  };
}
