// Terminals behind NAT as a plain list, and a clock that runs from batch to batch: what the tests
// of the heartbeat schedule drive it with.
import type { KeepAlivePace } from '../../../engine/base/keep-alive-sums.ts';
import {
  KeepAliveSchedule,
  type Cycle,
  type PacedDevices,
} from '../../../engine/registry/keep-alive-schedule.ts';

export interface Batch {
  readonly atMs: number;
  readonly places: number[];
}

/** A cycle that has ended: how often each place was served in it, and who was there all along. */
export interface CrowdCycle extends Cycle {
  readonly served: number[];
  readonly stayed: boolean[];
}

export class Crowd implements PacedDevices {
  readonly present: boolean[];
  readonly batches: Batch[] = [];
  readonly cycles: CrowdCycle[] = [];
  nowMs = 1000;
  readonly schedule: KeepAliveSchedule;
  #nextMs = 1000;
  #stayed: boolean[];
  #cycleFromMs = 0;

  constructor(present: boolean[], pace: KeepAlivePace) {
    this.present = present;
    this.#stayed = [...present];
    this.schedule = new KeepAliveSchedule(this, pace, this.nowMs, (cycle) => {
      const served = this.served(this.#cycleFromMs, this.nowMs);
      this.cycles.push({ ...cycle, served, stayed: this.#stayed });
      this.#stayed = [...this.present];
      this.#cycleFromMs = this.nowMs;
    });
  }

  static of(devices: number, pace: KeepAlivePace): Crowd {
    return new Crowd(new Array<boolean>(devices).fill(true), pace);
  }

  get size(): number {
    return this.present.length;
  }

  get total(): number {
    return this.count(0, this.size);
  }

  count(from: number, to: number): number {
    let count = 0;
    for (let place = from; place < to; place++) if (this.present[place] === true) count++;
    return count;
  }

  ping(place: number): boolean {
    if (this.present[place] !== true) return false;
    const last = this.batches.at(-1);
    if (last?.atMs === this.nowMs) last.places.push(place);
    else this.batches.push({ atMs: this.nowMs, places: [place] });
    return true;
  }

  /** Lets time pass; each wake-up comes late by what `latenessMs` says. */
  run(untilMs: number, latenessMs: () => number = () => 0): void {
    while (this.#nextMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.#nextMs + latenessMs());
      this.#nextMs = this.schedule.turn(this.nowMs);
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** A terminal comes or goes. */
  set(place: number, present: boolean): void {
    this.present[place] = present;
    if (!present) this.#stayed[place] = false;
  }

  change(pace: KeepAlivePace): void {
    this.schedule.change(pace, this.nowMs);
    this.#nextMs = this.schedule.turn(this.nowMs);
  }

  /** How often each place was served from `fromMs` on, before `toMs`. */
  served(fromMs: number, toMs: number): number[] {
    const served = new Array<number>(this.size).fill(0);
    for (const { atMs, places } of this.batches) {
      if (atMs < fromMs || atMs >= toMs) continue;
      for (const place of places) served[place]!++;
    }
    return served;
  }
}
