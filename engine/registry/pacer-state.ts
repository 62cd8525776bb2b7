// What the pacer of heartbeats tells main, and main's word to it, in one block of shared memory.
// Flags are Atomics; the figures are plain float64 with one writer, for metrics and the log only.

const STOP = 0;
/** Goes up to end the pacer's sleep. */
const WAKE = 1;
const HEARTBEAT = 2;
const FIGURES_AT = 128;
const STATE_BYTES = 256;

const FIGURES = [
  /** Heartbeats handed to the kernel (portable: to main) since start. */
  'sent',
  /** Of those that were due, refused by the kernel. */
  'failed',
  /** Cycles that have come to their end, and of the last one: length in ms, reached, missed. */
  'cycles',
  'cycleMs',
  'reached',
  'missed',
  /** Batches that were so late that the next ones were put off. */
  'late',
  /** CPU that the pacer's thread has used, ms. */
  'cpuMs',
] as const;

export type PacerFigure = (typeof FIGURES)[number];

const INDEX = Object.fromEntries(FIGURES.map((figure, i) => [figure, i])) as Readonly<
  Record<PacerFigure, number>
>;

export function createPacerState(): SharedArrayBuffer {
  return new SharedArrayBuffer(STATE_BYTES);
}

export class PacerState {
  readonly #words: Int32Array;
  readonly #figures: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory, 0, FIGURES_AT / 4);
    this.#figures = new Float64Array(memory, FIGURES_AT, FIGURES.length);
  }

  /** Asks the pacer to end after what it is doing. */
  requestStop(): void {
    Atomics.store(this.#words, STOP, 1);
    this.wake();
  }

  stopRequested(): boolean {
    return Atomics.load(this.#words, STOP) === 1;
  }

  /** Ends the pacer's sleep: there are new settings. */
  wake(): void {
    Atomics.add(this.#words, WAKE, 1);
    Atomics.notify(this.#words, WAKE);
  }

  /** To be read before looking for what a wake-up tells of. */
  wakeCount(): number {
    return Atomics.load(this.#words, WAKE);
  }

  /** Blocks the pacer's thread until a wake-up after `seen`, at most `timeoutMs`. */
  sleep(seen: number, timeoutMs: number): void {
    if (timeoutMs > 0) Atomics.wait(this.#words, WAKE, seen, timeoutMs);
  }

  beat(): void {
    Atomics.add(this.#words, HEARTBEAT, 1);
  }

  /** Turns of the pacer, modulo 2^32: the same value over seconds means that it hangs. */
  heartbeat(): number {
    return Atomics.load(this.#words, HEARTBEAT);
  }

  get(figure: PacerFigure): number {
    return this.#figures[INDEX[figure]]!;
  }

  set(figure: PacerFigure, value: number): void {
    this.#figures[INDEX[figure]] = value;
  }

  add(figure: PacerFigure, amount: number): void {
    this.set(figure, this.get(figure) + amount);
  }
}
