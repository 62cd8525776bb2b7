// Which datagrams of a turn leave together: those of one length to one address form a train, which
// the kernel takes as a single one and cuts up as late as it can (udp(7), UDP_SEGMENT): its way
// through the kernel is most of what sending costs. A train overtakes what was queued after it
// began, so datagrams whose order matters name it: the second of an order begins a train behind all
// others. Numbers only; send-queue.ts has the bytes.
import { STRICT_ORDER } from '../base/send-order.ts';
import type { SocketEndpoint } from './endpoint-table.ts';
import { MAX_DATAGRAM_BYTES } from './packet-io.ts';

/** What every kernel with UDP_SEGMENT takes (4.18; from 6.9 on 128). */
const MAX_CARS = 64;
/** Trains that more datagrams may join, by a hash of address and length; a power of two. */
const OPEN_TRAINS = 1024;
/** Orders seen in a turn, by a hash: two that fall together cost a train, nothing else. */
const ORDERS = 4096;
const NONE = -1;

export class DatagramTrains {
  /** Trains of this turn. */
  count = 0;
  /** Longer datagrams travel alone. */
  longestBytes: number;
  /** Of each datagram the next one in its train. */
  readonly #next: Int16Array;
  readonly #first: Int16Array;
  readonly #last: Int16Array;
  readonly #cars: Int16Array;
  readonly #bytes: Int32Array;
  readonly #addresses: SocketEndpoint[] = [];
  readonly #open = new Int16Array(OPEN_TRAINS).fill(NONE);
  readonly #turns = new Int32Array(ORDERS);
  #turn = 1;

  /** @param capacity datagrams of a turn at most, up to 32,767 */
  constructor(capacity: number, longestBytes: number) {
    this.longestBytes = longestBytes;
    this.#next = new Int16Array(capacity);
    this.#first = new Int16Array(capacity);
    this.#last = new Int16Array(capacity);
    this.#cars = new Int16Array(capacity);
    this.#bytes = new Int32Array(capacity);
  }

  /**
   * Finds datagram `index` its train.
   * @param order see PacketIo.send
   * @param from the first train that has not left yet
   */
  add(index: number, to: SocketEndpoint, bytes: number, order: number, from: number): void {
    this.#next[index] = NONE;
    const isFirst = this.#isFirst(order);
    const slot = openSlot(to, bytes);
    const open = this.#open[slot]!;
    if (isFirst && open >= from && this.#takes(open, to, bytes)) {
      this.#next[this.#last[open]!] = index;
      this.#last[open] = index;
      this.#cars[open]!++;
      return;
    }
    const train = this.count++;
    this.#first[train] = index;
    this.#last[train] = index;
    this.#cars[train] = 1;
    this.#bytes[train] = bytes;
    this.#addresses[train] = to;
    this.#open[slot] = train;
  }

  /** The first datagram of a train. */
  first(train: number): number {
    return this.#first[train]!;
  }

  /** The datagram behind `index` in its train; -1 behind the last. */
  next(index: number): number {
    return this.#next[index]!;
  }

  /** How many datagrams are in a train. */
  cars(train: number): number {
    return this.#cars[train]!;
  }

  /** The length of each datagram of a train. */
  bytes(train: number): number {
    return this.#bytes[train]!;
  }

  addressOf(train: number): SocketEndpoint {
    return this.#addresses[train]!;
  }

  /** Uncouples the first datagram of a train of several. */
  uncouple(train: number): void {
    this.#first[train] = this.#next[this.#first[train]!]!;
    this.#cars[train]!--;
  }

  /** All have left: a new turn begins. */
  clear(): void {
    this.count = 0;
    this.#turn++;
  }

  /** Whether nothing of that order was queued in this turn. */
  #isFirst(order: number): boolean {
    if (order === STRICT_ORDER) return false;
    const slot = (order ^ (order >>> 12)) & (ORDERS - 1);
    if (this.#turns[slot] === this.#turn) return false;
    this.#turns[slot] = this.#turn;
    return true;
  }

  #takes(train: number, to: SocketEndpoint, bytes: number): boolean {
    const cars = this.#cars[train]!;
    return (
      train < this.count &&
      this.#bytes[train] === bytes &&
      this.#addresses[train] === to &&
      bytes <= this.longestBytes &&
      cars < MAX_CARS &&
      (cars + 1) * bytes <= MAX_DATAGRAM_BYTES
    );
  }
}

/** The high bits of the product are the mixed ones. */
function openSlot({ head, a0, a3 }: SocketEndpoint, bytes: number): number {
  return ((Math.imul(head ^ a0 ^ a3, 0x2c1b3c6d) >>> 16) ^ bytes) & (OPEN_TRAINS - 1);
}
