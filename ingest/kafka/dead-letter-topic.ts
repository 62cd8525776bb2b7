// Messages that are no records of ours go to `<topic>.dead-letter` as they came, with the reason
// and the place in headers: topic, partition, offset. They are there before the batch counts as
// done.
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import type { PoisonMessage } from './partition-feed.ts';
import type { KafkaLibrary } from './rdkafka.ts';
import { RecordProducer } from './record-producer.ts';

export class DeadLetterTopic {
  readonly #library: KafkaLibrary;
  readonly #target: KafkaTarget;
  /** Opened for the first poison message. */
  #producer: RecordProducer | undefined;

  constructor(library: KafkaLibrary, target: KafkaTarget) {
    this.#library = library;
    this.#target = target;
  }

  /** False: `abort` came first. @throws TandemError TDM_KAFKA_FAILED */
  async write(letters: readonly PoisonMessage[], abort: AbortSignal): Promise<boolean> {
    if (letters.length === 0) return true;
    const { topic } = this.#target;
    const name = `${topic}.dead-letter`;
    try {
      this.#producer ??= await RecordProducer.open(this.#library, this.#target, name);
      for (const { message, reason } of letters) {
        const { value, key, partition, offset } = message;
        const place = { topic, partition: String(partition), offset: String(offset) };
        const headers = Object.entries({ reason, ...place }).map(([k, v]) => ({ [k]: v }));
        while (!this.#producer.send(value, key, headers)) {
          if (!(await this.#producer.delivered(abort, () => undefined))) return false;
        }
      }
      return await this.#producer.delivered(abort, () => undefined);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }
}
