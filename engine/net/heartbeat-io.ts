// Heartbeats of the pacer on their way out of the SIP ports: one payload to many addresses. Native:
// sendmmsg on shard 0's own sockets, so that NATs see the port they know. Portable, and as pings on
// connections of TCP and TLS: by main (ring-heartbeats.ts).
// Only the pacer's thread uses it, and it may wait a little.
import { writeLatin1 } from './datagram-record.ts';
import {
  AF_INET6_BYTES,
  AF_INET_BYTES,
  EAGAIN,
  EINTR,
  ENOBUFS,
  IOVEC_BYTES,
  MMSGHDR_BYTES,
  MSG_DONTWAIT,
  openLibc,
  writePointer,
} from './libc.ts';
import type { Libc } from './libc.ts';
import { RingHeartbeats, type RingSetup } from './ring-heartbeats.ts';
import { AF_INET6 } from './sockaddr.ts';

const MAX_MESSAGES = 512;
const NAME_WORDS = 8;
/** A full buffer is waited for this long in all, in steps of a millisecond. */
const MAX_WAITS = 50;
/** Between messages only empty lines may stand: a double one is a ping (RFC 5626 4.4.1). */
const STREAM_PING = '\r\n\r\n';
/** A failed send may tell of an earlier datagram (a pending ICMP error): it is tried again. */
const MAX_ATTEMPTS = 3;

/** What main hands to the pacer; survives structured clone. */
export interface HeartbeatSetup {
  readonly datagrams: DatagramSetup;
  /** Null when no listen address is of TCP or TLS. */
  readonly streams: RingSetup | null;
}

/** By index of the listen address. */
export type DatagramSetup =
  | {
      readonly kind: 'native';
      readonly sockets: readonly { readonly fd: number; readonly family: 4 | 6 }[];
    }
  | { readonly kind: 'portable'; readonly ring: RingSetup };

/** See HeartbeatSender of engine/registry/pacer.ts. */
export interface HeartbeatIo {
  readonly sent: number;
  readonly failed: number;
  setPayload(payload: string): void;
  /** What goes out from a listen address. */
  payloadFrom(local: number): string;
  push(local: number, words: Uint32Array): boolean;
  flush(): void;
}

type Datagrams = Omit<HeartbeatIo, 'payloadFrom'>;

/** @throws TandemError TDM_NATIVE_UNAVAILABLE when libc, loaded on main, does not load here. */
export function openHeartbeatIo({ datagrams, streams }: HeartbeatSetup): HeartbeatIo {
  const sockets =
    datagrams.kind === 'native'
      ? new NativeHeartbeats(datagrams.sockets)
      : new RingHeartbeats(datagrams.ring);
  return new AllHeartbeats(sockets, streams);
}

/** Over datagrams what the operator says, over connections always a ping. */
class AllHeartbeats implements HeartbeatIo {
  readonly #datagrams: Datagrams;
  readonly #streams: RingHeartbeats | null;
  readonly #firstStream: number;
  #payload = '';

  constructor(datagrams: Datagrams, streams: RingSetup | null) {
    this.#datagrams = datagrams;
    this.#streams = streams === null ? null : new RingHeartbeats(streams);
    this.#streams?.setPayload(STREAM_PING);
    this.#firstStream = streams?.first ?? Infinity;
  }

  get sent(): number {
    return this.#datagrams.sent + (this.#streams?.sent ?? 0);
  }

  get failed(): number {
    return this.#datagrams.failed + (this.#streams?.failed ?? 0);
  }

  setPayload(payload: string): void {
    this.#payload = payload;
    this.#datagrams.setPayload(payload);
  }

  payloadFrom(local: number): string {
    return local < this.#firstStream ? this.#payload : STREAM_PING;
  }

  push(local: number, words: Uint32Array): boolean {
    if (local < this.#firstStream) return this.#datagrams.push(local, words);
    return this.#streams!.push(local, words);
  }

  flush(): void {
    this.#datagrams.flush();
    this.#streams?.flush();
  }
}

/** One socket's array of messages that share their payload. */
class HeartbeatBatch {
  count = 0;
  readonly headersAddress: number;
  readonly #family: 4 | 6;
  readonly #headers = new Uint32Array((MAX_MESSAGES * MMSGHDR_BYTES) / 4);
  readonly #names = new Uint32Array(MAX_MESSAGES * NAME_WORDS);
  readonly fd: number;

  constructor(libc: Libc, fd: number, family: 4 | 6, iovecAddress: number) {
    this.fd = fd;
    this.#family = family;
    this.headersAddress = libc.addressOf(this.#headers);
    const namesAddress = libc.addressOf(this.#names);
    for (let i = 0; i < MAX_MESSAGES; i++) {
      const header = (i * MMSGHDR_BYTES) / 4;
      writePointer(this.#headers, header, namesAddress + i * NAME_WORDS * 4);
      this.#headers[header + 2] = family === 6 ? AF_INET6_BYTES : AF_INET_BYTES;
      writePointer(this.#headers, header + 4, iovecAddress);
      this.#headers[header + 6] = 1;
    }
  }

  /** @param words head, a0 to a3, scope, as SocketEndpoint has them */
  push(words: Uint32Array): boolean {
    const family = (words[0]! & 0xffff) === AF_INET6 ? 6 : 4;
    if (family !== this.#family) return false;
    const name = this.count++ * NAME_WORDS;
    const names = this.#names;
    names[name] = words[0]!;
    if (family === 4) {
      names[name + 1] = words[1]!;
      return true;
    }
    // sockaddr_in6 has the flow label in front of the address.
    for (let i = 1; i < 6; i++) names[name + 1 + i] = words[i]!;
    return true;
  }
}

class NativeHeartbeats implements Datagrams {
  sent = 0;
  failed = 0;
  readonly #libc = openLibc();
  readonly #iovec = new Uint32Array(new ArrayBuffer(128), 0, IOVEC_BYTES / 4);
  #payload = Buffer.from(new ArrayBuffer(128));
  readonly #batches: readonly HeartbeatBatch[];

  constructor(sockets: readonly { readonly fd: number; readonly family: 4 | 6 }[]) {
    const address = this.#libc.addressOf(this.#iovec);
    this.#batches = sockets.map(
      ({ fd, family }) => new HeartbeatBatch(this.#libc, fd, family, address),
    );
  }

  setPayload(payload: string): void {
    this.#payload = Buffer.from(new ArrayBuffer(Math.max(128, payload.length)));
    writeLatin1(this.#payload, payload, 0);
    writePointer(this.#iovec, 0, this.#libc.addressOf(this.#payload));
    this.#iovec[2] = payload.length;
  }

  push(local: number, words: Uint32Array): boolean {
    const batch = this.#batches[local];
    if (batch?.push(words) !== true) return false;
    if (batch.count === MAX_MESSAGES) this.#send(batch);
    return true;
  }

  flush(): void {
    for (const batch of this.#batches) if (batch.count > 0) this.#send(batch);
  }

  #send(batch: HeartbeatBatch): void {
    let first = 0;
    let attempts = 0;
    let waits = 0;
    while (first < batch.count) {
      const address = batch.headersAddress + first * MMSGHDR_BYTES;
      const taken = this.#libc.sendmmsg(batch.fd, address, batch.count - first, MSG_DONTWAIT);
      if (taken > 0) {
        first += taken;
        this.sent += taken;
        attempts = 0;
        continue;
      }
      const errno = this.#libc.errno();
      if (errno === EINTR) continue;
      if (errno === EAGAIN || errno === ENOBUFS) {
        if (waits++ === MAX_WAITS) break;
        this.#libc.usleep(1000);
        continue;
      }
      if (++attempts < MAX_ATTEMPTS) continue;
      first++;
      this.failed++;
      attempts = 0;
    }
    this.failed += batch.count - first;
    batch.count = 0;
  }
}
