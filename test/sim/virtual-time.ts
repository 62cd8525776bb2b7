// The time of the simulation: events in order of their time, then of their making. Nothing waits
// for real; the wall clock may be stepped, the monotonic one only goes on.
import type { Clock } from '../../engine/base/clock.ts';

/** 2026-01-01T00:00:00Z. */
const WALL_START_MS = 1_767_225_600_000;

export interface Later {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | null;
}

export class VirtualTime implements Clock {
  readonly #heap: Later[] = [];
  #nowMs = 0;
  #order = 0;
  #wallOffsetMs = WALL_START_MS;

  monoMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return Math.floor(this.#nowMs) + this.#wallOffsetMs;
  }

  /** The operator or NTP sets the wall clock. */
  stepWall(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  after(delayMs: number, run: () => void): Later {
    const later: Later = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run };
    const heap = this.#heap;
    heap.push(later);
    let at = heap.length - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, later)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = later;
    return later;
  }

  cancel(later: Later | null): void {
    if (later !== null) later.run = null;
  }

  /** Runs the next event; false when nothing is left. */
  step(): boolean {
    for (;;) {
      const next = this.#pop();
      if (next === undefined) return false;
      if (next.run === null) continue;
      this.#nowMs = next.atMs;
      next.run();
      return true;
    }
  }

  /** Runs all events of the next `ms`. */
  run(ms: number): void {
    const end = this.#nowMs + ms;
    while (this.#heap.length > 0 && this.#heap[0]!.atMs <= end) this.step();
    this.#nowMs = Math.max(this.#nowMs, end);
  }

  #pop(): Later | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Later, b: Later): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
