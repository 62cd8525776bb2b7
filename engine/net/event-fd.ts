// eventfd(2): how any thread of the process wakes a shard that blocks in epoll_wait.
import { constants } from 'node:os';
import { TandemError } from '../base/errors.ts';
import { errnoName, openLibc } from './libc.ts';
import type { Libc } from './libc.ts';

const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;

const one = new Uint32Array(new ArrayBuffer(128));
one[0] = 1;
let oneAddress = 0;

/** @throws TandemError TDM_NATIVE_UNAVAILABLE when the process is out of descriptors. */
export function openEventFd(): number {
  const libc = openLibc();
  const fd = libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0) {
    const name = errnoName(libc.errno());
    const why = libc.errno() === constants.errno.EMFILE ? ': raise the limit of open files' : '';
    throw new TandemError('TDM_NATIVE_UNAVAILABLE', `eventfd: ${name}${why}`);
  }
  return fd;
}

/** Wakes the shard; harmless when it is awake. */
export function wakeEventFd(libc: Libc, fd: number): void {
  if (oneAddress === 0) oneAddress = libc.addressOf(one);
  libc.write(fd, oneAddress, 8);
}
