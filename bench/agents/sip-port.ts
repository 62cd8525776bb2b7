// A UDP port of a user agent: sends text, hears messages, answers what is not for its calls.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { hear, type Heard } from './heard.ts';

export interface Peer {
  readonly host: string;
  readonly port: number;
}

export class SipPort {
  readonly host: string;
  readonly port: number;
  /** Called for every well-formed message. */
  onMessage: (heard: Heard, from: Peer) => void = () => undefined;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    const { address, port } = socket.address();
    this.host = address;
    this.port = port;
    this.#socket = socket;
    socket.on('message', (datagram, from) => {
      const heard = hear(datagram);
      if (heard !== undefined) this.onMessage(heard, { host: from.address, port: from.port });
    });
    // A refused datagram (ICMP) is like a lost one: retransmission and time-outs deal with it.
    socket.on('error', () => undefined);
  }

  /** @param port 0 takes a free one. Rejects with the system's error when the port is taken. */
  static async open(host: string, port: number): Promise<SipPort> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    socket.bind(port, host);
    await once(socket, 'listening');
    return new SipPort(socket);
  }

  /** `host:port` for Via and Contact. */
  get sentBy(): string {
    return isIPv6(this.host) ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  send(text: string, to: Peer): void {
    this.#socket.send(Buffer.from(text, 'latin1'), to.port, to.host, () => undefined);
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close');
    this.#socket.close();
    await closed;
  }
}
