// This process as a member of the consumer group: polls, follows rebalances, keeps a feed for each
// of its partitions. A second handle, which is in no group, keeps the announced ends of batches as
// offsets of the group `<group>.announced`: node-rdkafka cannot commit metadata with an offset.
import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '../../engine/base/errors.ts';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import { BackOff } from '../back-off.ts';
import { announcerSettings, consumerSettings } from './client-settings.ts';
import { connectClient } from './connect-client.ts';
import { OffsetKeeper } from './offset-keeper.ts';
import type { FeedLimits } from './partition-feed.ts';
import { PartitionFeed } from './partition-feed.ts';
import type { KafkaConsumer, KafkaError, KafkaLibrary, KafkaMessage } from './rdkafka.ts';
import type { TopicPartition } from './rdkafka.ts';
import { ERR_ASSIGN_PARTITIONS } from './rdkafka.ts';
import { ensureTopic } from './topic.ts';

export interface GroupMemberOptions {
  readonly library: KafkaLibrary;
  readonly target: KafkaTarget;
  /** Of the spool: names the member. */
  readonly directory: string;
  readonly limits: FeedLimits;
  /** Resolves when the batch being inserted, if any, is done with; partitions go after that. */
  readonly settled: () => Promise<void>;
}

/** Messages taken in one go. */
const POLL_MESSAGES = 2000;
/** Nothing comes for this long: the poll returns with what it has. */
const POLL_GAP_MS = 1;
/** A revoked partition waits this long for its running insert. */
const REVOKE_WAIT_MS = 5000;
/** Pause between two polls while a commit has no outcome yet. */
const LEAVE_POLL_MS = 50;
/** Brokers that are there answer a commit in this time. */
const LEAVE_PATIENCE_MS = 2000;

export class GroupMember {
  readonly feeds = new Map<number, PartitionFeed>();
  /** The newest error of a connection or of a poll; the caller clears it. */
  trouble = '';
  readonly #options: GroupMemberOptions;
  readonly #consumer: KafkaConsumer;
  readonly #announcer: KafkaConsumer;
  readonly #offsets: OffsetKeeper;
  readonly #ends: OffsetKeeper;
  #closing = false;

  private constructor(options: GroupMemberOptions) {
    const { library, target, directory } = options;
    this.#options = options;
    this.#offsets = new OffsetKeeper(target.topic);
    this.#ends = new OffsetKeeper(target.topic);
    const fromOldest = { 'auto.offset.reset': 'earliest' };
    this.#consumer = new library.KafkaConsumer(
      {
        ...consumerSettings(target, directory),
        rebalance_cb: this.#rebalance,
        offset_commit_cb: this.#offsets.onCommit,
      },
      fromOldest,
    );
    this.#offsets.use(this.#consumer);
    this.#announcer = new library.KafkaConsumer(
      { ...announcerSettings(target), offset_commit_cb: this.#ends.onCommit },
      fromOldest,
    );
    this.#ends.use(this.#announcer);
  }

  /** @throws TandemError TDM_KAFKA_FAILED when brokers or topic are not there */
  static async join(options: GroupMemberOptions): Promise<GroupMember> {
    const { library, target } = options;
    const member = new GroupMember(options);
    const note = (message: string): void => {
      member.trouble = message;
    };
    try {
      for (const handle of [member.#consumer, member.#announcer]) {
        handle.setDefaultConsumeTimeout(POLL_GAP_MS);
        const poll = (): void => {
          handle.consume(1, () => undefined);
        };
        await connectClient(handle, target, poll, note);
      }
      await ensureTopic(library, member.#consumer, target, target.topic);
      member.#consumer.subscribe([target.topic]);
      return member;
    } catch (error) {
      await member.leave(AbortSignal.abort());
      throw error;
    }
  }

  /** Takes what is there; returns how many messages came. Has to be called again and again. */
  async poll(): Promise<number> {
    const messages = await this.#consume(this.#consumer, POLL_MESSAGES);
    const nowMs = performance.now();
    for (const message of messages) this.feeds.get(message.partition)?.take(message, nowMs);
    const backlog = messages.length === POLL_MESSAGES;
    for (const feed of this.feeds.values()) feed.cut(nowMs, backlog);
    return messages.length;
  }

  /** Stops or continues the flow of messages; polling goes on in either case. */
  flow(open: boolean): void {
    const { topic } = this.#options.target;
    for (const feed of this.feeds.values()) {
      const paused = !open || feed.held !== '';
      if (paused === feed.paused) continue;
      feed.paused = paused;
      const list = [{ topic, partition: feed.partition }];
      if (paused) this.#consumer.pause(list);
      else this.#consumer.resume(list);
    }
  }

  /** @throws TandemError TDM_KAFKA_FAILED, also when the partition is another member's by now */
  async commit(feed: PartitionFeed, offset: number): Promise<void> {
    await this.#offsets.commit(feed.partition, offset);
  }

  /** Writes down where the batch that is about to be inserted ends. */
  async announce(feed: PartitionFeed, end: number): Promise<void> {
    const done = new AbortController();
    const committing = this.#ends.commit(feed.partition, end).finally(() => {
      done.abort();
    });
    // Nobody else polls this handle, and its outcome comes by a poll.
    while (!done.signal.aborted) await this.#consume(this.#announcer, 1);
    await committing;
  }

  /** Messages behind the last insert, as far as the brokers have told. */
  lagMessages(): number {
    let lag = 0;
    for (const { partition, committed } of this.feeds.values()) {
      try {
        const { topic } = this.#options.target;
        const { highOffset } = this.#consumer.getWatermarkOffsets(topic, partition);
        lag += Math.max(0, highOffset - Math.max(0, committed));
      } catch {
        // Not known before the first fetch.
      }
    }
    return lag;
  }

  /** Whether a broker answers. */
  reachable(timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#consumer.getMetadata({ timeout: timeoutMs }, (error) => {
        resolve(!error);
      });
    });
  }

  /** @param abort the process ends: brokers that are away are not waited for any longer */
  async leave(abort: AbortSignal): Promise<void> {
    this.#closing = true;
    this.#revokeAll();
    const handles = [
      [this.#consumer, this.#offsets],
      [this.#announcer, this.#ends],
    ] as const;
    for (const [handle, offsets] of handles) {
      if (!(await this.#answered(handle, offsets, abort))) continue;
      await new Promise<void>((resolve) => {
        handle.disconnect(resolve);
      });
    }
  }

  /**
   * Waits for the outcome of all commits. `disconnect` would wait for it too, brokers away or not,
   * in a thread that the end of the process waits for. False: `abort` came, and none has come.
   */
  async #answered(
    handle: KafkaConsumer,
    offsets: OffsetKeeper,
    abort: AbortSignal,
  ): Promise<boolean> {
    const deadlineMs = performance.now() + LEAVE_PATIENCE_MS;
    while (offsets.unanswered) {
      if (abort.aborted && performance.now() > deadlineMs) return false;
      await this.#consume(handle, 1).catch(() => undefined);
      await delay(LEAVE_POLL_MS);
    }
    return true;
  }

  /** @throws TandemError TDM_KAFKA_FAILED for what polling reports */
  #consume(handle: KafkaConsumer, most: number): Promise<readonly KafkaMessage[]> {
    return new Promise((resolve, reject) => {
      handle.consume(most, (error, messages) => {
        if (error) reject(new TandemError('TDM_KAFKA_FAILED', error.message));
        else resolve(messages);
      });
    });
  }

  readonly #rebalance = (event: KafkaError, partitions: readonly TopicPartition[]): void => {
    if (event.code === ERR_ASSIGN_PARTITIONS) void this.#assign(partitions);
    else void this.#revoke();
  };

  /**
   * librdkafka waits for `assign`, however long the positions take to read; to leave, it has to
   * hear something too.
   */
  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    const { limits, target } = this.#options;
    const { topic } = target;
    const numbers = partitions.map(({ partition }) => partition);
    const backOff = new BackOff();
    while (!this.#closing) {
      try {
        const committed = await this.#offsets.committed(numbers);
        const announced = await this.#ends.committed(numbers);
        for (const n of numbers) {
          const from = committed.get(n) ?? -1;
          this.feeds.set(n, new PartitionFeed(n, from, announced.get(n) ?? -1, limits));
        }
        const from = numbers.map((partition) => {
          const offset = committed.get(partition) ?? -1;
          return offset < 0 ? { topic, partition } : { topic, partition, offset };
        });
        this.#consumer.assign(from);
        return;
      } catch (error) {
        this.trouble = String(error);
        await backOff.wait(new AbortController().signal);
      }
    }
    this.#unassign();
  }

  async #revoke(): Promise<void> {
    await Promise.race([this.#options.settled(), delay(REVOKE_WAIT_MS)]);
    this.#revokeAll();
    this.#unassign();
  }

  #unassign(): void {
    try {
      this.#consumer.unassign();
    } catch (error) {
      this.trouble = String(error);
    }
  }

  #revokeAll(): void {
    for (const feed of this.feeds.values()) feed.revoked.abort();
    this.feeds.clear();
  }
}
