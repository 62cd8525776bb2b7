// A StreamHub with its shards played by the test: what reached them, and messages from them.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { test } from 'node:test';
import { hostPort, type Endpoint } from '../../../../engine/base/endpoint.ts';
import { systemClock } from '../../../../engine/base/clock.ts';
import { DatagramReader, UNDELIVERABLE } from '../../../../engine/net/datagram-record.ts';
import { EndpointTable, toSocketEndpoint } from '../../../../engine/net/endpoint-table.ts';
import type { StreamAddress } from '../../../../engine/net/listen-address.ts';
import { StreamHub } from '../../../../engine/net/streams/stream-hub.ts';
import type { StreamLimits } from '../../../../engine/net/streams/stream-connection.ts';
import type { LostConnection } from '../../../../engine/net/streams/stream-table.ts';
import { StreamOutbox } from '../../../../engine/net/streams/stream-outbox.ts';
import { shardOf } from '../../../../engine/shard/shard-of.ts';

const TCP: StreamAddress = { family: 4, ip: '127.0.0.1', port: 0, tls: null };
/** UDP addresses that the hub believes to stand before its own. */
export const FIRST_LOCAL = 2;

const LIMITS: StreamLimits = {
  connections: 100,
  connectionsPerSource: 100,
  messageMs: 10_000,
  idleMs: 3_600_000,
  connectMs: 4000,
  unsentBytes: 1 << 20,
};

/** A message as a shard got it. */
export interface Taken {
  readonly shard: number;
  readonly text: string;
  readonly from: Endpoint;
  readonly local: number;
  readonly undeliverable: boolean;
}

export interface HubChanges {
  readonly addresses?: readonly StreamAddress[];
  readonly limits?: Partial<StreamLimits>;
  readonly shards?: number;
  readonly ringBytes?: number;
}

export class HubBench {
  hub!: StreamHub;
  readonly taken: Taken[] = [];
  readonly warnings: string[] = [];
  readonly lost: LostConnection[] = [];
  readonly #outboxes: StreamOutbox[] = [];
  readonly #readers: DatagramReader[] = [];
  readonly #sockets: Socket[] = [];
  readonly #servers: Server[] = [];
  /** Shards read their rings at once; off: they are stuck. */
  reading = true;

  static async open(changes: HubChanges = {}): Promise<HubBench> {
    const bench = new HubBench();
    const { shards = 1, addresses = [TCP], ringBytes = 1 << 20 } = changes;
    bench.hub = await StreamHub.open(addresses, {
      shards,
      ringBytes,
      clock: systemClock,
      shardOf,
      limits: { ...LIMITS, ...changes.limits },
      firstLocal: FIRST_LOCAL,
      wakeShard: () => {
        bench.read();
      },
      warn: (text) => bench.warnings.push(text),
      lost: (connections) => bench.lost.push(...connections),
    });
    for (let shard = 0; shard < shards; shard++) {
      const setup = bench.hub.setupOf(shard);
      const endpoints = new EndpointTable();
      const reader = new DatagramReader(setup.inbound, endpoints);
      reader.setAsleep(true);
      bench.#readers.push(reader);
      bench.#outboxes.push(new StreamOutbox(setup, endpoints, systemClock));
    }
    return bench;
  }

  get port(): number {
    return this.hub.ports()[0]!;
  }

  /** Shards take what is in their rings. */
  read(): void {
    this.#readers.forEach((reader, shard) => {
      if (this.reading) {
        reader.read((buf, start, end, { family, ip, port }, local) => {
          this.taken.push({
            shard,
            text: buf.toString('latin1', start, end),
            from: { family, ip, port },
            local,
            undeliverable: local === UNDELIVERABLE,
          });
        }, 1000);
      }
      reader.setAsleep(true);
    });
  }

  /** The shard's messages number 1 to `count`, once they are there. */
  async messages(count: number): Promise<Taken[]> {
    await eventually(() => this.taken.length >= count, `${count} messages at the shards`);
    return this.taken;
  }

  send(to: Endpoint, text: string, shard = 0, local = FIRST_LOCAL): void {
    this.#outboxes[shard]!.push(local, to, text, null, 0, 0);
    this.#outboxes[shard]!.flush();
  }

  /** A peer that connects to the hub. */
  async connect(port = this.port, from?: { localPort: number }): Promise<PeerSocket> {
    const socket = connect({ host: '127.0.0.1', port, ...from });
    this.#sockets.push(socket);
    await once(socket, 'connect');
    return new PeerSocket(socket);
  }

  /** A peer that listens; its connections come from `accepted`. */
  async listen(port = 0): Promise<PeerServer> {
    const server = createServer();
    this.#servers.push(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return new PeerServer(server);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    await this.hub.close();
  }
}

class PeerSocket {
  readonly socket: Socket;
  heard = '';

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      this.heard += bytes.toString('latin1');
    });
  }

  get endpoint(): Endpoint {
    return { family: 4, ip: '127.0.0.1', port: this.socket.localPort! };
  }

  async hears(text: string): Promise<void> {
    await eventually(() => this.heard.includes(text), `"${text}" in "${this.heard}"`);
  }

  /** Resolves when the hub has closed the connection. */
  async closed(): Promise<void> {
    if (this.socket.closed) return;
    // `once` of node:events would fail when the connection is reset.
    await new Promise((resolve) => this.socket.once('close', resolve));
  }
}

class PeerServer {
  readonly accepted: PeerSocket[] = [];
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.accepted.push(new PeerSocket(socket)));
  }

  get endpoint(): Endpoint {
    const { port } = this.#server.address() as { port: number };
    return { family: 4, ip: '127.0.0.1', port };
  }

  async connection(index = 0): Promise<PeerSocket> {
    await eventually(() => this.accepted.length > index, `connection number ${index + 1}`);
    return this.accepted[index]!;
  }
}

/** Of a device, as the pacer has them. */
export function wordsOf(endpoint: Endpoint): Uint32Array {
  const { head, a0, a1, a2, a3, scope } = toSocketEndpoint(endpoint)!;
  return Uint32Array.of(head, a0, a1, a2, a3, scope);
}

/** Looks again at each turn of the event loop that brings something, for at most 10 s. */
export async function eventually(is: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (!is()) {
    if (performance.now() > deadline) throw new Error(`did not come: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

let unique = 0;

/** A request of a peer. */
export function options(from: Endpoint, extra = '', callId = `call-${++unique}`): string {
  return (
    `OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n` +
    `Via: SIP/2.0/TCP ${hostPort(from)};branch=z9hG4bK${++unique}${extra}\r\n` +
    `From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\nCall-ID: ${callId}\r\n` +
    'CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n'
  );
}

export function response(via: string, callId: string): string {
  return (
    `SIP/2.0 200 OK\r\nVia: ${via}\r\nFrom: <sip:a@127.0.0.1>;tag=1\r\n` +
    `To: <sip:x@127.0.0.1>;tag=2\r\nCall-ID: ${callId}\r\n` +
    'CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n'
  );
}

/** A request of ours to a URI, with a Route or without. */
export function request(uri: string, route = '', callId = `tdm00-${++unique}`): string {
  return (
    `BYE ${uri} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bK${++unique}\r\n${route}` +
    `From: <sip:x@127.0.0.1>;tag=2\r\nTo: <sip:a@127.0.0.1>;tag=1\r\nCall-ID: ${callId}\r\n` +
    'CSeq: 1 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n'
  );
}

async function withHub(
  changes: HubChanges,
  body: (bench: HubBench) => Promise<void>,
): Promise<void> {
  const bench = await HubBench.open(changes);
  try {
    await body(bench);
  } finally {
    await bench.close();
  }
}

/** A test with a hub of its own. */
export function hubTest(
  what: string,
  body: (bench: HubBench) => Promise<void>,
  changes: HubChanges = {},
): void {
  test(what, () => withHub(changes, body));
}
