// The kernel's error queue (ip(7), IP_RECVERR): which datagram an ICMP error is about, and where it
// was to go. RFC 3261 18.4 wants the transaction told at once instead of waiting for its timeout.
import { AF_INET6_BYTES, EMSGSIZE, MSG_DONTWAIT, MSG_ERRQUEUE, writePointer } from './libc.ts';
import type { Libc } from './libc.ts';
import type { EndpointTable, SocketEndpoint } from './endpoint-table.ts';

const PAYLOAD_BYTES = 2048;
const CONTROL_BYTES = 512;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;
const ORIGIN_ICMP = 2;
const ORIGIN_ICMP6 = 3;
/** Errors read in one go; the rest stays in the kernel until the next turn. */
const MAX_READ = 64;
const MAX_WAITING = 256;

/**
 * Undeliverable datagrams on their way to the shard of their call; the oldest stay when it is full:
 * the timeouts of the others' transactions tell of them.
 */
export class Undeliverable {
  readonly #waiting: { bytes: Buffer; destination: SocketEndpoint }[] = [];

  /** Copies the bytes. */
  add(buf: Buffer, start: number, end: number, destination: SocketEndpoint): void {
    if (this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push({ bytes: Buffer.from(buf.subarray(start, end)), destination });
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Hands over and forgets all that wait. */
  take(sink: (bytes: Buffer, destination: SocketEndpoint) => void): void {
    if (this.#waiting.length === 0) return;
    for (const { bytes, destination } of this.#waiting.splice(0)) sink(bytes, destination);
  }
}

export class ErrorQueue {
  readonly #libc: Libc;
  readonly #endpoints: EndpointTable;
  readonly #found: Undeliverable;
  readonly #header = new Uint32Array(new ArrayBuffer(128));
  readonly #name = new Uint32Array(new ArrayBuffer(128));
  readonly #iovec = new Uint32Array(new ArrayBuffer(128));
  readonly #control = new Uint32Array(new ArrayBuffer(CONTROL_BYTES));
  readonly #payload = Buffer.from(new ArrayBuffer(PAYLOAD_BYTES));
  readonly #headerAddress: number;

  constructor(libc: Libc, endpoints: EndpointTable, found: Undeliverable) {
    this.#libc = libc;
    this.#endpoints = endpoints;
    this.#found = found;
    this.#headerAddress = libc.addressOf(this.#header);
    writePointer(this.#header, 0, libc.addressOf(this.#name));
    writePointer(this.#header, 4, libc.addressOf(this.#iovec));
    this.#header[6] = 1;
    writePointer(this.#header, 8, libc.addressOf(this.#control));
    writePointer(this.#iovec, 0, libc.addressOf(this.#payload));
    this.#iovec[2] = PAYLOAD_BYTES;
  }

  /** Reads the socket's errors into the list of the undeliverable; returns how many it found. */
  drain(fd: number): number {
    let found = 0;
    for (let i = 0; i < MAX_READ; i++) {
      // The kernel writes what it used of these; they are lengths on input again.
      this.#header[2] = AF_INET6_BYTES;
      this.#header[10] = CONTROL_BYTES;
      const length = this.#libc.recvmsg(fd, this.#headerAddress, MSG_ERRQUEUE | MSG_DONTWAIT);
      if (length < 0) break;
      if (!this.#isUndeliverable()) continue;
      const destination = this.#endpoints.internSockaddr(this.#name, 0);
      this.#found.add(this.#payload, 0, length, destination);
      found++;
    }
    return found;
  }

  /** Looks for sock_extended_err {uint32 errno, uint8 origin, ...} among the control messages. */
  #isUndeliverable(): boolean {
    const words = this.#control;
    const endWord = this.#header[10]! >> 2;
    let word = 0;
    // struct cmsghdr {size_t length, int level, int type}, data behind it, 8-aligned.
    while (word + 6 <= endWord) {
      const length = words[word]!;
      const level = words[word + 2]!;
      const type = words[word + 3]!;
      if (isReceiveError(level, type)) {
        const origin = words[word + 5]! & 0xff;
        const fromNetwork = origin === ORIGIN_ICMP || origin === ORIGIN_ICMP6;
        return fromNetwork && words[word + 4] !== EMSGSIZE;
      }
      if (length < 16) return false;
      word += ((length + 7) & ~7) >> 2;
    }
    return false;
  }
}

function isReceiveError(level: number, type: number): boolean {
  return (level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR);
}
