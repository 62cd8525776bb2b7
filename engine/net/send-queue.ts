// sendmmsg from an arena: datagrams of one socket are written one behind the other and sent
// together at the end of a turn, in trains where they can (datagram-trains.ts). Each one sent may
// wake its receiver on our core, and who is put off it in the middle of his work finds his caches
// cold. When the kernel takes no more, the rest waits here, bounded; what does not fit is dropped
// by the caller, who counts it. SIP sends again.
import { DatagramTrains } from './datagram-trains.ts';
import type { SocketEndpoint } from './endpoint-table.ts';
import {
  AF_INET6_BYTES,
  AF_INET_BYTES,
  EAGAIN,
  EINTR,
  EINVAL,
  EIO,
  EMSGSIZE,
  ENOBUFS,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  SOL_UDP,
  UDP_SEGMENT,
  writePointer,
} from './libc.ts';
import type { Libc } from './libc.ts';
import { writeLatin1 } from './datagram-record.ts';
import { MAX_DATAGRAM_BYTES } from './packet-io.ts';

const ARENA_BYTES = 1 << 20;
const MAX_MESSAGES = 512;
const NAME_BYTES = 32;
/** struct cmsghdr and a uint16_t, padded. */
const CONTROL_BYTES = 24;
const CONTROL_LENGTH = 18;
/**
 * Longest datagram in a train: with its headers it fits the smallest MTU of IPv6, 1,280 bytes. What
 * the path does not take in one piece cannot be sent as one of many.
 */
const LONGEST_IN_TRAIN = 1232;
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
  /** One header a train; its vectors stand in the order in which they leave. */
  readonly #headers = new Uint32Array((MAX_MESSAGES * MMSGHDR_BYTES) / 4);
  readonly #iovecs = new Uint32Array((MAX_MESSAGES * IOVEC_BYTES) / 4);
  readonly #names = new Uint32Array((MAX_MESSAGES * NAME_BYTES) / 4);
  readonly #controls = new Uint32Array((MAX_MESSAGES * CONTROL_BYTES) / 4);
  readonly #starts = new Int32Array(MAX_MESSAGES);
  readonly #trains: DatagramTrains;
  readonly #arenaAddress: number;
  readonly #headersAddress: number;
  readonly #iovecsAddress: number;
  /** Trains that have left, and what the headers describe of the others. */
  #left = 0;
  #described = 0;
  #vectors = 0;
  /** The first train leaves one datagram at a time. */
  #isSplit = false;
  #count = 0;
  #used = 0;

  /** @param trains false: every datagram travels alone */
  constructor(libc: Libc, fd: number, family: 4 | 6, failures: SendFailures, trains = true) {
    this.#libc = libc;
    this.#fd = fd;
    this.#family = family;
    this.#failures = failures;
    this.#trains = new DatagramTrains(MAX_MESSAGES, trains ? LONGEST_IN_TRAIN : 0);
    this.#arenaAddress = libc.addressOf(this.#arena);
    this.#headersAddress = libc.addressOf(this.#headers);
    this.#iovecsAddress = libc.addressOf(this.#iovecs);
    const namesAddress = libc.addressOf(this.#names);
    const controlsAddress = libc.addressOf(this.#controls);
    for (let i = 0; i < MAX_MESSAGES; i++) {
      const header = (i * MMSGHDR_BYTES) / 4;
      writePointer(this.#headers, header, namesAddress + i * NAME_BYTES);
      this.#headers[header + 2] = family === 6 ? AF_INET6_BYTES : AF_INET_BYTES;
      writePointer(this.#headers, header + 8, controlsAddress + i * CONTROL_BYTES);
      const control = (i * CONTROL_BYTES) / 4;
      this.#controls[control] = CONTROL_LENGTH;
      this.#controls[control + 2] = SOL_UDP;
      this.#controls[control + 3] = UDP_SEGMENT;
    }
  }

  /** True when nothing waits. */
  get isEmpty(): boolean {
    return this.#left === this.#trains.count;
  }

  /** Queues one datagram (see PacketIo.send); false when it cannot be sent or there is no room. */
  push(
    to: SocketEndpoint,
    head: string,
    body: Buffer | null,
    bodyStart: number,
    bodyEnd: number,
    order: number,
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
    this.#starts[i] = at;
    this.#trains.add(i, to, bytes, order, this.#described);
    return true;
  }

  /** Sends until the queue is empty or the kernel takes no more. */
  flush(): void {
    const trains = this.#trains;
    while (this.#described < trains.count) this.#describe(this.#described++);
    let attempts = 0;
    while (this.#left < trains.count) {
      const address = this.#headersAddress + this.#left * MMSGHDR_BYTES;
      const count = this.#isSplit ? 1 : trains.count - this.#left;
      const sent = this.#libc.sendmmsg(this.#fd, address, count, MSG_DONTWAIT);
      if (sent > 0) {
        for (let i = 0; i < sent; i++) this.#leaves();
        attempts = 0;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === EAGAIN || errno === ENOBUFS) return;
      if (errno === EINTR) continue;
      this.#failures.drainErrors();
      if (this.#refusesTrain(errno) || ++attempts === MAX_ATTEMPTS) {
        this.#fail();
        attempts = 0;
      }
    }
    this.#left = 0;
    this.#described = 0;
    this.#vectors = 0;
    trains.clear();
    this.#count = 0;
    this.#used = 0;
  }

  /** Fills in the header of a train, and the vectors of its datagrams. */
  #describe(train: number): void {
    const trains = this.#trains;
    const cars = trains.cars(train);
    const bytes = trains.bytes(train);
    const header = (train * MMSGHDR_BYTES) / 4;
    writePointer(this.#headers, header + 4, this.#iovecsAddress + this.#vectors * IOVEC_BYTES);
    this.#headers[header + 6] = cars;
    this.#headers[header + 10] = cars > 1 ? CONTROL_BYTES : 0;
    this.#controls[(train * CONTROL_BYTES) / 4 + 4] = bytes;
    this.#writeName((train * NAME_BYTES) / 4, trains.addressOf(train));
    for (let i = trains.first(train); i >= 0; i = trains.next(i)) {
      const iovec = (this.#vectors++ * IOVEC_BYTES) / 4;
      writePointer(this.#iovecs, iovec, this.#arenaAddress + this.#starts[i]!);
      this.#iovecs[iovec + 2] = bytes;
    }
  }

  /** The first train has left; of a split one its first datagram. */
  #leaves(): void {
    const trains = this.#trains;
    const cars = trains.cars(this.#left);
    if (!this.#isSplit) {
      this.sent += cars;
      this.#left++;
      return;
    }
    this.sent++;
    this.#dropFirst();
  }

  /** No kernel takes a train where a datagram of its length is no packet, or without checksums. */
  #refusesTrain(errno: number): boolean {
    if (this.#isSplit || this.#trains.cars(this.#left) === 1) return false;
    if (errno !== EINVAL && errno !== EMSGSIZE && errno !== EIO) return false;
    this.#trains.longestBytes = errno === EIO ? 0 : this.#trains.bytes(this.#left) - 1;
    return true;
  }

  /** The first train cannot be sent: a longer one datagram by datagram, a single one not at all. */
  #fail(): void {
    const trains = this.#trains;
    const train = this.#left;
    if (trains.cars(train) > 1 && !this.#isSplit) {
      this.#isSplit = true;
      this.#describeFirst();
      return;
    }
    const start = this.#starts[trains.first(train)]!;
    const end = start + trains.bytes(train);
    this.#failures.failed(this.#arena, start, end, trains.addressOf(train));
    if (this.#isSplit) this.#dropFirst();
    else this.#left++;
  }

  /** Goes on with the next datagram of a split train, or with the next train. */
  #dropFirst(): void {
    if (this.#trains.cars(this.#left) === 1) {
      this.#isSplit = false;
      this.#left++;
      return;
    }
    this.#trains.uncouple(this.#left);
    this.#moveVector();
  }

  /** Of a split train the header names one datagram. */
  #describeFirst(): void {
    const header = (this.#left * MMSGHDR_BYTES) / 4;
    this.#headers[header + 6] = 1;
    this.#headers[header + 10] = 0;
  }

  #moveVector(): void {
    const header = (this.#left * MMSGHDR_BYTES) / 4;
    const low = this.#headers[header + 4]!;
    const address = this.#headers[header + 5]! * 0x1_0000_0000 + low + IOVEC_BYTES;
    writePointer(this.#headers, header + 4, address);
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
