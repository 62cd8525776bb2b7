// Follows the spool of one node and brings it into the topic. The stored position moves when the
// brokers have acknowledged everything before it, so that death repeats messages and skips none;
// the call's id, which is the key, tells the repeats apart (ReplacingMergeTree in ClickHouse).
import { setTimeout as delay } from 'node:timers/promises';
import { TandemError } from '../../engine/base/errors.ts';
import { decodeRecord } from '../../engine/cdr/record-decoder.ts';
import { KIND_ALIVE, KIND_ATTEMPT, KIND_START, KIND_WITHHELD } from '../../engine/cdr/schema.ts';
import type { SpoolBatch } from '../../engine/cdr/spool-reader.ts';
import { SpoolReader } from '../../engine/cdr/spool-reader.ts';
import { isUnwritable, unwritable } from '../../engine/cdr/unwritable.ts';
import type { KafkaTarget } from '../../engine/config/kafka-settings.ts';
import { BackOff } from '../back-off.ts';
import type { DeadLetter } from '../dead-letter.ts';
import { appendDeadLetters } from '../dead-letter.ts';
import { loadPosition, positionFile, savePosition } from '../delivery-position.ts';
import type { IngestJob } from '../ingest-job.ts';
import type { IngestLog } from '../ingest-log.ts';
import type { IngestState } from '../ingest-state.ts';
import { setProblem } from '../ingest-state.ts';
import { deleteDelivered } from '../retention.ts';
import { CallMessage, callIdOf, jsonRecords } from './message-value.ts';
import type { KafkaLibrary } from './rdkafka.ts';
import { RecordProducer } from './record-producer.ts';

export interface KafkaDeliveryOptions {
  readonly library: KafkaLibrary;
  readonly target: KafkaTarget;
  readonly directory: string;
  readonly node: string;
  readonly state: IngestState;
  readonly log: IngestLog;
  /** Delivered segments that stay on disk. */
  readonly keepSegments: number;
}

/** In flight at most, which bounds what librdkafka holds and what a crash repeats. */
const BATCH_RECORDS = 10_000;
/** How often the end of the spool is looked at. */
const LOOK_MS = 200;

export class KafkaDelivery implements IngestJob {
  readonly name: string;
  readonly #options: KafkaDeliveryOptions;
  readonly #positionFile: string;
  /** The records of a call, which follow each other in the spool, are one message. */
  readonly #message = new CallMessage();
  #reader: SpoolReader;
  #producer: RecordProducer | undefined;
  /** Segment of the stored position. */
  #sequence = 0;
  /** Records of the batch that JSON cannot say. */
  #letters: Omit<DeadLetter, 'batch'>[] = [];
  #sent = 0;
  /** Why the batch stopped in front of a record; empty when the queue was full. */
  #future = '';

  constructor(options: KafkaDeliveryOptions) {
    this.name = `delivery of ${options.node} to Kafka`;
    setProblem(options.state, this.name, 'starting');
    this.#options = options;
    this.#positionFile = positionFile(options.directory, options.node);
    this.#reader = this.#openReader();
  }

  async run(stop: AbortSignal, abort: AbortSignal): Promise<boolean> {
    const backOff = new BackOff();
    while (!abort.aborted) {
      try {
        // Asked first: what was written before the stop is then seen by this pass.
        const last = stop.aborted;
        if (!(await this.#deliverAll(abort))) break;
        backOff.reset();
        setProblem(this.#options.state, this.name, '');
        if (last) break;
        await delay(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
      } catch (error) {
        await this.#startOver(error);
        const futile = error instanceof TandemError && error.code !== 'TDM_KAFKA_FAILED';
        if (stop.aborted && futile) break;
        await backOff.wait(abort);
      }
    }
    const delivered = !abort.aborted && this.#reader.lagBytes() === 0;
    this.#reader.close();
    await this.#closeProducer();
    return delivered;
  }

  lagBytes(): number {
    return this.#reader.lagBytes();
  }

  /** A new handle, and the spool from the stored position on: nothing is taken as sent. */
  async #startOver(error: unknown): Promise<void> {
    const { state, log, directory, node } = this.#options;
    const problem = String(isUnwritable(error) ? unwritable(directory, error) : error);
    setProblem(state, this.name, problem);
    state.kafka.produceErrors++;
    log.error({ job: this.name, error: problem }, 'delivery is held up');
    // On a full disk the delivered segments are what can go.
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      deleteDelivered(directory, node, this.#sequence, 0);
    }
    await this.#closeProducer();
    this.#reader.close();
    this.#reader = this.#openReader();
  }

  /** @throws TandemError TDM_SPOOL_CORRUPT for an unreadable position file. */
  #openReader(): SpoolReader {
    const { directory, node, state, log } = this.#options;
    const { delivered } = loadPosition(this.#positionFile);
    this.#sequence = delivered.sequence;
    return new SpoolReader(directory, node, delivered, (damage) => {
      state.damagedBytes += damage.last - damage.first;
      log.error({ node, ...damage }, 'damaged bytes in the spool skipped');
    });
  }

  async #closeProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = undefined;
    await producer?.close();
  }

  /** False: `abort` came before everything was acknowledged. */
  async #deliverAll(abort: AbortSignal): Promise<boolean> {
    const { library, target, state } = this.#options;
    this.#producer ??= await RecordProducer.open(library, target, target.topic);
    const producer = this.#producer;
    for (;;) {
      this.#letters = [];
      this.#future = '';
      this.#sent = 0;
      this.#message.clear();
      const batch = this.#reader.readBatch(BATCH_RECORDS, this.#send);
      if (batch === undefined) return true;
      const onWait = (reason: string): void => {
        setProblem(state, this.name, `TDM_KAFKA_FAILED: ${reason}`);
      };
      if (batch.last > batch.first) {
        while (!this.#sendMessage()) {
          if (!(await producer.delivered(abort, onWait))) return false;
        }
        if (!(await producer.delivered(abort, onWait))) return false;
        setProblem(state, this.name, '');
        this.#passed(batch);
      }
      if (this.#future !== '') throw new TandemError('TDM_SPOOL_FUTURE', this.#future);
    }
  }

  /** Everything before the batch's end is on the brokers, or set aside. */
  #passed(batch: SpoolBatch): void {
    const { directory, node, state, keepSegments } = this.#options;
    const { sequence, first, last, createdAtMs } = batch;
    const name = `${node}:${sequence}.${createdAtMs}:${first}-${last}`;
    const letters = this.#letters.map((letter) => ({ batch: name, ...letter }));
    appendDeadLetters(directory, node, letters);
    // A power cut must not take from the spool what is behind the position.
    this.#reader.sync();
    savePosition(this.#positionFile, { delivered: { sequence, offset: last }, pending: null });
    state.malformedRecords += letters.length;
    state.kafka.produced += this.#sent;
    if (sequence !== this.#sequence) deleteDelivered(directory, node, sequence, keepSegments);
    this.#sequence = sequence;
  }

  /** False stops the batch in front of the record. */
  readonly #send = (
    kind: number,
    version: number,
    payload: Buffer,
    start: number,
    end: number,
  ): boolean => {
    // The state of a running call is for its edge alone.
    if (kind === KIND_START || kind === KIND_ALIVE || kind === KIND_WITHHELD) return true;
    if (kind > KIND_ATTEMPT) {
      this.#future = `kind ${kind}, schema version ${version}`;
      return false;
    }
    const json = this.#options.target.format === 'json';
    const texts = json ? this.#jsonOf(kind, version, payload, start, end) : undefined;
    if (json && texts === undefined) return this.#future === '';
    const message = this.#message;
    const key = callIdOf(payload, start, end);
    const length = texts?.reduce((sum, text) => sum + text.length, 0) ?? end - start;
    if (!message.takes(key, length) && !this.#sendMessage()) return false;
    message.key = key;
    if (texts === undefined) message.addMsgpack(kind, version, payload, start, end);
    else for (const text of texts) message.addJson(text);
    return true;
  };

  /** False: the producer's queue is full; the message stays. */
  #sendMessage(): boolean {
    const message = this.#message;
    if (message.records === 0) return true;
    if (!this.#producer!.send(message.value(), message.key)) return false;
    this.#sent++;
    message.clear();
    return true;
  }

  /** Undefined: the record is set aside, or is of a version that this program cannot name. */
  #jsonOf(
    kind: number,
    version: number,
    payload: Buffer,
    start: number,
    end: number,
  ): Buffer[] | undefined {
    const decoded = decodeRecord(kind, version, payload, start, end);
    switch (decoded.status) {
      case 'cdr':
      case 'attempt':
        return jsonRecords(decoded, version);
      case 'malformed': {
        const { reason } = decoded;
        const bytes = payload.toString('base64', start, end);
        this.#letters.push({ kind, version, reason, payload: bytes });
        return undefined;
      }
      case 'future':
        this.#future = decoded.reason;
        return undefined;
      case 'state':
        return undefined;
    }
  }
}
