// sendmmsg from an arena: datagrams of one socket are written one behind the other and sent
// together at the end of a turn: each one sent may wake its receiver on our core, and who is put
// off it in the middle of his work finds his caches cold. When the kernel takes no more, the rest
// waits here, bounded; what does not fit is dropped by the caller, who counts it. SIP sends again.
import type { SocketEndpoint } from './endpoint-table.ts';
import {
  AF_INET6_BYTES,
  AF_INET_BYTES,
  EAGAIN,
  EINTR,
  ENOBUFS,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  writePointer,
} from './libc.ts';
import type { Libc } from './libc.ts';
import { writeLatin1 } from './datagram-record.ts';
import { MAX_DATAGRAM_BYTES } from './packet-io.ts';

const ARENA_BYTES = 1 << 20;
const MAX_MESSAGES = 512;
const NAME_BYTES = 32;
/**
 * A failed send may tell of an earlier datagram (the socket's pending ICMP error), so a message
 * is given up only when it fails this often.
 */
const MAX_ATTEMPTS = 3;

/** What the owner of the queue does about failures. */
export interface SendFailures {
  /** Fetches pending ICMP errors of the socket: they fail whatever is sent next. */
  drainErrors(): void;
  /** A datagram that the kernel refused; `arena` from `start` to `end`, valid during the call. */
  failed(arena: Buffer, start: number, end: number, destination: SocketEndpoint): void;
}

export class SendQueue {
  /** Datagrams handed to the kernel so far. */
  sent = 0;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #family: 4 | 6;
  readonly #failures: SendFailures;
  readonly #arena = Buffer.from(new ArrayBuffer(ARENA_BYTES));
  readonly #headers = new Uint32Array((MAX_MESSAGES * MMSGHDR_BYTES) / 4);
  readonly #iovecs = new Uint32Array((MAX_MESSAGES * IOVEC_BYTES) / 4);
  readonly #names = new Uint32Array((MAX_MESSAGES * NAME_BYTES) / 4);
  readonly #destinations: SocketEndpoint[] = [];
  readonly #arenaAddress: number;
  readonly #headersAddress: number;
  #first = 0;
  #count = 0;
  #used = 0;

  constructor(libc: Libc, fd: number, family: 4 | 6, failures: SendFailures) {
    this.#libc = libc;
    this.#fd = fd;
    this.#family = family;
    this.#failures = failures;
    this.#arenaAddress = libc.addressOf(this.#arena);
    this.#headersAddress = libc.addressOf(this.#headers);
    const iovecsAddress = libc.addressOf(this.#iovecs);
    const namesAddress = libc.addressOf(this.#names);
    for (let i = 0; i < MAX_MESSAGES; i++) {
      const header = (i * MMSGHDR_BYTES) / 4;
      writePointer(this.#headers, header, namesAddress + i * NAME_BYTES);
      this.#headers[header + 2] = family === 6 ? AF_INET6_BYTES : AF_INET_BYTES;
      writePointer(this.#headers, header + 4, iovecsAddress + i * IOVEC_BYTES);
      this.#headers[header + 6] = 1;
    }
  }

  /** Datagrams that wait. */
  get backlog(): number {
    return this.#count - this.#first;
  }

  /** Queues one datagram (see PacketIo.send); false when it cannot be sent or there is no room. */
  push(
    to: SocketEndpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
  ): boolean {
    const bytes = head.length + (body === null ? 0 : bodyEnd - bodyStart);
    if (bytes > MAX_DATAGRAM_BYTES || to.family !== this.#family) return false;
    if (!this.#hasRoom(bytes)) {
      this.flush();
      if (!this.#hasRoom(bytes)) return false;
    }
    const at = this.#used;
    writeLatin1(this.#arena, head, at);
    if (body !== null) body.copy(this.#arena, at + head.length, bodyStart, bodyEnd);
    const i = this.#count++;
    this.#used = (at + bytes + 7) & ~7;
    this.#destinations[i] = to;
    const iovec = (i * IOVEC_BYTES) / 4;
    writePointer(this.#iovecs, iovec, this.#arenaAddress + at);
    this.#iovecs[iovec + 2] = bytes;
    this.#writeName((i * NAME_BYTES) / 4, to);
    return true;
  }

  /** Sends until the queue is empty or the kernel takes no more. */
  flush(): void {
    let attempts = 0;
    while (this.#first < this.#count) {
      const address = this.#headersAddress + this.#first * MMSGHDR_BYTES;
      const count = this.#count - this.#first;
      const sent = this.#libc.sendmmsg(this.#fd, address, count, MSG_DONTWAIT);
      if (sent > 0) {
        this.#first += sent;
        this.sent += sent;
        attempts = 0;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === EAGAIN || errno === ENOBUFS) return;
      if (errno === EINTR) continue;
      this.#failures.drainErrors();
      if (++attempts < MAX_ATTEMPTS) continue;
      this.#giveUp();
      attempts = 0;
    }
    this.#first = 0;
    this.#count = 0;
    this.#used = 0;
  }

  #giveUp(): void {
    const i = this.#first++;
    const iovec = (i * IOVEC_BYTES) / 4;
    // The arena begins at some address; the offset is the difference of the low halves.
    const start = (this.#iovecs[iovec]! - this.#arenaAddress) >>> 0;
    const end = start + this.#iovecs[iovec + 2]!;
    this.#failures.failed(this.#arena, start, end, this.#destinations[i]!);
  }

  #hasRoom(bytes: number): boolean {
    return this.#count < MAX_MESSAGES && this.#used + bytes <= ARENA_BYTES;
  }

  #writeName(word: number, to: SocketEndpoint): void {
    const names = this.#names;
    names[word] = to.head;
    if (to.family === 4) {
      names[word + 1] = to.a0;
      return;
    }
    names[word + 2] = to.a0;
    names[word + 3] = to.a1;
    names[word + 4] = to.a2;
    names[word + 5] = to.a3;
    names[word + 6] = to.scope;
  }
}
