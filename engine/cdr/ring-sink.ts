// The shard's CdrSink: encodes records and frames them into a block, which goes into the ring to
// the recorder at the end of the turn, before the turn's messages leave. When the ring is full
// blocks wait here, in order, and new calls are refused until they are gone: the shard stops taking
// calls before it loses a record of a running one.
import { CallStateEncoder } from './call-state-encoder.ts';
import { STATE_VERSION, type CallState } from './call-state.ts';
import type { CdrSink, StateKind } from './cdr-sink.ts';
import { FrameBlock } from './frame-block.ts';
import { RecordEncoder } from './record-encoder.ts';
import type { RecordRing } from './record-ring.ts';
import type { Cdr, CdrAttempt } from './schema.ts';
import { KIND_ATTEMPT, KIND_CDR, KIND_WITHHELD, SCHEMA_VERSION } from './schema.ts';

export interface RingSinkOptions {
  readonly ring: RecordRing;
  /** Whether the recorder cannot write its spool (recorder-state.ts). */
  readonly recorderFailed: () => boolean;
  /** New calls are refused when less than this is free in the ring. */
  readonly reserveBytes: number;
  /** While so many records wait for room, what comes on top is lost and counted. */
  readonly maxWaiting: number;
}

/** A block that found no room. */
interface Waiting {
  readonly records: number;
  readonly bytes: Buffer;
}

export class RingSink implements CdrSink {
  readonly #options: RingSinkOptions;
  readonly #block = new FrameBlock();
  readonly #encoder = new RecordEncoder(this.#block.writer);
  readonly #states = new CallStateEncoder(this.#block.writer);
  #waiting: Waiting[] = [];
  #waitingRecords = 0;
  #lost = 0;

  constructor(options: RingSinkOptions) {
    this.#options = options;
  }

  cdr(record: Cdr, answered: CdrAttempt | null, withheld: boolean): boolean {
    if (!this.#takes()) return false;
    this.#encoder.cdr(record, answered);
    this.#block.add(withheld ? KIND_WITHHELD : KIND_CDR, SCHEMA_VERSION);
    return true;
  }

  attempt(record: CdrAttempt): boolean {
    if (!this.#takes()) return false;
    this.#encoder.attempt(record);
    this.#block.add(KIND_ATTEMPT, SCHEMA_VERSION);
    return true;
  }

  state(kind: StateKind, state: CallState): boolean {
    if (!this.#takes() || !this.#states.encode(state)) return false;
    this.#block.add(kind, STATE_VERSION);
    return true;
  }

  hasRoom(): boolean {
    const { ring, recorderFailed, reserveBytes } = this.#options;
    return (
      this.#waiting.length === 0 &&
      !recorderFailed() &&
      ring.freeBytes() - this.#block.length >= reserveBytes
    );
  }

  /** Hands over what has come. The shard calls it in each turn and at its end. */
  flush(): void {
    this.#retry();
    const { bytes, length, records } = this.#block;
    if (records === 0) return;
    this.#block.seal();
    if (this.#waiting.length > 0 || !this.#options.ring.offer(records, bytes, length)) {
      this.#waiting.push({ records, bytes: Buffer.from(bytes.subarray(0, length)) });
      this.#waitingRecords += records;
    }
    this.#block.clear();
  }

  /** Records that wait for room in the ring. */
  get waiting(): number {
    return this.#waitingRecords;
  }

  /** Records lost since start: an alarm whenever it is not 0. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether the next record has a place in the block; else it counts as lost. */
  #takes(): boolean {
    if (this.#waitingRecords >= this.#options.maxWaiting) {
      this.#lost++;
      return false;
    }
    if (this.#block.full) this.flush();
    return true;
  }

  /** Those that wait go first: the recorder sees the records of a call in order. */
  #retry(): void {
    if (this.#waiting.length === 0) return;
    let moved = 0;
    for (const { records, bytes } of this.#waiting) {
      if (!this.#options.ring.offer(records, bytes, bytes.length)) break;
      this.#waitingRecords -= records;
      moved++;
    }
    if (moved > 0) this.#waiting = this.#waiting.slice(moved);
  }
}
