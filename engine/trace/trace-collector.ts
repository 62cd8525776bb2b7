// Main's end of tracing: takes traced messages out of the shards' rings, holds each trace to its
// bounds over all shards, and hands batches to the files. While a write is under way nothing is
// taken: then the rings fill, and shards drop messages of traces, never those of calls.
import type { Clock } from '../base/clock.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
import { messageBytesOf, removeTrace, tracesOf } from './trace-record.ts';

/** Taken at once: main has other work too. */
const MAX_BATCH_BYTES = 1 << 20;

/** Why a trace is over. */
export type TraceEnd = 'time' | 'messages' | 'bytes';

/** A ring's reading end (engine/shm/ring.ts). */
export interface TraceSource {
  read(
    handler: (type: number, bytes: Buffer, start: number, end: number) => void,
    limit: number,
  ): number;
}

/** Where batches go (trace-writer.ts). */
export interface TraceFilesSink {
  append(records: readonly Buffer[]): Promise<void>;
}

export interface CollectorOptions {
  readonly sources: readonly TraceSource[];
  readonly files: TraceFilesSink;
  readonly clock: Clock;
  /** Told once for each trace that has reached a bound. */
  readonly ended: (id: number, why: TraceEnd) => void;
}

/** What files hold of a trace. */
export interface KeptOfTrace {
  readonly messages: number;
  readonly bytes: number;
}

interface Running {
  readonly filter: TraceFilter;
  messages: number;
  bytes: number;
  over: boolean;
}

export class TraceCollector {
  readonly #options: CollectorOptions;
  readonly #running = new Map<number, Running>();
  #writing: Promise<void> | null = null;

  constructor(options: CollectorOptions) {
    this.#options = options;
  }

  /**
   * The traces in force, as published to the shards.
   * @param kept what there is of a trace already: it goes on after a restart
   */
  mount(filters: readonly TraceFilter[], kept: ReadonlyMap<number, KeptOfTrace>): void {
    for (const filter of filters) {
      if (this.#running.has(filter.id)) continue;
      const { messages, bytes } = kept.get(filter.id) ?? { messages: 0, bytes: 0 };
      this.#running.set(filter.id, { filter, messages, bytes, over: false });
    }
    for (const id of this.#running.keys()) {
      if (!filters.some((filter) => filter.id === id)) this.#running.delete(id);
    }
    for (const running of this.#running.values()) this.#checkBounds(running);
  }

  /** To be called some times a second: ends traces whose time is over, takes what has come. */
  turn(): void {
    const nowMs = this.#options.clock.wallMs();
    for (const running of this.#running.values()) {
      if (running.filter.untilMs <= nowMs) this.#end(running, 'time');
    }
    if (this.#writing !== null) return;
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#writing = this.#options.files.append(batch).finally(() => {
      this.#writing = null;
    });
  }

  /** Takes and writes the rest: the shards have ended. */
  async settle(): Promise<void> {
    await this.#writing;
    for (let batch = this.#take(); batch.length > 0; batch = this.#take()) {
      await this.#options.files.append(batch);
    }
  }

  #take(): Buffer[] {
    const batch: Buffer[] = [];
    let bytes = 0;
    for (const source of this.#options.sources) {
      while (bytes < MAX_BATCH_BYTES) {
        const count = source.read((_type, buf, start, end) => {
          bytes += end - start;
          const record = this.#admitted(Buffer.from(buf.subarray(start, end)));
          if (record !== null) batch.push(record);
        }, 64);
        if (count === 0) break;
      }
    }
    return batch;
  }

  /** The record for those of its traces that go on; null when none does. */
  #admitted(record: Buffer): Buffer | null {
    let wanted = false;
    for (const id of tracesOf(record, 0)) {
      const running = this.#running.get(id);
      if (running === undefined || running.over) {
        removeTrace(record, id);
        continue;
      }
      wanted = true;
      running.messages++;
      running.bytes += messageBytesOf(record);
      this.#checkBounds(running);
    }
    return wanted ? record : null;
  }

  /** The message that reaches a bound is the last one kept. */
  #checkBounds(running: Running): void {
    const { filter, messages, bytes } = running;
    if (messages >= filter.maxMessages) this.#end(running, 'messages');
    else if (bytes >= filter.maxBytes) this.#end(running, 'bytes');
  }

  #end(running: Running, why: TraceEnd): void {
    if (running.over) return;
    running.over = true;
    this.#options.ended(running.filter.id, why);
  }
}
