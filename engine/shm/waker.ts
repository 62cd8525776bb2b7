// Sleep and wake between threads without a file descriptor: a sequence word per thread. A wake-up
// that comes between two sleeps ends the next one at once; none is lost.

const LINE_WORDS = 32;

/** Memory for `count` wakers, each on its own 128-byte line. */
export function createWakers(count: number): SharedArrayBuffer {
  return new SharedArrayBuffer(count * LINE_WORDS * 4);
}

/** `Atomics.waitAsync` (ECMAScript 2024, Node 16): not in the library types we compile with. */
interface AsyncAtomics {
  waitAsync(
    words: Int32Array,
    index: number,
    value: number,
    timeoutMs: number,
  ): { readonly async: boolean; readonly value: Promise<string> | string };
}

/** The sleeper's end; one thread. */
export class Sleeper {
  readonly #word: Int32Array;
  #seen: number;

  constructor(memory: SharedArrayBuffer, index: number) {
    this.#word = new Int32Array(memory, index * LINE_WORDS * 4, 1);
    this.#seen = Atomics.load(this.#word, 0);
  }

  /** Blocks until a wake since the last sleep, or the end of `timeoutMs`. Not on main. */
  sleep(timeoutMs: number): void {
    if (timeoutMs > 0) Atomics.wait(this.#word, 0, this.#seen, timeoutMs);
    this.#seen = Atomics.load(this.#word, 0);
  }

  /** As `sleep`, for a thread with an event loop. Alone it does not keep the process alive. */
  async sleepAsync(timeoutMs: number): Promise<void> {
    const atomics = Atomics as unknown as AsyncAtomics;
    await atomics.waitAsync(this.#word, 0, this.#seen, timeoutMs).value;
    this.#seen = Atomics.load(this.#word, 0);
  }
}

/** Wakes the sleeper of `index`; any thread. */
export function wakeSleeper(memory: SharedArrayBuffer, index: number): void {
  const word = new Int32Array(memory, index * LINE_WORDS * 4, 1);
  Atomics.add(word, 0, 1);
  Atomics.notify(word, 0);
}
