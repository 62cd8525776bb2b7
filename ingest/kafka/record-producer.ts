// The idempotent producer: takes messages until its queue is full, then tells when all that it took
// are acknowledged. One failed message spoils the handle: open a new one and send again.
import { setImmediate as turn } from 'node:timers/promises';
import { TandemError } from '../../engine/base/errors.ts';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import { producerSettings } from './client-settings.ts';
import { connectClient } from './connect-client.ts';
import type { KafkaError, KafkaLibrary, KafkaProducer } from './rdkafka.ts';
import { ERR_QUEUE_FULL } from './rdkafka.ts';
import { ensureTopic } from './topic.ts';

/** How long a thread of the pool waits for acknowledgements in one go. */
const FLUSH_MS = 500;
const POLL_MS = 100;

export class RecordProducer {
  readonly #producer: KafkaProducer;
  readonly #topic: string;
  /** What a message failed of. */
  #failure = '';
  /** The newest error of a connection, cleared when all is delivered. */
  #trouble = '';

  private constructor(producer: KafkaProducer, topic: string) {
    this.#producer = producer;
    this.#topic = topic;
    producer.on('delivery-report', (error) => {
      if (error) this.#failure ||= error.message;
    });
  }

  /** @throws TandemError TDM_KAFKA_FAILED when brokers or topic are not there. */
  static async open(
    library: KafkaLibrary,
    target: KafkaTarget,
    topic: string,
  ): Promise<RecordProducer> {
    if (target.compression === 'zstd' && !library.features.includes('zstd')) {
      throw new TandemError(
        'TDM_KAFKA_FAILED',
        'this node-rdkafka was compiled without zstd: apt install libzstd-dev, then ' +
          'npm rebuild node-rdkafka; or set `compression: lz4`.',
      );
    }
    const client = new library.Producer(producerSettings(target));
    const producer = new RecordProducer(client, topic);
    const poll = (): void => {
      client.poll();
    };
    await connectClient(client, target, poll, (message) => {
      producer.#trouble = message;
    });
    try {
      await ensureTopic(library, client, target, topic);
    } catch (error) {
      await producer.close();
      throw error;
    }
    client.setPollInterval(POLL_MS);
    return producer;
  }

  /** False: the queue is full; wait for {@link delivered}. The value is copied. */
  send(
    value: Buffer | null,
    key: string | Buffer | null,
    headers?: readonly Readonly<Record<string, string>>[],
  ): boolean {
    try {
      this.#producer.produce(this.#topic, null, value, key, null, null, headers);
      return true;
    } catch (error) {
      if ((error as KafkaError).code === ERR_QUEUE_FULL) return false;
      throw failed(`a message is refused: ${(error as Error).message}`);
    }
  }

  /**
   * True: everything sent is acknowledged by all in-sync replicas. False: `abort` came before.
   * @param onWait told each time that acknowledgements take long, with what is known about why
   * @throws TandemError TDM_KAFKA_FAILED when a message failed for good
   */
  async delivered(abort: AbortSignal, onWait: (reason: string) => void): Promise<boolean> {
    for (;;) {
      const left = await new Promise<boolean>((resolve) => {
        this.#producer.flush(FLUSH_MS, (error) => {
          resolve(Boolean(error));
        });
      });
      // Reports of failures are on their way to this thread when the flush ends.
      await turn();
      await turn();
      if (this.#failure !== '') throw failed(`a message is refused: ${this.#failure}`);
      if (!left) {
        this.#trouble = '';
        return true;
      }
      if (abort.aborted) return false;
      onWait(this.#trouble || 'the brokers do not acknowledge');
    }
  }

  /** Forgets what is not acknowledged. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#producer.disconnect(0, resolve);
    });
  }
}

function failed(message: string): TandemError {
  return new TandemError('TDM_KAFKA_FAILED', message);
}
