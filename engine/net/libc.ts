// The few libc calls of native packet I/O, through koffi. Pointers are plain numbers, taken once
// from buffers that their owner keeps; structures are written into those buffers by offset, for
// 64-bit little-endian Linux only. No call here blocks but `epoll_wait` and `usleep`.
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import type * as KoffiModule from 'koffi';
import { TandemError } from '../base/errors.ts';

type Koffi = typeof KoffiModule;
type KoffiFunction = ReturnType<KoffiModule.LibraryHandle['func']>;

const ARCHITECTURES: readonly string[] = ['x64', 'arm64', 'riscv64', 'loong64'];

export const AF_INET_BYTES = 16;
export const AF_INET6_BYTES = 28;
/** struct mmsghdr: msghdr, then the length received or sent at byte 56. */
export const MMSGHDR_BYTES = 64;
export const IOVEC_BYTES = 16;
export const MSG_DONTWAIT = 0x40;
export const MSG_ERRQUEUE = 0x2000;
export const SOL_UDP = 17;
/** Since Linux 4.18. */
export const UDP_SEGMENT = 103;
export const EPOLLIN = 1;
export const EPOLLERR = 8;
export const EPOLLET = 0x8000_0000;
/** struct epoll_event is packed on x86-64 only: {uint32 events, [pad,] uint64 data}. */
export const EPOLL_EVENT_WORDS = process.arch === 'x64' ? 3 : 4;
export const EPOLL_DATA_WORD = process.arch === 'x64' ? 1 : 2;

export const { EAGAIN, EINTR, EINVAL, EIO, EMSGSIZE, ENOBUFS } = constants.errno;

/** Each returns what the C function does; -1: look at `errno`. Lengths in bytes. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  bind(fd: number, address: number, length: number): number;
  getsockname(fd: number, address: number, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: number, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: number, length: number): number;
  close(fd: number): number;
  write(fd: number, bytes: number, length: number): number;
  eventfd(initial: number, flags: number): number;
  epollCreate(flags: number): number;
  epollControl(epoll: number, operation: number, fd: number, event: number): number;
  epollWait(epoll: number, events: number, maxEvents: number, timeoutMs: number): number;
  recvmmsg(fd: number, messages: number, count: number, flags: number, timeout: number): number;
  sendmmsg(fd: number, messages: number, count: number, flags: number): number;
  recvmsg(fd: number, message: number, flags: number): number;
  usleep(microseconds: number): number;
  clockGettime(clock: number, timespec: number): number;
  /** errno of this thread's last call. */
  errno(): number;
  /** The address of a buffer's first byte; the caller keeps the buffer alive. */
  addressOf(view: Uint8Array | Uint32Array): number;
}

function unavailable(why: string, cause?: unknown): TandemError {
  return new TandemError('TDM_NATIVE_UNAVAILABLE', why, { cause });
}

function loadKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (cause) {
    throw unavailable('the package koffi does not load', cause);
  }
}

function bindFunctions(koffi: Koffi): Libc {
  const libc = koffi.load(null);
  const f = (definition: string): KoffiFunction => libc.func(definition);
  return {
    socket: f('int socket(int, int, int)'),
    bind: f('int bind(int, uintptr_t, uint32_t)'),
    getsockname: f('int getsockname(int, uintptr_t, uintptr_t)'),
    setsockopt: f('int setsockopt(int, int, int, uintptr_t, uint32_t)'),
    getsockopt: f('int getsockopt(int, int, int, uintptr_t, uintptr_t)'),
    close: f('int close(int)'),
    write: f('intptr_t write(int, uintptr_t, size_t)'),
    eventfd: f('int eventfd(uint32_t, int)'),
    epollCreate: f('int epoll_create1(int)'),
    epollControl: f('int epoll_ctl(int, int, int, uintptr_t)'),
    epollWait: f('int epoll_wait(int, uintptr_t, int, int)'),
    recvmmsg: f('int recvmmsg(int, uintptr_t, uint32_t, int, uintptr_t)'),
    sendmmsg: f('int sendmmsg(int, uintptr_t, uint32_t, int)'),
    recvmsg: f('intptr_t recvmsg(int, uintptr_t, int)'),
    usleep: f('int usleep(uint32_t)'),
    clockGettime: f('int clock_gettime(int, uintptr_t)'),
    errno: () => koffi.errno(),
    addressOf: (view) => Number(koffi.address(view)),
  };
}

let opened: Libc | undefined;

/**
 * Loads libc, once per thread.
 * @throws TandemError TDM_NATIVE_UNAVAILABLE saying why (not Linux, other processor, no koffi).
 */
export function openLibc(): Libc {
  if (opened !== undefined) return opened;
  if (process.platform !== 'linux') throw unavailable(`${process.platform} is not Linux`);
  if (!ARCHITECTURES.includes(process.arch)) {
    throw unavailable(`structure layouts of ${process.arch} are not known`);
  }
  const koffi = loadKoffi();
  try {
    opened = bindFunctions(koffi);
  } catch (cause) {
    throw unavailable('libc lacks a function', cause);
  }
  return opened;
}

/** `"EADDRINUSE"` for 98; the number itself when it has no name. */
export function errnoName(errno: number): string {
  for (const [name, value] of Object.entries(constants.errno)) {
    if (value === errno && name !== 'EWOULDBLOCK') return name;
  }
  return `errno ${errno}`;
}

/** Splits an address for two 32-bit stores at `word` of a structure. */
export function writePointer(words: Uint32Array, word: number, address: number): void {
  words[word] = address;
  words[word + 1] = address / 0x1_0000_0000;
}
