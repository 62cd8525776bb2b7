// Main opens and binds the native sockets: for each listen address one per shard, all on the same
// port (SO_REUSEPORT), and hands the descriptors to the shards. They outlive a shard, so that its
// successor finds what waits in them.
import { constants } from 'node:os';
import { readFileSync } from 'node:fs';
import { TandemError } from '../base/errors.ts';
import { hostPort } from '../base/endpoint.ts';
import { SocketEndpoint } from './endpoint-table.ts';
import { AF_INET6_BYTES, AF_INET_BYTES, errnoName, openLibc, writePointer } from './libc.ts';
import type { Libc } from './libc.ts';
import type { ListenAddress } from './listen-address.ts';
import { INSTRUCTION_BYTES, shardFilter } from './shard-filter.ts';
import { addressWords, AF_INET, AF_INET6, sockaddrHead } from './sockaddr.ts';

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_REUSEPORT = 15;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SO_ATTACH_REUSEPORT_CBPF = 51;
const SOL_IP = 0;
const IP_RECVERR = 11;
const SOL_IPV6 = 41;
const IPV6_RECVERR = 25;
const IPV6_V6ONLY = 26;

/**
 * How far the kernel looks into a datagram for its shard, bytes: the first that it takes. Before
 * Linux 6.9 net.core.optmem_max is 20 kB by default, which is enough for the last.
 */
const FILTER_REACHES: readonly number[] = [416, 224];

const hints: Readonly<Record<number, string>> = {
  [constants.errno.EADDRINUSE]: 'another process has it; stop that one or choose another port',
  [constants.errno.EACCES]: 'ports below 1024 need root or CAP_NET_BIND_SERVICE',
  [constants.errno.EADDRNOTAVAIL]: 'no interface of this machine has the address',
  [constants.errno.EAFNOSUPPORT]: 'the kernel has no support for this address family',
  [constants.errno.EMFILE]: 'raise the limit of open files',
};

/** The sockets of one listen address. */
export interface OpenListen {
  readonly address: ListenAddress;
  /** The bound port. */
  readonly port: number;
  /** One descriptor per shard. */
  readonly fds: readonly number[];
}

export interface OpenListens {
  readonly listens: readonly OpenListen[];
  /** What the operator should know: buffers that the kernel made smaller than asked for. */
  readonly warnings: readonly string[];
  close(): void;
}

/** Scratch memory for the calls of opening. */
class SocketCalls {
  readonly #libc: Libc;
  readonly #words = new Uint32Array(new ArrayBuffer(128));
  readonly #address: number;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#address = libc.addressOf(this.#words);
  }

  fail(listen: ListenAddress, call: string): TandemError {
    const errno = this.#libc.errno();
    const hint = hints[errno] === undefined ? '' : `: ${hints[errno]}`;
    const where = `udp://${hostPort(listen)}`;
    return new TandemError('TDM_LISTEN_FAILED', `${where}: ${call}: ${errnoName(errno)}${hint}`);
  }

  open(listen: ListenAddress): number {
    const family = listen.family === 6 ? AF_INET6 : AF_INET;
    const fd = this.#libc.socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) throw this.fail(listen, 'socket');
    return fd;
  }

  close(fd: number): void {
    this.#libc.close(fd);
  }

  set(fd: number, level: number, name: number, value: number): boolean {
    this.#words[0] = value;
    return this.#libc.setsockopt(fd, level, name, this.#address, 4) === 0;
  }

  get(fd: number, level: number, name: number): number {
    this.#words[4] = 4;
    this.#libc.getsockopt(fd, level, name, this.#address, this.#address + 16);
    return this.#words[0]!;
  }

  bind(fd: number, listen: ListenAddress, port: number): boolean {
    const words = this.#words;
    words.fill(0);
    words[0] = sockaddrHead(listen.family === 6 ? AF_INET6 : AF_INET, port);
    // sockaddr_in6 has the flow label in front of the address.
    words.set(addressWords(listen.family, listen.ip)!, listen.family === 6 ? 2 : 1);
    const length = listen.family === 6 ? AF_INET6_BYTES : AF_INET_BYTES;
    return this.#libc.bind(fd, this.#address, length) === 0;
  }

  /** Has the kernel pick the shard for all sockets that share this one's port. */
  attachFilter(fd: number, program: Uint8Array): boolean {
    // struct sock_fprog
    this.#words[0] = program.length / INSTRUCTION_BYTES;
    writePointer(this.#words, 2, this.#libc.addressOf(program));
    const option = SO_ATTACH_REUSEPORT_CBPF;
    return this.#libc.setsockopt(fd, SOL_SOCKET, option, this.#address, 16) === 0;
  }

  boundPort(fd: number): number {
    this.#words[8] = 28;
    this.#libc.getsockname(fd, this.#address, this.#address + 32);
    return new SocketEndpoint(this.#words[0]!, 0, 0, 0, 0, 0).port;
  }
}

/**
 * Sets both buffers to `bytes`, by privilege over the system's maximum where we have it.
 * @returns the sizes that came of it.
 */
function setBuffers(calls: SocketCalls, fd: number, bytes: number): [number, number] {
  if (!calls.set(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes)) {
    calls.set(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }
  if (!calls.set(fd, SOL_SOCKET, SO_SNDBUFFORCE, bytes)) {
    calls.set(fd, SOL_SOCKET, SO_SNDBUF, bytes);
  }
  // The kernel doubles what is asked for, to account for its own structures (socket(7)).
  const received = calls.get(fd, SOL_SOCKET, SO_RCVBUF) / 2;
  return [received, calls.get(fd, SOL_SOCKET, SO_SNDBUF) / 2];
}

function systemLimit(name: string): string {
  try {
    return readFileSync(`/proc/sys/net/core/${name}`, 'latin1').trim();
  } catch {
    // Older kernels hide it in containers.
    return 'not visible here';
  }
}

function clampWarnings(listen: ListenAddress, sizes: [number, number], bytes: number): string[] {
  const limits = ['rmem_max', 'wmem_max'];
  const kinds = ['receive', 'send'];
  return sizes.flatMap((size, i) => {
    if (size >= bytes) return [];
    const limit = systemLimit(limits[i]!);
    const where = `udp://${hostPort(listen)}`;
    return [
      `${where}: the kernel gives ${size} of ${bytes} bytes of ${kinds[i]} buffer` +
        ` (net.core.${limits[i]} is ${limit}; raise it, or grant CAP_NET_ADMIN)`,
    ];
  });
}

/**
 * SO_REUSEPORT would let two switches of one user share a port silently, each losing half of the
 * packets; a socket without it finds out.
 */
function refuseSharedPort(calls: SocketCalls, listen: ListenAddress): void {
  const probe = calls.open(listen);
  if (listen.family === 6) calls.set(probe, SOL_IPV6, IPV6_V6ONLY, 1);
  const bound = calls.bind(probe, listen, listen.port);
  const failure = bound ? undefined : calls.fail(listen, 'bind');
  calls.close(probe);
  if (failure !== undefined) throw failure;
}

function openOne(
  calls: SocketCalls,
  listen: ListenAddress,
  port: number,
  bufferBytes: number,
  warnings: Set<string>,
): number {
  const fd = calls.open(listen);
  calls.set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (listen.family === 6) {
    calls.set(fd, SOL_IPV6, IPV6_V6ONLY, 1);
    calls.set(fd, SOL_IPV6, IPV6_RECVERR, 1);
  } else {
    calls.set(fd, SOL_IP, IP_RECVERR, 1);
  }
  const sizes = setBuffers(calls, fd, bufferBytes);
  for (const warning of clampWarnings(listen, sizes, bufferBytes)) warnings.add(warning);
  if (calls.bind(fd, listen, port)) return fd;
  const failure = calls.fail(listen, 'bind');
  calls.close(fd);
  throw failure;
}

/** The order in which sockets were bound is the order of the shards. */
function steer(calls: SocketCalls, fd: number, listen: ListenAddress): string[] {
  if (FILTER_REACHES.some((reach) => calls.attachFilter(fd, shardFilter(reach)))) return [];
  const { message } = calls.fail(listen, 'setsockopt SO_ATTACH_REUSEPORT_CBPF');
  return [`${message}: datagrams of calls come to any shard, which hands them on (more CPU)`];
}

/**
 * Opens all sockets or none.
 * @param bufferBytes wished size of each receive and send buffer.
 * @throws TandemError TDM_LISTEN_FAILED naming the address and the reason.
 */
export function openListenSockets(
  addresses: readonly ListenAddress[],
  shards: number,
  bufferBytes: number,
): OpenListens {
  const libc = openLibc();
  const calls = new SocketCalls(libc);
  const opened: number[] = [];
  const warnings = new Set<string>();
  const close = (): void => {
    for (const fd of opened.splice(0)) calls.close(fd);
  };
  try {
    // All before any: a wildcard may stand beside one of its own addresses.
    for (const address of addresses) refuseSharedPort(calls, address);
    const listens = addresses.map((address) => {
      let port = address.port;
      const fds: number[] = [];
      for (let shard = 0; shard < shards; shard++) {
        const fd = openOne(calls, address, port, bufferBytes, warnings);
        opened.push(fd);
        fds.push(fd);
        port = calls.boundPort(fd);
      }
      const last = fds.at(-1)!;
      if (shards > 1) for (const text of steer(calls, last, address)) warnings.add(text);
      return { address, port, fds };
    });
    return { listens, warnings: [...warnings], close };
  } catch (error) {
    close();
    throw error;
  }
}
