// recvmmsg into preallocated memory: a batch of slots, each large enough for any UDP datagram, and
// the mmsghdr, iovec and sockaddr arrays that describe them, filled once.
import {
  AF_INET6_BYTES,
  AF_INET_BYTES,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  writePointer,
} from './libc.ts';
import type { Libc } from './libc.ts';
import { AF_INET, AF_INET6 } from './sockaddr.ts';

export const BATCH_MESSAGES = 64;
/**
 * 64 KiB would put the heads of all slots into the same cache set; one line more spreads them.
 * Memory is touched only as far as datagrams reach.
 */
const SLOT_BYTES = 65_536 + 64;
const NAME_BYTES = 32;

/** The memory datagrams land in, shared by the batches of all sockets of a shard. */
export function allocateSlots(): Buffer {
  return Buffer.from(new ArrayBuffer(BATCH_MESSAGES * SLOT_BYTES));
}

export class ReceiveBatch {
  /** Sockaddrs of the sources; message i at word `sourceAt(i)`. */
  readonly sources: Uint32Array;
  readonly #libc: Libc;
  readonly #headers: Uint32Array;
  readonly #iovecs: Uint32Array;
  readonly #headersAddress: number;

  /** @param family AF_INET or AF_INET6: every source a socket of it reports has the same length. */
  constructor(libc: Libc, family: number, slots: Buffer) {
    const nameLength = family === AF_INET6 ? AF_INET6_BYTES : AF_INET_BYTES;
    this.#libc = libc;
    this.#headers = new Uint32Array((BATCH_MESSAGES * MMSGHDR_BYTES) / 4);
    this.#iovecs = new Uint32Array((BATCH_MESSAGES * IOVEC_BYTES) / 4);
    this.sources = new Uint32Array((BATCH_MESSAGES * NAME_BYTES) / 4);
    this.#headersAddress = libc.addressOf(this.#headers);
    const iovecsAddress = libc.addressOf(this.#iovecs);
    const sourcesAddress = libc.addressOf(this.sources);
    const slotsAddress = libc.addressOf(slots);
    for (let i = 0; i < BATCH_MESSAGES; i++) {
      const header = (i * MMSGHDR_BYTES) / 4;
      writePointer(this.#headers, header, sourcesAddress + i * NAME_BYTES);
      this.#headers[header + 2] = nameLength;
      writePointer(this.#headers, header + 4, iovecsAddress + i * IOVEC_BYTES);
      this.#headers[header + 6] = 1;
      const iovec = (i * IOVEC_BYTES) / 4;
      writePointer(this.#iovecs, iovec, slotsAddress + i * SLOT_BYTES);
      this.#iovecs[iovec + 2] = SLOT_BYTES;
      this.sources[(i * NAME_BYTES) / 4] = AF_INET;
    }
  }

  /** Takes up to 64 datagrams without blocking. @returns how many, or -1 with errno set. */
  receive(fd: number): number {
    return this.#libc.recvmmsg(fd, this.#headersAddress, BATCH_MESSAGES, MSG_DONTWAIT, 0);
  }

  /** Offset of message i in the slots. */
  startOf(i: number): number {
    return i * SLOT_BYTES;
  }

  lengthOf(i: number): number {
    return this.#headers[(i * MMSGHDR_BYTES) / 4 + 14]!;
  }

  /** Word index of message i's source in `sources`. */
  sourceAt(i: number): number {
    return (i * NAME_BYTES) / 4;
  }
}
