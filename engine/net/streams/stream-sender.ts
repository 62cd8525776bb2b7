// The way of a message of ours on main: over a connection that stands, a new one, or, where whoever
// it is for has left, to where the message says itself (RFC 3261 18.1.1, 18.2.2, 8.1.2). A device
// that opened its connection listens elsewhere, if at all: nobody is called back at its port.
import { isResponse, namedHop, type StreamTransport } from '../../sip/message/next-hop.ts';
import { toSocketEndpoint, type SocketEndpoint } from '../endpoint-table.ts';
import type { Outgoing, StreamConnection } from './stream-connection.ts';
import { keyOf, type StreamTable } from './stream-table.ts';

export interface SenderOptions {
  readonly table: StreamTable;
  readonly transportOf: (local: number) => StreamTransport;
  /** Opens a connection; undefined when the limits forbid it. */
  readonly connect: (local: number, to: SocketEndpoint) => StreamConnection | undefined;
  /** No way leads there. */
  readonly giveBack: (message: Outgoing) => void;
}

export class StreamSender {
  readonly #options: SenderOptions;
  /** Connections with unsent writes of this batch. */
  readonly #corked = new Set<StreamConnection>();

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  send(message: Outgoing): void {
    const { table, connect, giveBack } = this.#options;
    const { local, to, bytes } = message;
    const key = keyOf(local, to);
    let connection = table.find(key);
    if (
      connection === undefined &&
      !message.elsewhere &&
      (table.hasLeft(key) || isResponse(bytes))
    ) {
      this.#sendAsNamed(message, true);
      return;
    }
    connection ??= connect(local, to);
    if (connection === undefined) {
      giveBack(message);
      return;
    }
    if (!this.#corked.has(connection)) {
      this.#corked.add(connection);
      connection.cork();
    }
    connection.write(message);
  }

  /** What a connection did not write before it ended. */
  unsent(message: Outgoing): void {
    if (message.elsewhere) this.#options.giveBack(message);
    else this.#sendAsNamed(message, false);
    this.uncork();
  }

  /** Writes of a batch leave together. */
  uncork(): void {
    for (const connection of this.#corked) connection.uncork();
    this.#corked.clear();
  }

  forget(connection: StreamConnection): void {
    this.#corked.delete(connection);
  }

  /** @param also to the very place where it was to go: nobody was asked there so far */
  #sendAsNamed(message: Outgoing, also: boolean): void {
    const { table, transportOf, giveBack } = this.#options;
    const { local, to, bytes } = message;
    const hop = namedHop(bytes, to, transportOf(local));
    const named = hop === null ? null : toSocketEndpoint(hop);
    if (named === null || (!also && keyOf(local, named) === keyOf(local, to))) {
      giveBack(message);
      return;
    }
    this.send({ bytes, local, to: named, elsewhere: true });
    // Whoever talks within the dialog goes on to name the place that is gone.
    const made = table.find(keyOf(local, named));
    if (made !== undefined) table.name(made, keyOf(local, to));
  }
}
