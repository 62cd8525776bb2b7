// All rings that bring datagrams to one thread, read as one: the shard's side of cross-shard
// forwarding, and both ends of the portable path.
import type { Clock } from '../base/clock.ts';
import { DatagramReader } from './datagram-record.ts';
import type { DatagramSink } from './datagram-record.ts';
import type { EndpointTable } from './endpoint-table.ts';

/** An older record tells of a clock that was set, not of a queue. */
const MAX_CREDIBLE_AGE_MS = 60_000;

export class DatagramInbox {
  readonly #readers: readonly DatagramReader[];
  readonly #clock: Clock;
  #turn = 0;
  #ageMs = 0;

  constructor(rings: readonly SharedArrayBuffer[], endpoints: EndpointTable, clock: Clock) {
    this.#readers = rings.map((ring) => new DatagramReader(ring, endpoints));
    this.#clock = clock;
  }

  /** Reads at most `limit` datagrams, each time from another ring first; returns how many. */
  read(sink: DatagramSink, limit: number): number {
    const readers = this.#readers;
    let count = 0;
    let oldestWallMs = Infinity;
    for (let i = 0; i < readers.length && count < limit; i++) {
      const reader = readers[(this.#turn + i) % readers.length]!;
      count += reader.read(sink, limit - count);
      oldestWallMs = Math.min(oldestWallMs, reader.oldestWallMs);
    }
    this.#turn++;
    this.#ageMs = count === 0 ? 0 : this.#clock.wallMs() - oldestWallMs;
    if (this.#ageMs < 0 || this.#ageMs > MAX_CREDIBLE_AGE_MS) this.#ageMs = 0;
    return count;
  }

  /** How long the oldest datagram of the last `read` had waited; 0 when it found none. */
  get ageMs(): number {
    return this.#ageMs;
  }

  isEmpty(): boolean {
    return this.#readers.every((reader) => reader.isEmpty());
  }

  /** See RingConsumer.setAsleep. */
  setAsleep(asleep: boolean): void {
    for (const reader of this.#readers) reader.setAsleep(asleep);
  }
}
