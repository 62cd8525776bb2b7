// The endpoints that packet I/O meets, interned: one object per address and port, found by the
// words of the sockaddr, so that a datagram costs no allocation. Bounded: a flood of made-up
// sources empties the table, and calls keep the references they have.
import type { Endpoint } from '../base/endpoint.ts';
import { addressWords, AF_INET, AF_INET6, ipv4Text, ipv6Text, sockaddrHead } from './sockaddr.ts';

/** An endpoint that carries its sockaddr words, ready to be written for the kernel. */
export class SocketEndpoint implements Endpoint {
  readonly family: 4 | 6;
  readonly ip: string;
  readonly port: number;
  /** The sockaddr's first four bytes: family (host order), port (network order). */
  readonly head: number;
  /** The address in memory order; IPv4 uses `a0` only. */
  readonly a0: number;
  readonly a1: number;
  readonly a2: number;
  readonly a3: number;
  /** IPv6 scope id; 0 otherwise. */
  readonly scope: number;

  constructor(head: number, a0: number, a1: number, a2: number, a3: number, scope: number) {
    this.family = (head & 0xffff) === AF_INET6 ? 6 : 4;
    this.ip = this.family === 6 ? ipv6Text(a0, a1, a2, a3) : ipv4Text(a0);
    this.port = ((head >>> 8) & 0xff00) | (head >>> 24);
    this.head = head >>> 0;
    this.a0 = a0;
    this.a1 = a1;
    this.a2 = a2;
    this.a3 = a3;
    this.scope = scope;
  }
}

/** An endpoint from text; null when the address or port is not usable. */
export function toSocketEndpoint(endpoint: Endpoint): SocketEndpoint | null {
  const { family, ip, port } = endpoint;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) return null;
  const words = addressWords(family, ip);
  if (words === undefined) return null;
  return new SocketEndpoint(sockaddrHead(family === 6 ? AF_INET6 : AF_INET, port), ...words, 0);
}

export class EndpointTable {
  readonly #maxEntries: number;
  readonly #mask: number;
  readonly #slots: (SocketEndpoint | undefined)[];
  readonly #foreign = new WeakMap<Endpoint, SocketEndpoint>();
  #entries = 0;
  #last = new SocketEndpoint(0, 0, 0, 0, 0, 0);

  /** @param maxEntries a power of two. */
  constructor(maxEntries = 32_768) {
    this.#maxEntries = maxEntries;
    this.#mask = maxEntries * 2 - 1;
    this.#slots = new Array<SocketEndpoint | undefined>(maxEntries * 2).fill(undefined);
  }

  get size(): number {
    return this.#entries;
  }

  /** The one object of this sockaddr (for IPv4 a1, a2, a3 and scope are 0). */
  intern(
    head: number,
    a0: number,
    a1: number,
    a2: number,
    a3: number,
    scope: number,
  ): SocketEndpoint {
    let found: SocketEndpoint | undefined = this.#last;
    if (same(found, head, a0, a1, a2, a3, scope)) return found;
    const home = hash(head, a0, a1 ^ a2, a3 ^ scope) & this.#mask;
    let slot = home;
    for (;;) {
      found = this.#slots[slot];
      if (found === undefined) break;
      if (same(found, head, a0, a1, a2, a3, scope)) return (this.#last = found);
      slot = (slot + 1) & this.#mask;
    }
    if (this.#entries >= this.#maxEntries) {
      this.#slots.fill(undefined);
      this.#entries = 0;
      slot = home;
    }
    this.#entries++;
    this.#last = new SocketEndpoint(head, a0, a1, a2, a3, scope);
    this.#slots[slot] = this.#last;
    return this.#last;
  }

  /** Reads a sockaddr_in or sockaddr_in6 at word `at`. */
  internSockaddr(words: Uint32Array, at: number): SocketEndpoint {
    const head = words[at]!;
    const a0 = words[at + 1]!;
    if ((head & 0xffff) !== AF_INET6) return this.intern(head, a0, 0, 0, 0, 0);
    const [b0, b1, b2, b3] = [words[at + 2]!, words[at + 3]!, words[at + 4]!, words[at + 5]!];
    return this.intern(head, b0, b1, b2, b3, words[at + 6]!);
  }

  /** The sendable form of any endpoint, remembered per object; null when it is not usable. */
  resolve(endpoint: Endpoint): SocketEndpoint | null {
    if (endpoint instanceof SocketEndpoint) return endpoint;
    const known = this.#foreign.get(endpoint);
    if (known !== undefined) return known;
    const resolved = toSocketEndpoint(endpoint);
    if (resolved !== null) this.#foreign.set(endpoint, resolved);
    return resolved;
  }
}

function same(
  endpoint: SocketEndpoint,
  head: number,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  scope: number,
): boolean {
  return (
    endpoint.a0 === a0 &&
    endpoint.head === head &&
    endpoint.a3 === a3 &&
    endpoint.a2 === a2 &&
    endpoint.a1 === a1 &&
    endpoint.scope === scope
  );
}

function hash(a: number, b: number, c: number, d: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13) ^ c, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ d, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
