// The open connections of main by where they lead: listen address, remote address and port, and the
// further ports that a peer has given for them (aliases of RFC 5923); which of those that peers had
// opened have ended; and how many each source has.
import type { Endpoint } from '../../base/endpoint.ts';
import type { SocketEndpoint } from '../endpoint-table.ts';
import type { StreamConnection, StreamLimits } from './stream-connection.ts';
import type { RefusalReason } from './stream-counters.ts';

/** Names that one connection may have: its own, and those of its aliases. */
const MAX_KEYS = 8;

/** A connection that a peer had opened, and that has ended. */
export interface LostConnection {
  /** Index of the listen address. */
  readonly local: number;
  readonly peer: SocketEndpoint;
}

export function keyOf(local: number, { ip, port }: Endpoint): string {
  return `${local} ${ip} ${port}`;
}

export class StreamTable {
  readonly connections = new Set<StreamConnection>();
  readonly #byKey = new Map<string, StreamConnection>();
  readonly #sources = new Map<string, number>();
  readonly #limits: StreamLimits;
  /** Names of accepted connections that have ended, the newest of them. */
  readonly #left = new Set<string>();
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
    const key = keyOf(connection.local, connection.peer);
    this.connections.add(connection);
    this.#left.delete(key);
    this.name(connection, key);
  }

  /** Whether a peer had opened its connection from there, and has gone. */
  hasLeft(key: string): boolean {
    return this.#left.has(key);
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
    if (!connection.accepted) return;
    this.#left.add(keyOf(connection.local, connection.peer));
    if (this.#left.size <= this.#limits.connections) return;
    for (const oldest of this.#left) {
      this.#left.delete(oldest);
      return;
    }
  }
}
