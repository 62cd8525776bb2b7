// A shard's control words, on a 128-byte line of their own: main asks it to stop or to drain, the
// shard proves that it lives. Whoever sets a flag wakes the shard afterwards.

const LINE_WORDS = 32;
const STOP = 0;
const DRAIN = 1;
const HEARTBEAT = 2;

/** Memory for `count` control blocks. */
export function createControlBlocks(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * LINE_WORDS * 4);
}

export class ControlBlock {
  readonly #words: Int32Array;

  constructor(memory: SharedArrayBuffer, index: number) {
    this.#words = new Int32Array(memory, index * LINE_WORDS * 4, LINE_WORDS);
  }

  /** Asks the thread to end its loop. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
  }

  stopRequested(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Asks the shard to refuse new calls and let the running ones end. */
  requestDrain(): void {
    Atomics.store(this.#words, DRAIN, 1);
  }

  drainRequested(): boolean {
    return Atomics.load(this.#words, DRAIN) === 1;
  }

  /** Once per turn of the loop. */
  beat(): void {
    Atomics.add(this.#words, HEARTBEAT, 1);
  }

  /** Turns of the loop, modulo 2^32: the same value over seconds means that the thread hangs. */
  heartbeat(): number {
    return Atomics.load(this.#words, HEARTBEAT);
  }
}
