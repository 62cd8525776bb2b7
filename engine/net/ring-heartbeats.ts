// Heartbeats of the pacer that go through a ring to main, which has the sockets: portable UDP
// (portable-sockets.ts), TCP and TLS (streams/stream-hub.ts). Only the pacer's thread uses it.
import { Sleeper, wakeSleeper } from '../shm/waker.ts';
import { DatagramWriter } from './datagram-record.ts';
import { SocketEndpoint } from './endpoint-table.ts';

/** What main hands to the pacer; survives structured clone. */
export interface RingSetup {
  /** The first of the listen addresses whose sockets main has, and the family of each. */
  readonly first: number;
  readonly families: readonly (4 | 6)[];
  readonly ring: SharedArrayBuffer;
  readonly wakers: SharedArrayBuffer;
  readonly mainWaker: number;
  readonly ownWaker: number;
}

/** A full ring is waited for this long in all, in steps of a millisecond. */
const MAX_WAITS = 50;

export class RingHeartbeats {
  /** Handed to main, and those for which its ring had no room. */
  sent = 0;
  failed = 0;
  readonly #setup: RingSetup;
  readonly #writer: DatagramWriter;
  readonly #sleeper: Sleeper;
  #payload = Buffer.alloc(0);

  constructor(setup: RingSetup) {
    this.#setup = setup;
    this.#writer = new DatagramWriter(setup.ring);
    this.#sleeper = new Sleeper(setup.wakers, setup.ownWaker);
  }

  setPayload(payload: string): void {
    this.#payload = Buffer.from(payload, 'latin1');
  }

  /** @param words head, a0 to a3, scope of the device. False: nothing leads there from `local` */
  push(local: number, words: Uint32Array): boolean {
    const [head, a0, a1, a2, a3, scope] = words as unknown as [number, ...number[]];
    const to = new SocketEndpoint(head, a0!, a1!, a2!, a3!, scope!);
    if (to.family !== this.#setup.families[local - this.#setup.first]) return false;
    const { length } = this.#payload;
    for (let waits = 0; waits <= MAX_WAITS; waits++) {
      if (this.#writer.push(local, to, this.#payload, 0, length, 0)) {
        this.sent++;
        return true;
      }
      this.flush();
      this.#sleeper.sleep(1);
    }
    this.failed++;
    return true;
  }

  flush(): void {
    if (this.#writer.publish()) wakeSleeper(this.#setup.wakers, this.#setup.mainWaker);
  }
}
