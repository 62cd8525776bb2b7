// When to gather packets instead of taking each at once. A turn of the loop costs about as much as
// a hundred packets whatever it brings, caches that others have filled since above all; a short
// sleep before looking lets one turn serve many. The fewer come, the longer, which also keeps the
// turns of many shards as few as those of one. At a low rate nothing is delayed.

/** Some turns: what another shard hands over comes in bursts. */
const WINDOW_MS = 100;
/** Less is not worth a system call. */
const MIN_SLEEP_MS = 0.1;
/** From bench/micro/socket.ts: at 1,000 packets/s gathering costs, at 7,000 it halves the CPU. */
const GATHER_ABOVE_PER_SECOND = 2000;
const DEFAULT_PERIOD_MS = 20;
/** A turn that brings fewer waits for more, for at most this many periods. */
const PACKETS_A_TURN = 128;
const LONGEST_PERIODS = 2;

export interface GatherOptions {
  /** Packets per second from which on they are gathered; Infinity: never. */
  readonly abovePerSecond: number;
  /**
   * From one look to the next, work included, and up to twice as long while that brings few; the
   * kernel adds about 0.06 ms to a sleep.
   */
  readonly periodMs: number;
}

/** @param periodMs of the setting `gatherMs`; 0: never gather. */
export function gatherEvery(periodMs: number): GatherOptions {
  return { abovePerSecond: periodMs === 0 ? Infinity : GATHER_ABOVE_PER_SECOND, periodMs };
}

export class PacketRate {
  readonly #abovePerSecond: number;
  readonly #periodMs: number;
  #windowStartMs = 0;
  #counted = 0;
  #perSecond = 0;

  constructor(options: GatherOptions = gatherEvery(DEFAULT_PERIOD_MS)) {
    this.#abovePerSecond = options.abovePerSecond;
    this.#periodMs = options.periodMs;
  }

  count(packets: number): void {
    this.#counted += packets;
  }

  /**
   * How long to sleep before looking; 0: block until something comes.
   * @param monoMs now. @param lookedAtMs when the last look ended. @param limitMs the most.
   */
  delayMs(monoMs: number, lookedAtMs: number, limitMs: number): number {
    const elapsedMs = monoMs - this.#windowStartMs;
    if (elapsedMs >= WINDOW_MS) {
      this.#perSecond = (this.#counted * 1000) / elapsedMs;
      this.#counted = 0;
      this.#windowStartMs = monoMs;
    }
    if (this.#perSecond < this.#abovePerSecond) return 0;
    const enoughMs = (PACKETS_A_TURN * 1000) / this.#perSecond;
    const longestMs = this.#periodMs * LONGEST_PERIODS;
    const periodMs = Math.max(this.#periodMs, Math.min(enoughMs, longestMs));
    const delayMs = Math.min(lookedAtMs + periodMs - monoMs, limitMs);
    return delayMs < MIN_SLEEP_MS ? 0 : delayMs;
  }
}
