// node-rdkafka as far as Tandem uses it. Its types are written down here, since the package is
// there only where Kafka is used: it compiles librdkafka, and loads in the main thread of a process
// only.
import { TandemError } from '../../engine/base/errors.ts';

/** `code`: of librdkafka (negative) or of the broker. */
export interface KafkaError extends Error {
  readonly code: number;
}

export type Done = (error?: KafkaError | null) => void;
export type Properties = Readonly<Record<string, unknown>>;

export interface KafkaMessage {
  readonly value: Buffer | null;
  readonly key: Buffer | null;
  readonly partition: number;
  readonly offset: number;
  /** Epoch milliseconds, fixed when the message was produced. */
  readonly timestamp: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
  /** Undefined: none is committed. */
  readonly offset?: number;
}

export interface TopicMetadata {
  readonly topics: readonly { readonly name: string; readonly partitions: readonly object[] }[];
}

/** A line of librdkafka's log; `fac` FAIL: a connection failed. */
export interface KafkaLogLine {
  readonly fac: string;
  readonly message: string;
}

export interface KafkaClient {
  connect(options: { timeout: number }, done: Done): void;
  getMetadata(
    options: { topic?: string; timeout: number },
    done: (error: KafkaError | null, metadata: TopicMetadata) => void,
  ): void;
  on(event: 'event.error', listener: (error: KafkaError) => void): this;
  on(event: 'event.log', listener: (line: KafkaLogLine) => void): this;
}

export interface KafkaProducer extends KafkaClient {
  /** Copies `value`. @throws KafkaError, ERR_QUEUE_FULL among them. */
  produce(
    topic: string,
    partition: null,
    value: Buffer | null,
    key: string | Buffer | null,
    timestamp?: null,
    opaque?: null,
    headers?: readonly Readonly<Record<string, string>>[],
  ): void;
  poll(): void;
  setPollInterval(intervalMs: number): void;
  /** Waits in the thread pool; an error when messages are left after `timeoutMs`. */
  flush(timeoutMs: number, done: Done): void;
  disconnect(flushMs: number, done: () => void): void;
  on(event: 'event.error', listener: (error: KafkaError) => void): this;
  on(event: 'event.log', listener: (line: KafkaLogLine) => void): this;
  on(event: 'delivery-report', listener: (error: KafkaError | null) => void): this;
}

export interface KafkaConsumer extends KafkaClient {
  subscribe(topics: readonly string[]): void;
  setDefaultConsumeTimeout(timeoutMs: number): void;
  consume(
    most: number,
    done: (error: KafkaError | null, messages: readonly KafkaMessage[]) => void,
  ): void;
  assign(partitions: readonly TopicPartition[]): void;
  unassign(): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** The outcome goes to `offset_commit_cb`. */
  commit(partitions: readonly TopicPartition[]): void;
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
    done: (error: KafkaError | null, partitions: readonly TopicPartition[]) => void,
  ): void;
  getWatermarkOffsets(topic: string, partition: number): { readonly highOffset: number };
  disconnect(done: () => void): void;
}

interface KafkaAdmin {
  createTopic(
    topic: { topic: string; num_partitions: number; replication_factor: number },
    timeoutMs: number,
    done: Done,
  ): void;
  disconnect(): void;
}

export interface KafkaLibrary {
  readonly Producer: new (properties: Properties) => KafkaProducer;
  readonly KafkaConsumer: new (properties: Properties, topic: Properties) => KafkaConsumer;
  readonly AdminClient: { create(properties: Properties): KafkaAdmin };
  /** What librdkafka was compiled with: `ssl`, `lz4`, `zstd`, ... */
  readonly features: readonly string[];
}

export const ERR_QUEUE_FULL = -184;
export const ERR_ASSIGN_PARTITIONS = -175;
export const ERR_TOPIC_EXISTS = 36;

const INSTALL =
  'apt install g++ make python3 libssl-dev libzstd-dev, then npm run kafka:install ' +
  '(it compiles for about two minutes)';

/** @throws TandemError TDM_KAFKA_MISSING with what to type. */
export async function loadKafkaLibrary(): Promise<KafkaLibrary> {
  // Not a literal in the import: tsc must not look for a package that may not be installed.
  const name = ['node', 'rdkafka'].join('-');
  try {
    const module = (await import(name)) as { default: KafkaLibrary };
    return module.default;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND';
    const why = missing ? 'is not installed' : `cannot be loaded: ${String(cause)}`;
    const message = `\`kafka\` in tandem.yaml needs node-rdkafka, which ${why}. ${INSTALL}`;
    throw new TandemError('TDM_KAFKA_MISSING', message, { cause });
  }
}
