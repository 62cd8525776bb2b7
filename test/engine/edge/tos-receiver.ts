// A UDP socket that tells the TOS byte of each datagram, as the kernel took it off the wire
// (IP_RECVTOS, ip(7)): what a vendor's router would see.
import {
  AF_INET_BYTES,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  openLibc,
  writePointer,
} from '../../../engine/net/libc.ts';
import { AF_INET, sockaddrHead } from '../../../engine/net/sockaddr.ts';

const SOCK_DGRAM = 2;
const SOL_IP = 0;
const IP_TOS = 1;
const IP_RECVTOS = 13;
/** struct msghdr by words of 32 bits: vector, its length, control data, its length. */
const VECTOR = 4;
const VECTOR_COUNT = 6;
const CONTROL = 8;
const CONTROL_LENGTH = 10;
/** struct cmsghdr: length (8 bytes), level, type, data. */
const CONTROL_BYTES = 64;
const [LEVEL, TYPE, DATA] = [2, 3, 4];

export interface Received {
  readonly text: string;
  readonly tos: number;
}

export class TosReceiver {
  readonly #libc = openLibc();
  readonly #fd: number;
  readonly #bytes = Buffer.from(new ArrayBuffer(65_536));
  readonly #header = new Uint32Array(new ArrayBuffer(MMSGHDR_BYTES));
  readonly #vector = new Uint32Array(new ArrayBuffer(IOVEC_BYTES));
  readonly #control = new Uint32Array(new ArrayBuffer(CONTROL_BYTES));

  /** @param ip of 127/8 */
  constructor(ip: string, port: number) {
    const libc = this.#libc;
    this.#fd = libc.socket(AF_INET, SOCK_DGRAM, 0);
    const words = new Uint32Array(new ArrayBuffer(AF_INET_BYTES));
    const address = libc.addressOf(words);
    words[0] = 1;
    libc.setsockopt(this.#fd, SOL_IP, IP_RECVTOS, address, 4);
    words[0] = sockaddrHead(AF_INET, port);
    words[1] = Buffer.from(ip.split('.').map(Number)).readUInt32LE();
    if (libc.bind(this.#fd, address, AF_INET_BYTES) !== 0) {
      throw new Error(`cannot bind ${ip}:${port}: errno ${libc.errno()}`);
    }
    writePointer(this.#vector, 0, libc.addressOf(this.#bytes));
    this.#vector[2] = this.#bytes.length;
    writePointer(this.#header, VECTOR, libc.addressOf(this.#vector));
    this.#header[VECTOR_COUNT] = 1;
    writePointer(this.#header, CONTROL, libc.addressOf(this.#control));
  }

  /** All that waits in the socket. */
  take(): Received[] {
    const received: Received[] = [];
    for (;;) {
      this.#header[CONTROL_LENGTH] = CONTROL_BYTES;
      const length = this.#libc.recvmsg(this.#fd, this.#libc.addressOf(this.#header), MSG_DONTWAIT);
      if (length < 0) return received;
      const isTos = this.#control[LEVEL] === SOL_IP && this.#control[TYPE] === IP_TOS;
      const tos = isTos ? this.#control[DATA]! & 0xff : -1;
      received.push({ text: this.#bytes.toString('latin1', 0, length), tos });
    }
  }

  close(): void {
    this.#libc.close(this.#fd);
  }
}
