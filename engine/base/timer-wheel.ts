// The timers of one shard: a hierarchical timing wheel (Varghese and Lauck, scheme 7). Starting and
// stopping a timer is O(1) whatever their number; a call has a handful, a shard hundreds of
// thousands. Arming and firing a timer allocates nothing.

/** Resolution: a timer fires at its time or up to this much later. */
export const TICK_MS = 10;

// Level 0 covers 256 ticks (2.56 s); each further level 64 times as much: 164 s, 2.9 h, 7.8 days.
const LEVEL0_BITS = 8;
const LEVEL_BITS = 6;
const LEVELS = 4;
/** Ticks per slot of each level. Numbers, not shifts: ticks outgrow 32 bits in 248 days. */
const SLOT_TICKS = Array.from({ length: LEVELS }, (_, level) =>
  level === 0 ? 1 : 2 ** (LEVEL0_BITS + LEVEL_BITS * (level - 1)),
);
const MAX_TICKS = 2 ** (LEVEL0_BITS + LEVEL_BITS * (LEVELS - 1)) - 1;

interface Link {
  next: Link;
  previous: Link;
}

/** What a timer wakes up. */
export interface Expiring {
  /** Called once when the time has come; it may arm the timer again. */
  expire(): void;
}

/**
 * One thing that happens later. An object of its own, not a base class: with many classes below it,
 * its fields would be set through the slowest path of V8, five times a call.
 */
export class Timer implements Link {
  next: Link = this;
  previous: Link = this;
  /** Tick of the wheel at which it is due; -1 while it is not armed. */
  dueTick = -1;
  readonly owner: Expiring;

  constructor(owner: Expiring) {
    this.owner = owner;
  }
}

function ring(): Link {
  const head = {} as Link;
  head.next = head;
  head.previous = head;
  return head;
}

function unlink(timer: Link): void {
  timer.previous.next = timer.next;
  timer.next.previous = timer.previous;
  timer.next = timer;
  timer.previous = timer;
}

function append(head: Link, timer: Link): void {
  timer.previous = head.previous;
  timer.next = head;
  head.previous.next = timer;
  head.previous = timer;
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

  /** The tick at which a timer started now would fire. */
  tickIn(delayMs: number): number {
    const due = Math.ceil((this.#nowMs + delayMs) / TICK_MS);
    return Math.min(Math.max(due, this.#tick + 1), this.#tick + MAX_TICKS);
  }

  /** Milliseconds since `tick` was reached; negative when it is ahead. */
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
    timer.dueTick = this.tickIn(delayMs);
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
    while (level < LEVELS - 1 && ahead >= SLOT_TICKS[level + 1]!) level++;
    append(this.#slot(level, timer.dueTick), timer);
  }

  #slot(level: number, tick: number): Link {
    const slots = this.#levels[level]!;
    return slots[Math.floor(tick / SLOT_TICKS[level]!) & (slots.length - 1)]!;
  }

  /** At the wrap of a level, its next slot is spread over the levels below. */
  #cascade(): void {
    for (let level = 1; level < LEVELS; level++) {
      const span = SLOT_TICKS[level]!;
      if (this.#tick % span !== 0) return;
      const head = this.#slot(level, this.#tick);
      // Taken off one by one: a timer may go back to this very level, never to this very slot.
      while (head.next !== head) {
        const timer = head.next as Timer;
        unlink(timer);
        this.#place(timer);
      }
    }
  }

  #fire(head: Link): void {
    while (head.next !== head) {
      const timer = head.next as Timer;
      unlink(timer);
      timer.dueTick = -1;
      this.#armed--;
      timer.owner.expire();
    }
  }
}
