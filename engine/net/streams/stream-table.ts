// The open connections of main by where they lead: listen address, remote address and port, and the
// further ports that a peer has given for them (aliases of RFC 5923); and how many each source has.
import type { Endpoint } from '../../base/endpoint.ts';
import type { StreamConnection, StreamLimits } from './stream-connection.ts';
import type { RefusalReason } from './stream-counters.ts';

/** Names that one connection may have: its own, and those of its aliases. */
const MAX_KEYS = 8;

export function keyOf(local: number, { ip, port }: Endpoint): string {
  return `${local} ${ip} ${port}`;
}

export class StreamTable {
  readonly connections = new Set<StreamConnection>();
  readonly #byKey = new Map<string, StreamConnection>();
  readonly #sources = new Map<string, number>();
  readonly #limits: StreamLimits;
  /** Accepted sockets, those in a TLS handshake included, and connections of ours. */
  #total = 0;

  constructor(limits: StreamLimits) {
    this.#limits = limits;
  }

  find(key: string): StreamConnection | undefined {
    return this.#byKey.get(key);
  }

  /** Takes a place for one more connection with an address; why not, when there is none. */
  enter(source: string): RefusalReason | null {
    const count = this.#sources.get(source) ?? 0;
    if (this.#total >= this.#limits.connections) return 'total';
    if (count >= this.#limits.connectionsPerSource) return 'source';
    this.#total++;
    this.#sources.set(source, count + 1);
    return null;
  }

  leave(source: string): void {
    const count = this.#sources.get(source) ?? 0;
    this.#total--;
    if (count <= 1) this.#sources.delete(source);
    else this.#sources.set(source, count - 1);
  }

  add(connection: StreamConnection): void {
    this.connections.add(connection);
    this.name(connection, keyOf(connection.local, connection.peer));
  }

  /** Lets a connection be found by one more name; the newest connection of a name has it. */
  name(connection: StreamConnection, key: string): void {
    if (this.#byKey.get(key) === connection || connection.keys.length >= MAX_KEYS) return;
    connection.keys.push(key);
    this.#byKey.set(key, connection);
  }

  remove(connection: StreamConnection): void {
    this.connections.delete(connection);
    for (const key of connection.keys) {
      if (this.#byKey.get(key) === connection) this.#byKey.delete(key);
    }
  }
}
