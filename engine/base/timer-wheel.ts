// The timers of one shard: a hierarchical timing wheel (Varghese and Lauck, scheme 7). Starting and
// stopping a timer is O(1) whatever their number; a call has a handful, a shard hundreds of
// thousands. Arming and firing a timer allocates nothing. Slots of the wheel are rings through flat
// arrays: taking one out touches its neighbours, which as objects would be cache misses by then.

/** Resolution: a timer fires at its time or up to this much later. */
export const TICK_MS = 10;

// Level 0 covers 256 ticks (2.56 s); each further level 64 times as much: 164 s, 2.9 h, 7.8 days.
const LEVEL0_BITS = 8;
const LEVEL_BITS = 6;
const LEVELS = 4;
const LEVEL0_SLOTS = 1 << LEVEL0_BITS;
const LEVEL_SLOTS = 1 << LEVEL_BITS;
/** Ticks per slot of each level. Numbers, not shifts: ticks outgrow 32 bits in 248 days. */
const SLOT_TICKS = Array.from({ length: LEVELS }, (_, level) =>
  level === 0 ? 1 : 2 ** (LEVEL0_BITS + LEVEL_BITS * (level - 1)),
);
const MAX_TICKS = 2 ** (LEVEL0_BITS + LEVEL_BITS * (LEVELS - 1)) - 1;

/** What a timer wakes up. */
export interface Expiring {
  /** Called once when the time has come; it may arm the timer again. */
  expire(): void;
}

/**
 * One thing that happens later. An object of its own, not a base class: with many classes below it,
 * its fields would be set through the slowest path of V8, five times a call.
 */
export class Timer {
  /** Its place in the arrays of the wheel; -1 while it is not armed. */
  place = -1;
  readonly owner: Expiring;

  constructor(owner: Expiring) {
    this.owner = owner;
  }
}

/** The first places are the heads of the slots' rings, level by level. */
const HEADS = LEVEL0_SLOTS + (LEVELS - 1) * LEVEL_SLOTS;
const FIRST_CAPACITY = 4096;
const NONE = -1;

export class TimerWheel {
  readonly #startMs: number;
  /** Rings of places: each slot's, and through `next` alone the free ones. */
  #next = new Int32Array(FIRST_CAPACITY);
  #previous = new Int32Array(FIRST_CAPACITY);
  #dueTick = new Float64Array(FIRST_CAPACITY);
  #timers: (Timer | null)[] = [];
  #free = NONE;
  /** Time of the last `advance`, from `#startMs`. */
  #nowMs = 0;
  /** The last tick whose timers have fired. */
  #tick = 0;
  #armed = 0;

  /** @param monoMs the monotonic time now */
  constructor(monoMs: number) {
    this.#startMs = monoMs;
    for (let head = 0; head < HEADS; head++) {
      this.#next[head] = head;
      this.#previous[head] = head;
      this.#timers.push(null);
    }
    this.#addFree(HEADS);
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
    if (timer.place >= 0) this.#unlink(timer.place);
    else this.#take(timer);
    this.#dueTick[timer.place] = this.tickIn(delayMs);
    this.#link(timer.place);
  }

  stop(timer: Timer): void {
    if (timer.place < 0) return;
    this.#unlink(timer.place);
    this.#give(timer);
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
    this.#fire(this.#tick & (LEVEL0_SLOTS - 1));
    while (this.#tick < target) {
      this.#tick++;
      this.#cascade();
      this.#fire(this.#tick & (LEVEL0_SLOTS - 1));
    }
  }

  /** Puts a place at the end of the ring of the slot that its tick belongs to. */
  #link(place: number): void {
    const due = this.#dueTick[place]!;
    const ahead = due - this.#tick;
    let level = 0;
    while (level < LEVELS - 1 && ahead >= SLOT_TICKS[level + 1]!) level++;
    const head = headOf(level, due);
    const last = this.#previous[head]!;
    this.#previous[place] = last;
    this.#next[place] = head;
    this.#next[last] = place;
    this.#previous[head] = place;
  }

  #unlink(place: number): void {
    const next = this.#next[place]!;
    const previous = this.#previous[place]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
  }

  #take(timer: Timer): void {
    if (this.#free === NONE) this.#grow();
    timer.place = this.#free;
    this.#free = this.#next[timer.place]!;
    this.#timers[timer.place] = timer;
    this.#armed++;
  }

  #give(timer: Timer): void {
    const { place } = timer;
    timer.place = -1;
    this.#timers[place] = null;
    this.#next[place] = this.#free;
    this.#free = place;
    this.#armed--;
  }

  #grow(): void {
    const from = this.#next.length;
    const next = new Int32Array(2 * from);
    const previous = new Int32Array(2 * from);
    const dueTick = new Float64Array(2 * from);
    next.set(this.#next);
    previous.set(this.#previous);
    dueTick.set(this.#dueTick);
    this.#next = next;
    this.#previous = previous;
    this.#dueTick = dueTick;
    this.#addFree(from);
  }

  /** Strings the places from `from` to the end of the arrays up as free ones. */
  #addFree(from: number): void {
    for (let place = this.#next.length - 1; place >= from; place--) {
      this.#next[place] = this.#free;
      this.#free = place;
    }
    for (let place = from; place < this.#next.length; place++) this.#timers.push(null);
  }

  /** At the wrap of a level, its next slot is spread over the levels below. */
  #cascade(): void {
    for (let level = 1; level < LEVELS; level++) {
      if (this.#tick % SLOT_TICKS[level]! !== 0) return;
      const head = headOf(level, this.#tick);
      // Taken off one by one: a timer may go back to this very level, never to this very slot.
      for (let place = this.#next[head]!; place !== head; place = this.#next[head]!) {
        this.#unlink(place);
        this.#link(place);
      }
    }
  }

  #fire(head: number): void {
    for (let place = this.#next[head]!; place !== head; place = this.#next[head]!) {
      const timer = this.#timers[place]!;
      this.#unlink(place);
      this.#give(timer);
      timer.owner.expire();
    }
  }
}

/** The head of the ring of a tick's slot. */
function headOf(level: number, tick: number): number {
  if (level === 0) return tick & (LEVEL0_SLOTS - 1);
  const slot = Math.floor(tick / SLOT_TICKS[level]!) & (LEVEL_SLOTS - 1);
  return LEVEL0_SLOTS + (level - 1) * LEVEL_SLOTS + slot;
}
