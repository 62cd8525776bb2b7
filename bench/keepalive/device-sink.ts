// All devices of the bench behind one socket: which of them a heartbeat was for the kernel tells
// with each datagram (IP_PKTINFO, ip(7)). Counts per device, and the longest time between two. An
// OPTIONS is answered as a phone would.
import { createSocket } from 'node:dgram';
import {
  AF_INET_BYTES,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  openLibc,
  writePointer,
} from '../../engine/net/libc.ts';
import { AF_INET, sockaddrHead } from '../../engine/net/sockaddr.ts';
import { deviceOf } from './device-addresses.ts';

const SOCK_DGRAM_NONBLOCK = 2 | 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const IP_PKTINFO = 8;
const BUFFER_BYTES = 32 << 20;
const BATCH = 256;
const DATAGRAM_BYTES = 2048;
const CONTROL_BYTES = 64;
/** struct cmsghdr (16 bytes), then in_pktinfo: interface, local address, address of the header. */
const ADDRESS_WORD = 6;
const POLL_MS = 5;
const O = 0x4f;

export interface SinkFigures {
  /** Heartbeats per device: least and most. */
  readonly least: number;
  readonly most: number;
  readonly total: number;
  /** Longest time between two heartbeats of one device, ms. */
  readonly longestGapMs: number;
  /** OPTIONS answered. */
  readonly checks: number;
  /** Datagrams that were neither. */
  readonly strange: number;
}

export class DeviceSink {
  readonly port: number;
  readonly #libc = openLibc();
  readonly #fd: number;
  readonly #payload: Buffer;
  readonly #bytes = Buffer.from(new ArrayBuffer(BATCH * DATAGRAM_BYTES));
  readonly #headers = new Uint32Array((BATCH * MMSGHDR_BYTES) / 4);
  readonly #iovecs = new Uint32Array((BATCH * IOVEC_BYTES) / 4);
  readonly #controls = new Uint32Array((BATCH * CONTROL_BYTES) / 4);
  readonly #headersAddress: number;
  readonly #counts: Uint32Array;
  readonly #lastMs: Float64Array;
  readonly #timer: NodeJS.Timeout;
  readonly #answers = createSocket('udp4');
  #sipPort = 0;
  #checks = 0;
  #longestGapMs = 0;
  #strange = 0;
  #arrivedMs = 0;

  constructor(port: number, devices: number, payload: string) {
    this.port = port;
    this.#payload = Buffer.from(payload, 'latin1');
    this.#counts = new Uint32Array(devices);
    this.#lastMs = new Float64Array(devices);
    this.#fd = this.#open(port);
    this.#headersAddress = this.#libc.addressOf(this.#headers);
    const [bytes, iovecs, controls] = [this.#bytes, this.#iovecs, this.#controls].map((view) =>
      this.#libc.addressOf(view),
    ) as [number, number, number];
    for (let i = 0; i < BATCH; i++) {
      writePointer(this.#iovecs, i * 4, bytes + i * DATAGRAM_BYTES);
      this.#iovecs[i * 4 + 2] = DATAGRAM_BYTES;
      const header = i * 16;
      writePointer(this.#headers, header + 4, iovecs + i * IOVEC_BYTES);
      this.#headers[header + 6] = 1;
      writePointer(this.#headers, header + 8, controls + i * CONTROL_BYTES);
    }
    this.#timer = setInterval(() => {
      this.#drain();
    }, POLL_MS);
  }

  /** Answers OPTIONS from now on. @param sipPort of the switch on 127.0.0.1 */
  answerTo(sipPort: number): void {
    this.#sipPort = sipPort;
  }

  /** How long no heartbeat has come, ms. */
  get quietMs(): number {
    return performance.now() - this.#arrivedMs;
  }

  /** Counts from zero on; gaps go on. */
  reset(): void {
    this.#counts.fill(0);
    this.#longestGapMs = 0;
    this.#strange = 0;
    this.#checks = 0;
  }

  figures(): SinkFigures {
    let least = Infinity;
    let most = 0;
    let total = 0;
    for (const count of this.#counts) {
      least = Math.min(least, count);
      most = Math.max(most, count);
      total += count;
    }
    const [checks, strange] = [this.#checks, this.#strange];
    return { least, most, total, longestGapMs: this.#longestGapMs, checks, strange };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#answers.close();
    this.#libc.close(this.#fd);
  }

  #open(port: number): number {
    const fd = this.#libc.socket(AF_INET, SOCK_DGRAM_NONBLOCK, 0);
    const words = new Uint32Array(new ArrayBuffer(128));
    const address = this.#libc.addressOf(words);
    const set = (level: number, name: number, value: number): boolean => {
      words[0] = value;
      return this.#libc.setsockopt(fd, level, name, address, 4) === 0;
    };
    set(0, IP_PKTINFO, 1);
    if (!set(SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)) set(SOL_SOCKET, SO_RCVBUF, BUFFER_BYTES);
    words.fill(0);
    words[0] = sockaddrHead(AF_INET, port);
    if (this.#libc.bind(fd, address, AF_INET_BYTES) !== 0) {
      throw new Error(`cannot bind UDP port ${port}: errno ${this.#libc.errno()}`);
    }
    return fd;
  }

  #drain(): void {
    for (;;) {
      for (let i = 0; i < BATCH; i++) this.#headers[i * 16 + 10] = CONTROL_BYTES;
      const count = this.#libc.recvmmsg(this.#fd, this.#headersAddress, BATCH, MSG_DONTWAIT, 0);
      if (count <= 0) return;
      const nowMs = performance.now();
      for (let i = 0; i < count; i++) this.#count(i, nowMs);
    }
  }

  #count(i: number, nowMs: number): void {
    const device = deviceOf(this.#controls[(i * CONTROL_BYTES) / 4 + ADDRESS_WORD]!);
    const start = i * DATAGRAM_BYTES;
    const text = this.#bytes.subarray(start, start + this.#headers[i * 16 + 14]!);
    if (text[0] === O && this.#sipPort > 0) {
      this.#answer(text.toString('latin1'));
      return;
    }
    if (device < 0 || device >= this.#counts.length || !this.#payload.equals(text)) {
      this.#strange++;
      return;
    }
    this.#arrivedMs = nowMs;
    this.#counts[device]!++;
    const lastMs = this.#lastMs[device]!;
    if (lastMs > 0) this.#longestGapMs = Math.max(this.#longestGapMs, nowMs - lastMs);
    this.#lastMs[device] = nowMs;
  }

  #answer(request: string): void {
    this.#checks++;
    const lines = request.split('\r\n').filter((line) => /^(via|from|call-id|cseq):/i.test(line));
    const to = /^To: .*$/m.exec(request)?.[0] ?? '';
    const head = ['SIP/2.0 200 OK', ...lines, `${to};tag=device`, 'Content-Length: 0', '', ''];
    this.#answers.send(head.join('\r\n'), this.#sipPort, '127.0.0.1');
  }
}
