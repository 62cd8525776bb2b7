// The pacer's end of connections: NAT keep-alives for devices that registered over TCP or TLS go
// through a ring to main, which has their sockets (stream-hub.ts). Only the pacer's thread uses it.
import { Sleeper, wakeSleeper } from '../../shm/waker.ts';
import { DatagramWriter } from '../datagram-record.ts';
import { SocketEndpoint } from '../endpoint-table.ts';

/** What main hands to the pacer; survives structured clone. */
export interface PingSetup {
  /** The first listen address of TCP or TLS. */
  readonly first: number;
  /** Of each of them, in their order. */
  readonly families: readonly (4 | 6)[];
  readonly ring: SharedArrayBuffer;
  /** Main's is the first, the pacer's the second. */
  readonly wakers: SharedArrayBuffer;
}

/** Between messages only empty lines may stand: a double one is a ping (RFC 5626 4.4.1). */
export const STREAM_PING = '\r\n\r\n';
const PING = Buffer.from(STREAM_PING);
/** A full ring is waited for this long in all, in steps of a millisecond. */
const MAX_WAITS = 50;

export class StreamPings {
  /** Handed to main, and those for which its ring had no room. */
  sent = 0;
  failed = 0;
  readonly #setup: PingSetup;
  readonly #writer: DatagramWriter;
  readonly #sleeper: Sleeper;

  constructor(setup: PingSetup) {
    this.#setup = setup;
    this.#writer = new DatagramWriter(setup.ring);
    this.#sleeper = new Sleeper(setup.wakers, 1);
  }

  /** @param words head, a0 to a3, scope of the device. False: nothing leads there from `local` */
  push(local: number, words: Uint32Array): boolean {
    const [head, a0, a1, a2, a3, scope] = words as unknown as [number, ...number[]];
    const to = new SocketEndpoint(head, a0!, a1!, a2!, a3!, scope!);
    if (to.family !== this.#setup.families[local - this.#setup.first]) return false;
    for (let waits = 0; waits <= MAX_WAITS; waits++) {
      if (this.#writer.push(local, to, PING, 0, PING.length, 0)) {
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
    if (this.#writer.publish()) wakeSleeper(this.#setup.wakers, 0);
  }
}
