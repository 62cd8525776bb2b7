// Reads and commits the offsets of one consumer group for one topic, as promises.
import { TandemError } from '../../engine/base/errors.ts';
import type { KafkaConsumer, KafkaError, TopicPartition } from './rdkafka.ts';

const TIMEOUT_MS = 10_000;

export class OffsetKeeper {
  readonly #topic: string;
  #consumer: KafkaConsumer | undefined;
  #waiting: ((error: KafkaError | undefined) => void) | undefined;
  /** Commits of one handle follow each other: their outcomes carry no number. */
  #last: Promise<void> = Promise.resolve();
  #unanswered = 0;

  constructor(topic: string) {
    this.#topic = topic;
  }

  /** For `offset_commit_cb` of the consumer, which {@link use} names. */
  readonly onCommit = (error: KafkaError | undefined): void => {
    this.#unanswered--;
    this.#waiting?.(error);
  };

  /** Whether the outcome of a commit is still to come, also of one that was given up. */
  get unanswered(): boolean {
    return this.#unanswered > 0;
  }

  use(consumer: KafkaConsumer): void {
    this.#consumer = consumer;
  }

  /**
   * Resolves when the broker has it. The handle has to be polled meanwhile.
   * @throws TandemError TDM_KAFKA_FAILED, also when the partition belongs to another member by now
   */
  commit(partition: number, offset: number): Promise<void> {
    const run = (): Promise<void> => this.#commitNow(partition, offset);
    const result = this.#last.then(run, run);
    this.#last = result;
    return result;
  }

  async #commitNow(partition: number, offset: number): Promise<void> {
    const outcome = await new Promise<string>((resolve) => {
      const timer = setTimeout(() => {
        resolve('no answer');
      }, TIMEOUT_MS);
      this.#waiting = (error) => {
        clearTimeout(timer);
        resolve(error ? error.message : '');
      };
      try {
        this.#consumer?.commit([{ topic: this.#topic, partition, offset }]);
        this.#unanswered++;
      } catch (error) {
        clearTimeout(timer);
        resolve((error as Error).message);
      }
    });
    this.#waiting = undefined;
    if (outcome === '') return;
    const what = `offset ${offset} of ${this.#topic}/${partition}`;
    throw new TandemError('TDM_KAFKA_FAILED', `${what} is not committed: ${outcome}`);
  }

  /** Offsets of partitions, -1 where none is committed. @throws TandemError TDM_KAFKA_FAILED */
  async committed(partitions: readonly number[]): Promise<Map<number, number>> {
    const asked = partitions.map((partition) => ({ topic: this.#topic, partition }));
    const found = await new Promise<readonly TopicPartition[]>((resolve, reject) => {
      this.#consumer?.committed(asked, TIMEOUT_MS, (error, list) => {
        if (error === null) resolve(list);
        else reject(new TandemError('TDM_KAFKA_FAILED', `no offsets: ${error.message}`));
      });
    });
    return new Map(found.map(({ partition, offset }) => [partition, offset ?? -1]));
  }
}
