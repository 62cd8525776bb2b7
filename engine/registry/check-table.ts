// The location table as the reachability checks of its shard use it: one word of each record says
// when the terminal was last heard of and how often it was asked since. Only that shard writes it.
import { Away, F, W } from './location-layout.ts';
import { LocationTable } from './location-table.ts';

/** The word: times asked in the lowest bits, in the others seconds since 1970 modulo 2^29. */
const ASKED_BITS = 3;
const ASKED_MASK = (1 << ASKED_BITS) - 1;
const SECONDS_MASK = 0x1fff_ffff;

export class CheckTable extends LocationTable {
  /** Whether the record holds a registration that runs. */
  isRegistered(record: number, wallMs: number): boolean {
    const at = this.places.record(record);
    if ((this.words[at + W.flags]! & F.used) === 0) return false;
    return this.times[(at + W.expiresAt) >> 1]! > wallMs;
  }

  /** How often it was asked in the check that runs; 0: none runs. */
  asked(record: number): number {
    return this.words[this.places.record(record) + W.check]! & ASKED_MASK;
  }

  setAsked(record: number, times: number): void {
    const at = this.places.record(record) + W.check;
    this.words[at] = (this.words[at]! & ~ASKED_MASK) | times;
  }

  /** The last sign of life: a REGISTER or an answer; wall time, ms, of answers in whole seconds. */
  heardMs(record: number, wallMs: number): number {
    const at = this.places.record(record);
    const refreshedMs = this.times[(at + W.refreshedAt) >> 1]!;
    const nowSeconds = Math.floor(wallMs / 1000);
    const ago = (nowSeconds - (this.words[at + W.check]! >>> ASKED_BITS)) & SECONDS_MASK;
    return Math.max(refreshedMs, (nowSeconds - ago) * 1000);
  }

  /** The terminal has answered: it can be reached, and no check runs any more. */
  setHeard(record: number, wallMs: number): void {
    const at = this.places.record(record) + W.check;
    this.words[at] = Math.floor(wallMs / 1000) << ASKED_BITS;
    this.setAway(record, Away.No);
  }
}
