// Brings the topic into ClickHouse, exactly once, as one of the members that share its partitions:
//   1. commit the batch's first offset again: fails when the partition is another member's by now
//   2. announce the batch's end   3. insert under a token made of topic, partition and offsets
//   4. poison messages to the dead-letter topic   5. commit the offset behind it
// Whoever gets the partition after a death in between repeats the same range under the same token.
import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '../../engine/base/errors.ts';
import { BackOff } from '../back-off.ts';
import type { RowBatch } from '../clickhouse-writer.ts';
import type { IngestJob } from '../ingest-job.ts';
import type { IngestLog } from '../ingest-log.ts';
import type { IngestState } from '../ingest-state.ts';
import { setProblem } from '../ingest-state.ts';
import { DeadLetterTopic } from './dead-letter-topic.ts';
import type { GroupMemberOptions } from './group-member.ts';
import { GroupMember } from './group-member.ts';
import type { FeedBatch } from './partition-feed.ts';

export interface TopicDeliveryOptions extends Omit<GroupMemberOptions, 'settled'> {
  readonly writer: { write(batch: RowBatch, signal: AbortSignal): Promise<boolean> };
  /** Messages in memory at which the flow stops; it goes on at half of them. */
  readonly mostBuffered: number;
  readonly state: IngestState;
  readonly log: IngestLog;
}

/** Pause before the next poll when nothing came. */
const IDLE_MS = 50;
/** How often brokers that had trouble are asked whether they answer. */
const PROBE_MS = 2000;

export class TopicDelivery implements IngestJob {
  readonly name = 'delivery from Kafka';
  readonly #options: TopicDeliveryOptions;
  readonly #letters: DeadLetterTopic;
  readonly #backOff = new BackOff();
  /** The insert under way of each partition; while one waits for its brokers, others go on. */
  readonly #inserting = new Map<number, Promise<void>>();
  #failure: unknown;
  #probedAtMs = 0;
  #flowing = true;

  constructor(options: TopicDeliveryOptions) {
    this.#options = options;
    this.#letters = new DeadLetterTopic(options.library, options.target);
    setProblem(options.state, this.name, 'starting');
  }

  async run(stop: AbortSignal, abort: AbortSignal): Promise<boolean> {
    const { state, log } = this.#options;
    while (!stop.aborted) {
      try {
        await this.#take(stop, abort);
      } catch (error) {
        setProblem(state, this.name, String(error));
        state.kafka.consumeErrors++;
        log.error({ job: this.name, error: String(error) }, 'delivery is held up');
        await this.#backOff.wait(stop);
      }
    }
    await this.#letters.close();
    // What is not inserted stays in the topic.
    return true;
  }

  /** One membership in the group: until the stop, or until something fails. */
  async #take(stop: AbortSignal, abort: AbortSignal): Promise<void> {
    const settled = async (): Promise<void> => {
      await Promise.all(this.#inserting.values());
    };
    const member = await GroupMember.join({ ...this.#options, settled });
    this.#failure = undefined;
    this.#flowing = true;
    try {
      while (!stop.aborted && this.#failure === undefined) {
        const came = await member.poll();
        this.#insertWaiting(member, abort);
        this.#regulate(member);
        await this.#tell(member);
        if (came === 0) await delay(IDLE_MS, undefined, { signal: stop }).catch(() => undefined);
      }
      if (this.#failure !== undefined) throw this.#failure as Error;
    } finally {
      const leaving = this.#pollUntilSettled(member, abort);
      await leaving;
      await member.leave(abort);
    }
  }

  /** The outcome of a commit comes by a poll, also at the end. */
  async #pollUntilSettled(member: GroupMember, abort: AbortSignal): Promise<void> {
    while (this.#inserting.size > 0 && !abort.aborted) {
      await member.poll().catch(() => 0);
      await Promise.race([...this.#inserting.values(), delay(IDLE_MS)]);
    }
  }

  /** Begins the next insert of each partition that has none under way. */
  #insertWaiting(member: GroupMember, abort: AbortSignal): void {
    for (const feed of [...member.feeds.values()]) {
      if (this.#failure !== undefined) return;
      const { partition } = feed;
      if (this.#inserting.has(partition)) continue;
      const batch = feed.shift();
      if (batch === undefined) continue;
      const insert = this.#insert(member, batch, abort)
        .catch((error: unknown) => {
          this.#failure = error;
        })
        .finally(() => {
          this.#inserting.delete(partition);
        });
      this.#inserting.set(partition, insert);
    }
  }

  async #insert(member: GroupMember, batch: FeedBatch, abort: AbortSignal): Promise<void> {
    const { feed, first, last, timestamp, rows } = batch;
    const { target, writer, state } = this.#options;
    const signal = AbortSignal.any([abort, feed.revoked.signal]);
    if (signal.aborted) return;
    const token = `${target.topic}:${feed.partition}:${first}-${last}@${timestamp}`;
    await member.commit(feed, first);
    await member.announce(feed, last + 1);
    const { cdrs, attempts } = rows;
    if (!(await writer.write({ token, cdrs, attempts }, signal))) return;
    if (!(await this.#letters.write(batch.poison, signal))) return;
    if (feed.revoked.signal.aborted) return;
    await member.commit(feed, last + 1);
    feed.done(batch);
    this.#backOff.reset();
    state.batches++;
    state.kafka.consumed += batch.messages;
    this.#reportPoison(token, batch);
  }

  #reportPoison(token: string, { poison }: FeedBatch): void {
    if (poison.length === 0) return;
    this.#options.state.kafka.deadLetters += poison.length;
    const figures = { token, messages: poison.length, reason: poison[0]?.reason };
    this.#options.log.error(figures, 'messages set aside in the dead-letter topic');
  }

  /** ClickHouse slower than the brokers, or away: messages wait in the topic, not in memory. */
  #regulate(member: GroupMember): void {
    let buffered = 0;
    for (const feed of member.feeds.values()) buffered += feed.buffered;
    const { mostBuffered } = this.#options;
    if (buffered >= mostBuffered) this.#flowing = false;
    else if (buffered <= mostBuffered / 2) this.#flowing = true;
    this.#options.state.kafka.bufferedMessages = buffered;
    member.flow(this.#flowing);
  }

  async #tell(member: GroupMember): Promise<void> {
    const { kafka } = this.#options.state;
    const feeds = [...member.feeds.values()];
    kafka.partitions = feeds.length;
    kafka.lagMessages = member.lagMessages();
    for (const feed of feeds) this.#tellLost(feed.partition, feed.lost, () => (feed.lost = 0));
    const held = feeds.filter((feed) => feed.held !== '');
    if (held.length > kafka.heldPartitions) {
      const where = held.map((feed) => feed.held);
      this.#options.log.error({ where }, 'partitions stand still in front of newer records');
    }
    kafka.heldPartitions = held.length;
    await this.#probe(member);
    const future = held.map((feed) => feed.held).join('; ');
    let problem: TandemError | '' = '';
    if (member.trouble !== '') problem = new TandemError('TDM_KAFKA_FAILED', member.trouble);
    if (future !== '') {
      problem = new TandemError('TDM_KAFKA_FUTURE', `a newer version wrote ${future}`);
    }
    setProblem(this.#options.state, this.name, String(problem));
  }

  #tellLost(partition: number, messages: number, told: () => void): void {
    if (messages === 0) return;
    this.#options.state.kafka.lostMessages += messages;
    const figures = { partition, messages };
    this.#options.log.error(figures, 'messages were gone from the topic before they were read');
    told();
  }

  async #probe(member: GroupMember): Promise<void> {
    if (member.trouble === '' || performance.now() - this.#probedAtMs < PROBE_MS) return;
    const told = member.trouble;
    const reachable = await member.reachable(PROBE_MS);
    this.#probedAtMs = performance.now();
    if (reachable && member.trouble === told) member.trouble = '';
  }
}
