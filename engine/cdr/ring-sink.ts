// The shard's CdrSink: encodes a record and puts it into the ring to the recorder. When the ring
// is full the record waits here, in order, and new calls are refused until it is gone: the shard
// stops taking calls before it loses a record of a running one.
import { CallStateEncoder } from './call-state-encoder.ts';
import { STATE_VERSION, type CallState } from './call-state.ts';
import type { CdrSink, StateKind } from './cdr-sink.ts';
import { RecordEncoder } from './record-encoder.ts';
import type { RecordRing } from './record-ring.ts';
import { ringType } from './record-ring.ts';
import type { Cdr, CdrAttempt } from './schema.ts';
import { KIND_ATTEMPT, KIND_CDR, KIND_WITHHELD, SCHEMA_VERSION } from './schema.ts';

export interface RingSinkOptions {
  readonly ring: RecordRing;
  /** Whether the recorder cannot write its spool (recorder-state.ts). */
  readonly recorderFailed: () => boolean;
  /** New calls are refused when less than this is free in the ring. */
  readonly reserveBytes: number;
  /** Records that may wait for room; what comes on top is lost and counted. */
  readonly maxWaiting: number;
}

interface Waiting {
  readonly type: number;
  readonly bytes: Buffer;
}

/** A record in the buffer of its encoder. */
interface Encoded {
  readonly bytes: Buffer;
  readonly length: number;
}

const CDR_TYPE = ringType(KIND_CDR, SCHEMA_VERSION);
const WITHHELD_TYPE = ringType(KIND_WITHHELD, SCHEMA_VERSION);
const ATTEMPT_TYPE = ringType(KIND_ATTEMPT, SCHEMA_VERSION);

export class RingSink implements CdrSink {
  readonly #options: RingSinkOptions;
  readonly #encoder = new RecordEncoder();
  readonly #states = new CallStateEncoder();
  #waiting: Waiting[] = [];
  #lost = 0;

  constructor(options: RingSinkOptions) {
    this.#options = options;
  }

  cdr(record: Cdr, withheld = false): boolean {
    this.#encoder.cdr(record);
    return this.#put(withheld ? WITHHELD_TYPE : CDR_TYPE, this.#encoder);
  }

  attempt(record: CdrAttempt): boolean {
    this.#encoder.attempt(record);
    return this.#put(ATTEMPT_TYPE, this.#encoder);
  }

  state(kind: StateKind, state: CallState): boolean {
    return this.#states.encode(state) && this.#put(ringType(kind, STATE_VERSION), this.#states);
  }

  hasRoom(): boolean {
    return (
      this.#waiting.length === 0 &&
      !this.#options.recorderFailed() &&
      this.#options.ring.freeBytes() >= this.#options.reserveBytes
    );
  }

  /** Moves waiting records into the ring. The shard calls it in each turn and at its end. */
  retry(): void {
    if (this.#waiting.length === 0) return;
    let moved = 0;
    for (const record of this.#waiting) {
      if (!this.#options.ring.offer(record.type, record.bytes, record.bytes.length)) break;
      moved++;
    }
    if (moved > 0) this.#waiting = this.#waiting.slice(moved);
  }

  /** Records that wait for room in the ring. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Records lost since start: an alarm whenever it is not 0. */
  get lost(): number {
    return this.#lost;
  }

  #put(type: number, { bytes, length }: Encoded): boolean {
    // Those that wait go first: the recorder sees the records of a call in order.
    this.retry();
    if (this.#waiting.length === 0 && this.#options.ring.offer(type, bytes, length)) return true;
    if (this.#waiting.length >= this.#options.maxWaiting) {
      this.#lost++;
      return false;
    }
    this.#waiting.push({ type, bytes: Buffer.from(bytes.subarray(0, length)) });
    return true;
  }
}
