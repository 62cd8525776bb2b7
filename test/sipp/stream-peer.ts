// A SIP peer over TCP or TLS that a test plays step by step: what came, what it says, over
// connections that it opens, takes and cuts.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import { hostPort } from '../../engine/base/endpoint.ts';
import { StreamFramer } from '../../engine/sip/message/stream-framer.ts';
import { until } from '../../bench/calls/until.ts';
import { requestText, responseText, TextMessage } from '../sim/text-message.ts';

/** One message and the connection that it came over. */
export interface Heard {
  readonly message: TextMessage;
  readonly socket: Socket;
}

export interface StreamRequest {
  readonly uri: string;
  readonly from?: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly body?: string;
  /** Of the Via; where the peer listens when not given. */
  readonly sentBy?: string;
  /** Header lines, in place of the Contact where the peer listens. */
  readonly extra?: string;
}

export class StreamPeer {
  readonly port: number;
  /** `host:port` where it listens. */
  readonly at: string;
  /** Double empty lines that have come. */
  pings = 0;
  readonly #host: string;
  readonly #server: Server;
  readonly #heard: Heard[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
    this.port = (server.address() as { port: number }).port;
    this.at = hostPort({ family: host.includes(':') ? 6 : 4, ip: host, port: this.port });
    server.on('connection', (socket: Socket) => {
      this.#listenTo(socket);
    });
  }

  static async open(host = '127.0.0.1'): Promise<StreamPeer> {
    const server = createServer();
    server.listen(0, host);
    await once(server, 'listening');
    return new StreamPeer(server, host);
  }

  /** @param ca of TLS, what the certificate of the switch is checked against */
  async connect(port: number, ca?: Buffer): Promise<Socket> {
    const to = { host: this.#host, port };
    const socket = ca === undefined ? connect(to) : connectTls({ ...to, ca });
    await once(socket, ca === undefined ? 'connect' : 'secureConnect');
    this.#listenTo(socket);
    return socket;
  }

  /** Takes the first message of a kind, `INVITE` or `200 INVITE`. */
  async take(what: string): Promise<Heard> {
    const found = await until(
      () => {
        const index = this.#heard.findIndex(({ message }) => kindOf(message) === what);
        return index < 0 ? undefined : this.#heard.splice(index, 1)[0]!;
      },
      20_000,
      5,
    );
    if (found === undefined) {
      const came = this.#heard.map(({ message }) => kindOf(message)).join(', ');
      throw new Error(`${what} did not come; there is: ${came}`);
    }
    return found;
  }

  answer({ message, socket }: Heard, status: number, body = ''): void {
    const contact = `Contact: <sip:v@${this.at};transport=tcp>\r\n`;
    socket.write(responseText(message, status, 'theirs', contact, body));
  }

  /** A request that begins a call, or within one with the To and target of its answer. */
  request(socket: Socket, method: string, parts: StreamRequest): void {
    const contact = `Contact: <sip:c@${this.at};transport=tcp>\r\n`;
    socket.write(
      requestText({
        method,
        from: `<sip:12025550100@${this.at}>;tag=ours`,
        sentBy: this.at,
        ...parts,
        transport: socket instanceof TLSSocket ? 'tls' : 'tcp',
        branch: `z9hG4bK${method}${parts.callId}${parts.cseq}`,
        extra: parts.extra ?? contact,
      }),
    );
  }

  /** Cuts all connections; it still listens. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  #listenTo(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    const framer = new StreamFramer({
      message: (buf, start, end) => {
        const message = new TextMessage(buf.toString('latin1', start, end));
        return this.#heard.push({ message, socket }) > 0;
      },
      ping: () => {
        this.pings++;
      },
    });
    socket.on('data', (chunk) => {
      framer.push(chunk);
    });
  }
}

function kindOf(message: TextMessage): string {
  return message.status === 0 ? message.method : `${message.status} ${message.cseqMethod}`;
}
