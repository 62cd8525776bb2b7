// A SIP peer over TCP that a test plays step by step: what came, what it says, over connections
// that it opens, takes and cuts.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { StreamFramer } from '../../engine/sip/message/stream-framer.ts';
import { until } from '../../bench/calls/until.ts';
import { requestText, responseText, TextMessage } from '../sim/text-message.ts';

/** One message and the connection that it came over. */
export interface Heard {
  readonly message: TextMessage;
  readonly socket: Socket;
}

export class StreamPeer {
  readonly port: number;
  readonly #server: Server;
  readonly #heard: Heard[] = [];
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as { port: number }).port;
    server.on('connection', (socket: Socket) => {
      this.#listenTo(socket);
    });
  }

  static async open(): Promise<StreamPeer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new StreamPeer(server);
  }

  async connect(port: number): Promise<Socket> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
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
    const contact = `Contact: <sip:v@127.0.0.1:${this.port};transport=tcp>\r\n`;
    socket.write(responseText(message, status, 'theirs', contact, body));
  }

  /** A request that begins a call, or within one with the To and target of its answer. */
  request(
    socket: Socket,
    method: string,
    parts: { uri: string; from?: string; to: string; callId: string; cseq: number; body?: string },
  ): void {
    socket.write(
      requestText({
        method,
        from: '<sip:12025550100@127.0.0.1>;tag=ours',
        ...parts,
        transport: 'tcp',
        sentBy: `127.0.0.1:${this.port}`,
        branch: `z9hG4bK${method}${parts.callId}${parts.cseq}`,
        extra: `Contact: <sip:c@127.0.0.1:${this.port};transport=tcp>\r\n`,
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
      ping: () => undefined,
    });
    socket.on('data', (chunk) => {
      framer.push(chunk);
    });
  }
}

function kindOf(message: TextMessage): string {
  return message.status === 0 ? message.method : `${message.status} ${message.cseqMethod}`;
}
