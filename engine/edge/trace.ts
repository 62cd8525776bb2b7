// Tracing on main: which traces are in force (the control store says so, looked at with main's
// pace), rings from the shards, files in data/trace, the ends of traces back into the store.
// Nothing here is waited for by what handles packets.
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
import { RingConsumer } from '../shm/ring.ts';
import type { ControlStore } from '../store/control-store.ts';
import { endTrace, readTracesInForce } from '../store/traces.ts';
import { TraceCollector, type KeptOfTrace, type TraceEnd } from '../trace/trace-collector.ts';
import { TraceReader } from '../trace/trace-reader.ts';
import { TraceWriter, type TraceWriterFigures } from '../trace/trace-writer.ts';
import type { EdgeLog } from './log.ts';
import type { Pace } from './pace.ts';

/** How often rings are read while a trace is in force; at main's pace else, for what is late. */
const TURN_MS = 100;

export interface EdgeTraceOptions {
  readonly dataDir: string;
  /** One ring per shard. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly store: ControlStore;
  /** SERVER_TRACE_FILE_LENGTH in bytes. */
  readonly fileBytes: () => number;
  /** Other traces than before are in force: shards have to know. */
  readonly changed: () => void;
  readonly log: EdgeLog;
}

export class EdgeTrace {
  readonly #options: EdgeTraceOptions;
  readonly #writer: TraceWriter;
  readonly #collector: TraceCollector;
  /** Reached a bound; the store does not know yet. */
  readonly #ends = new Map<number, TraceEnd>();
  #inForce: readonly TraceFilter[] = [];
  #dataVersion = -1;
  #polling: Promise<void> = Promise.resolve();
  #turns: NodeJS.Timeout | null = null;
  #endPolling: () => void = () => undefined;
  #problem = '';

  constructor(options: EdgeTraceOptions) {
    const { dataDir, rings, fileBytes } = options;
    this.#options = options;
    this.#writer = new TraceWriter(join(dataDir, 'trace'), fileBytes);
    this.#collector = new TraceCollector({
      sources: rings.map((ring) => new RingConsumer(ring)),
      files: this.#writer,
      clock: systemClock,
      ended: (id, why) => {
        options.log.info({ trace: id, why }, 'trace ended');
        this.#ends.set(id, why);
      },
    });
  }

  /** Finds what is in force from the start on; a former run may have kept something of it. */
  async open(): Promise<void> {
    const { store, dataDir } = this.#options;
    this.#dataVersion = store.dataVersion();
    this.#inForce = await readTracesInForce(store.db, systemClock.wallMs());
    const none = this.#inForce.length === 0;
    const kept = none ? new Map() : new TraceReader(join(dataDir, 'trace')).totals();
    this.#mount(kept);
  }

  start(pace: Pace): void {
    this.#endPolling = pace.every(1, () => {
      this.#turn();
      this.#polling = this.#polling.then(() => this.#poll());
    });
  }

  /** For the snapshot. */
  get inForce(): readonly TraceFilter[] {
    return this.#inForce;
  }

  figures(): TraceWriterFigures & { readonly active: number } {
    return { ...this.#writer.figures(), active: this.#inForce.length };
  }

  /** After the shards have ended. */
  async stop(): Promise<void> {
    this.#endPolling();
    await this.#polling;
    if (this.#turns !== null) clearInterval(this.#turns);
    await this.#collector.settle();
    await this.#poll();
    await this.#writer.close();
  }

  async #poll(): Promise<void> {
    const { store, log } = this.#options;
    try {
      const nowMs = systemClock.wallMs();
      const ended = [...this.#ends];
      for (const [id, why] of ended) {
        await endTrace(store, id, why, nowMs);
        this.#ends.delete(id);
      }
      const dataVersion = store.dataVersion();
      if (ended.length === 0 && dataVersion === this.#dataVersion) return;
      this.#dataVersion = dataVersion;
      await this.#refresh(nowMs);
    } catch (error) {
      log.error({ error: String(error) }, 'traces: the control store cannot be used');
    }
  }

  async #refresh(nowMs: number): Promise<void> {
    const now = await readTracesInForce(this.#options.store.db, nowMs);
    const ids = (traces: readonly TraceFilter[]): string => traces.map(({ id }) => id).join();
    if (ids(now) === ids(this.#inForce)) return;
    this.#inForce = now;
    this.#mount(new Map());
    this.#options.log.info({ traces: now.map(({ id }) => id) }, 'traces in force');
    this.#options.changed();
  }

  #mount(kept: ReadonlyMap<number, KeptOfTrace>): void {
    this.#collector.mount(this.#inForce, kept);
    if (this.#turns !== null) clearInterval(this.#turns);
    this.#turns = null;
    if (this.#inForce.length === 0) return;
    this.#turns = setInterval(() => {
      this.#turn();
    }, TURN_MS);
  }

  #turn(): void {
    this.#collector.turn();
    this.#report();
  }

  #report(): void {
    const { problem, lost } = this.#writer.figures();
    if (problem === this.#problem) return;
    this.#problem = problem;
    const { log } = this.#options;
    if (problem === '') log.info('traces are written again');
    else log.error({ problem, lost }, 'traces cannot be written; calls go on');
  }
}
