// Main reads the rings of all shards: the loop behind everything that shards send through sockets
// of main, asleep while there is nothing.
import type { Clock } from '../../base/clock.ts';
import { Sleeper, wakeSleeper } from '../../shm/waker.ts';
import { DatagramInbox } from '../datagram-inbox.ts';
import type { DatagramSink } from '../datagram-record.ts';
import { EndpointTable } from '../endpoint-table.ts';

/** Messages handled before the event loop gets its turn. */
const BATCH = 512;
/** Bound on a sleep: should a wake-up ever be missed, sending goes on after this. */
const MAX_SLEEP_MS = 50;

export interface MainInboxOptions {
  /** One ring from each shard. */
  readonly rings: readonly SharedArrayBuffer[];
  readonly wakers: SharedArrayBuffer;
  /** Main's place in `wakers`. */
  readonly waker: number;
  readonly clock: Clock;
  readonly sink: DatagramSink;
  /** After each batch. */
  readonly batchEnd: () => void;
}

export class MainInbox {
  readonly #options: MainInboxOptions;
  readonly #inbox: DatagramInbox;
  readonly #sleeper: Sleeper;
  #closing = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: MainInboxOptions) {
    this.#options = options;
    this.#inbox = new DatagramInbox(options.rings, new EndpointTable(), options.clock);
    this.#sleeper = new Sleeper(options.wakers, options.waker);
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Handles what the shards left in their rings, then ends. */
  async close(): Promise<void> {
    this.#closing = true;
    wakeSleeper(this.#options.wakers, this.#options.waker);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { sink, batchEnd } = this.#options;
    for (;;) {
      const closing = this.#closing;
      const count = this.#inbox.read(sink, BATCH);
      if (count > 0) batchEnd();
      if (count === BATCH) {
        await new Promise(setImmediate);
        continue;
      }
      if (closing) return;
      this.#inbox.setAsleep(true);
      if (this.#inbox.isEmpty()) await this.#sleeper.sleepAsync(MAX_SLEEP_MS);
      this.#inbox.setAsleep(false);
    }
  }
}
