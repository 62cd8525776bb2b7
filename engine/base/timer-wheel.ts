// The timers of one shard: a hierarchical timing wheel (Varghese and Lauck, scheme 7). Starting and
// stopping a timer is O(1) whatever their number; a call has a handful, a shard hundreds of thousands.
// Whoever needs a timer extends `Timer`, so that arming one allocates nothing.

/** Resolution: a timer fires at its time or up to this much later. */
export const TICK_MS = 10;

// Level 0 covers 256 ticks (2.56 s); each further level 64 times as much: 164 s, 2.9 h, 7.8 days.
const LEVEL0_BITS = 8;
const LEVEL_BITS = 6;
const LEVELS = 4;
const MAX_TICKS = 2 ** (LEVEL0_BITS + LEVEL_BITS * (LEVELS - 1)) - 1;

interface Link {
  nextTimer: Link;
  previousTimer: Link;
}

/** Something that happens later, at most one thing at a time. */
export abstract class Timer implements Link {
  nextTimer: Link = this;
  previousTimer: Link = this;
  /** Tick of the wheel at which it is due; -1 while it is not armed. */
  dueTick = -1;

  /** Called once when the time has come; it may arm itself again. */
  abstract expire(): void;
}

function ring(): Link {
  const head = {} as Link;
  head.nextTimer = head;
  head.previousTimer = head;
  return head;
}

function unlink(timer: Link): void {
  timer.previousTimer.nextTimer = timer.nextTimer;
  timer.nextTimer.previousTimer = timer.previousTimer;
  timer.nextTimer = timer;
  timer.previousTimer = timer;
}

function append(head: Link, timer: Link): void {
  timer.previousTimer = head.previousTimer;
  timer.nextTimer = head;
  head.previousTimer.nextTimer = timer;
  head.previousTimer = timer;
}

export class TimerWheel {
  readonly #levels: Link[][];
  readonly #startMs: number;
  /** Time of the last `advance`, from `#startMs`. */
  #nowMs = 0;
  /** The last tick whose timers have fired. */
  #tick = 0;
  #armed = 0;

  /** @param monoMs the monotonic time now */
  constructor(monoMs: number) {
    this.#startMs = monoMs;
    this.#levels = Array.from({ length: LEVELS }, (_, level) =>
      Array.from({ length: level === 0 ? 1 << LEVEL0_BITS : 1 << LEVEL_BITS }, ring),
    );
  }

  /** Timers that are armed now. */
  get armed(): number {
    return this.#armed;
  }

  /** The tick reached by the last `advance`: a coarse time stamp for `elapsedMs`. */
  get tick(): number {
    return this.#tick;
  }

  /** Milliseconds since `tick` was reached. */
  elapsedMs(tick: number): number {
    return (this.#tick - tick) * TICK_MS;
  }

  /**
   * Arms `timer` to fire `delayMs` after the time of the last `advance`; re-arms it when armed.
   * @param delayMs more than 7.7 days fire after 7.7 days
   */
  start(timer: Timer, delayMs: number): void {
    if (timer.dueTick >= 0) unlink(timer);
    else this.#armed++;
    const due = Math.ceil((this.#nowMs + delayMs) / TICK_MS);
    timer.dueTick = Math.min(Math.max(due, this.#tick + 1), this.#tick + MAX_TICKS);
    this.#place(timer);
  }

  stop(timer: Timer): void {
    if (timer.dueTick < 0) return;
    unlink(timer);
    timer.dueTick = -1;
    this.#armed--;
  }

  /** Fires, in order of their ticks, all timers due at `monoMs`. */
  advance(monoMs: number): void {
    this.#nowMs = monoMs - this.#startMs;
    const target = Math.floor(this.#nowMs / TICK_MS);
    if (this.#armed === 0) {
      if (target > this.#tick) this.#tick = target;
      return;
    }
    // What an exception out of `expire` left behind in its tick.
    this.#fire(this.#levels[0]![this.#tick & ((1 << LEVEL0_BITS) - 1)]!);
    while (this.#tick < target) {
      this.#tick++;
      this.#cascade();
      this.#fire(this.#levels[0]![this.#tick & ((1 << LEVEL0_BITS) - 1)]!);
    }
  }

  #place(timer: Timer): void {
    const ahead = timer.dueTick - this.#tick;
    let level = 0;
    let shift = 0;
    for (let span = LEVEL0_BITS; level < LEVELS - 1 && ahead >= 2 ** span; span += LEVEL_BITS) {
      shift = span;
      level++;
    }
    const slots = this.#levels[level]!;
    append(slots[Math.floor(timer.dueTick / 2 ** shift) & (slots.length - 1)]!, timer);
  }

  /** At the wrap of a level, its next slot is spread over the levels below. */
  #cascade(): void {
    let shift = LEVEL0_BITS;
    for (let level = 1; level < LEVELS && this.#tick % 2 ** shift === 0; level++) {
      const slots = this.#levels[level]!;
      const head = slots[Math.floor(this.#tick / 2 ** shift) & (slots.length - 1)]!;
      // Taken off one by one: a timer may go back to this very level, never to this very slot.
      while (head.nextTimer !== head) {
        const timer = head.nextTimer as Timer;
        unlink(timer);
        this.#place(timer);
      }
      shift += LEVEL_BITS;
    }
  }

  #fire(head: Link): void {
    while (head.nextTimer !== head) {
      const timer = head.nextTimer as Timer;
      unlink(timer);
      timer.dueTick = -1;
      this.#armed--;
      timer.expire();
    }
  }
}
