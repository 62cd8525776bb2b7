// What main tells the location table of connections that have ended: a device behind NAT that has
// registered over one cannot be reached until it registers again. Its registration stays. Whoever
// is not behind NAT listens at his Contact, and a request opens a new connection to it.
import type { LostConnection } from '../net/streams/stream-table.ts';
import { Away, F, W } from './location-layout.ts';
import { LocationTable } from './location-table.ts';

export class LostConnections extends LocationTable {
  readonly #firstStream: number;

  /** @param firstStream the first listen address of TCP or TLS: they stand behind those of UDP */
  constructor(memory: SharedArrayBuffer, firstStream: number) {
    super(memory);
    this.#firstStream = firstStream;
  }

  /** After a restart: no connection has outlived the process. @returns how many devices */
  markAll(): number {
    return this.#mark(() => true);
  }

  /** @returns how many devices had registered over these connections */
  mark(lost: readonly LostConnection[]): number {
    const keys = new Set(
      lost.map(({ local, peer: { head, a0, a1, a2, a3 } }) => {
        return keyOf(local, [head, a0, a1, a2, a3], 0);
      }),
    );
    return this.#mark((local, words, at) => keys.has(keyOf(local, words, at)));
  }

  #mark(isLost: (local: number, words: ArrayLike<number>, at: number) => boolean): number {
    let count = 0;
    for (let region = 0; region < this.regions; region++) {
      const [from, to] = [this.firstRecord(region), this.endOfRecords(region)];
      this.scan(from, to, (record, flags, local, words, at) => {
        if (local < this.#firstStream || (flags & F.nat) === 0) return;
        if (!isLost(local, words, at)) return;
        this.setAway(record, Away.Disconnected);
        // It may have registered anew, over another connection, between the two looks.
        if (isLost(this.words[this.places.record(record) + W.local]!, words, at)) count++;
        else this.setAway(record, Away.No);
      });
    }
    return count;
  }
}

function keyOf(local: number, words: ArrayLike<number>, at: number): string {
  let key = String(local);
  for (let i = 0; i < 5; i++) key += ` ${words[at + i]! >>> 0}`;
  return key;
}
