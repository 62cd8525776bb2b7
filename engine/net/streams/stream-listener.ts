// One TCP or TLS listen address on main: takes connections, leads TLS through its handshake, and
// opens connections of ours from the same address.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import {
  checkServerIdentity,
  connect as connectTls,
  createServer as createTlsServer,
  type PeerCertificate,
  type SecureContext,
  type Server as TlsServer,
  type TLSSocket,
} from 'node:tls';
import { hostPort, type Endpoint } from '../../base/endpoint.ts';
import { TandemError } from '../../base/errors.ts';
import type { StreamAddress } from '../listen-address.ts';
import { markSocket } from '../type-of-service.ts';
import { ListenCertificates, peerContext, type PeerTls } from './certificates.ts';

/** What the system holds of connections that main has not taken yet. */
const BACKLOG = 1024;

export interface ListenerUser {
  /** Whether another connection of this source is allowed; its end is to be told by `left`. */
  enter(source: string): boolean;
  left(source: string): void;
  /** TLS: after the handshake. @param trusted its certificate was checked, or it is TCP */
  connected(socket: Socket, trusted: boolean): void;
  handshakeFailed(): void;
  /** For the operator. */
  warn(text: string): void;
}

/** How a peer is checked that no gateway's settings speak of. */
const STRICT: PeerTls = { serverName: '', ca: '', verify: true, pair: null };

export class StreamListener {
  readonly address: StreamAddress;
  readonly transport: 'tcp' | 'tls';
  /** Null for TCP. */
  readonly certificates: ListenCertificates | null;
  readonly #user: ListenerUser;
  readonly #server: Server;
  readonly #tls: TlsServer | null;

  /** @throws TandemError TDM_TLS_INVALID */
  constructor(address: StreamAddress, handshakeMs: number, user: ListenerUser) {
    this.address = address;
    this.transport = address.tls === null ? 'tcp' : 'tls';
    this.#user = user;
    this.certificates = address.tls === null ? null : new ListenCertificates(address.tls);
    this.#tls = this.certificates === null ? null : this.#tlsServer(this.certificates, handshakeMs);
    this.#server = createServer({ pauseOnConnect: false }, (socket) => {
      this.#accept(socket);
    });
  }

  /** @throws TandemError TDM_LISTEN_FAILED */
  async listen(): Promise<void> {
    const { ip, port, family } = this.address;
    this.#server.listen({ host: ip, port, backlog: BACKLOG, ipv6Only: family === 6 });
    try {
      await once(this.#server, 'listening');
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      const where = `${this.transport}://${hostPort(this.address)}`;
      throw new TandemError('TDM_LISTEN_FAILED', `${where}: ${why}`, { cause });
    }
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** Opens a connection from this address. @param tls of the peer, for TLS */
  connect(to: Endpoint, tls: PeerTls | undefined): Socket {
    const { ip } = this.address;
    const wildcard = ip === '0.0.0.0' || ip === '::';
    const options = { host: to.ip, port: to.port, ...(wildcard ? {} : { localAddress: ip }) };
    if (this.certificates === null) return connect(options);
    const peer = tls ?? STRICT;
    let secureContext: SecureContext;
    try {
      secureContext = peerContext(peer, this.certificates.tls.pairs[0]);
    } catch (error) {
      // Setting the peers has warned of it; the connection fails as a refused one does.
      return connect(options).destroy(error as Error);
    }
    return connectTls({
      ...options,
      servername: peer.serverName,
      rejectUnauthorized: peer.verify,
      secureContext,
      checkServerIdentity: sipIdentity,
    });
  }

  /**
   * Reads certificates that have changed, or all, for connections to come; with files that cannot
   * be used what is in force stays.
   */
  renew(wallMs: number, all: boolean): void {
    const { certificates } = this;
    if (certificates === null || !(all || certificates.changed)) return;
    try {
      certificates.reload();
      this.#tls!.setSecureContext(certificates.options);
      this.warnOfDates(wallMs);
    } catch (error) {
      this.#user.warn(`${(error as TandemError).message}; the certificate in force stays`);
    }
  }

  warnOfDates(wallMs: number): void {
    for (const warning of this.certificates?.warnings(wallMs) ?? []) this.#user.warn(warning);
  }

  /** Connections that it takes have it from their first packet. */
  setTypeOfService(tos: number): void {
    markSocket(this.#server, this.address.family, tos);
  }

  close(): void {
    this.#server.close();
  }

  #tlsServer(certificates: ListenCertificates, handshakeTimeout: number): TlsServer {
    const { clientCertificates } = certificates.tls;
    const server = createTlsServer({
      ...certificates.options,
      SNICallback: (name, done) => {
        done(null, certificates.contextFor(name));
      },
      requestCert: clientCertificates !== 'none',
      rejectUnauthorized: clientCertificates === 'require',
      handshakeTimeout,
    });
    server.on('secureConnection', (socket) => {
      this.#user.connected(socket, socket.authorized);
    });
    server.on('tlsClientError', (_error, socket: TLSSocket) => {
      this.#user.handshakeFailed();
      socket.destroy();
    });
    return server;
  }

  #accept(socket: Socket): void {
    const source = socket.remoteAddress;
    if (source === undefined || !this.#user.enter(source)) {
      socket.destroy();
      return;
    }
    socket.on('close', () => {
      this.#user.left(source);
    });
    if (this.#tls === null) {
      this.#user.connected(socket, true);
      return;
    }
    socket.on('error', () => undefined);
    this.#tls.emit('connection', socket);
  }
}

/** RFC 5922 7.1: `URI:sip:name` in the certificate says who it is, else its DNS names and IPs. */
function sipIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const names = (certificate.subjectaltname ?? '').split(', ');
  if (names.includes(`URI:sip:${host}`)) return undefined;
  return checkServerIdentity(host, certificate);
}
