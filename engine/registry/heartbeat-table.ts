// The location table as the schedule of heartbeats sees it: places that hold a terminal behind NAT
// or none. A registration that has ended is none from the next batch on, swept or not.
import type { Clock } from '../base/clock.ts';
import type { PacedDevices } from './keep-alive-schedule.ts';
import { F, W } from './location-layout.ts';
import { LocationTable } from './location-table.ts';

/** Where heartbeats go out. */
export interface HeartbeatSink {
  /**
   * Queues one to the sockaddr in the first six of `words`, from the listen address `local`.
   * @returns false when nothing can be sent from there
   */
  push(local: number, words: Uint32Array): boolean;
}

/** Looks at a record that its writer changes meanwhile, which takes it about a microsecond. */
const MAX_LOOKS = 1000;
const SOCKADDR_WORDS = 6;
const PACED = F.used | F.nat;

export class HeartbeatTable extends LocationTable implements PacedDevices {
  readonly #sink: HeartbeatSink;
  readonly #clock: Clock;
  readonly #words = new Uint32Array(SOCKADDR_WORDS);

  constructor(memory: SharedArrayBuffer, sink: HeartbeatSink, clock: Clock) {
    super(memory);
    this.#sink = sink;
    this.#clock = clock;
  }

  get size(): number {
    return this.records;
  }

  get total(): number {
    return this.behindNat;
  }

  count(from: number, to: number): number {
    const wallMs = this.#clock.wallMs();
    let count = 0;
    for (let region = 0; region < this.regions; region++) {
      const end = Math.min(to, this.endOfRecords(region));
      for (let record = Math.max(from, this.firstRecord(region)); record < end; record++) {
        if (this.#isPaced(this.places.record(record), wallMs)) count++;
      }
    }
    return count;
  }

  ping(record: number): boolean {
    const region = Math.floor(record / this.places.perRegion);
    if (record >= this.endOfRecords(region)) return false;
    const wallMs = this.#clock.wallMs();
    const at = this.places.record(record);
    for (let look = 0; look < MAX_LOOKS; look++) {
      const version = this.versionOf(record);
      if ((version & 1) === 1) continue;
      if (!this.#isPaced(at, wallMs)) return false;
      const local = this.words[at + W.local]!;
      for (let i = 0; i < SOCKADDR_WORDS; i++) {
        this.#words[i] = this.unsigned[at + W.sockaddr + i]!;
      }
      if (this.versionOf(record) === version) return this.#sink.push(local, this.#words);
    }
    return false;
  }

  #isPaced(at: number, wallMs: number): boolean {
    if ((this.words[at + W.flags]! & PACED) !== PACED) return false;
    return this.times[(at + W.expiresAt) >> 1]! > wallMs;
  }
}
