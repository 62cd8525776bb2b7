// epoll(7) over a shard's sockets (level-triggered) and its eventfd (edge-triggered, so that it
// never needs to be read: every write is a new edge).
import { TandemError } from '../base/errors.ts';
import { EPOLL_DATA_WORD, EPOLL_EVENT_WORDS, EPOLLET, EPOLLIN, errnoName } from './libc.ts';
import type { Libc } from './libc.ts';

const EPOLL_CLOEXEC = 0o2000000;
const EPOLL_CTL_ADD = 1;

export class Poller {
  readonly #libc: Libc;
  readonly #epoll: number;
  readonly #events: Uint32Array;
  readonly #eventsAddress: number;
  readonly #maxEvents: number;

  /** @param sockets the event of the i-th has tag i; the eventfd's tag is their number. */
  constructor(libc: Libc, sockets: readonly number[], eventFd: number) {
    this.#libc = libc;
    this.#maxEvents = sockets.length + 1;
    this.#events = new Uint32Array(new ArrayBuffer(128 + this.#maxEvents * 16));
    this.#eventsAddress = libc.addressOf(this.#events);
    this.#epoll = libc.epollCreate(EPOLL_CLOEXEC);
    sockets.forEach((fd, tag) => {
      this.#add(fd, EPOLLIN, tag);
    });
    this.#add(eventFd, EPOLLIN | EPOLLET, sockets.length);
  }

  /** @returns how many events there are, 0 after the timeout or a signal. */
  wait(timeoutMs: number): number {
    const wholeMs = Math.ceil(timeoutMs);
    const count = this.#libc.epollWait(this.#epoll, this.#eventsAddress, this.#maxEvents, wholeMs);
    return Math.max(0, count);
  }

  tagOf(event: number): number {
    return this.#events[event * EPOLL_EVENT_WORDS + EPOLL_DATA_WORD]!;
  }

  /** EPOLLIN, EPOLLERR. */
  eventsOf(event: number): number {
    return this.#events[event * EPOLL_EVENT_WORDS]!;
  }

  close(): void {
    this.#libc.close(this.#epoll);
  }

  #add(fd: number, events: number, tag: number): void {
    this.#events[0] = events;
    this.#events[EPOLL_DATA_WORD] = tag;
    this.#events[EPOLL_DATA_WORD + 1] = 0;
    if (this.#libc.epollControl(this.#epoll, EPOLL_CTL_ADD, fd, this.#eventsAddress) === 0) return;
    const name = errnoName(this.#libc.errno());
    throw new TandemError('TDM_NATIVE_UNAVAILABLE', `epoll_ctl of descriptor ${fd}: ${name}`);
  }
}
