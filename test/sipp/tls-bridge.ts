// TLS for SIPp, whose Debian package has none: plain TCP on one side, TLS on the other.
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import type { KeyPair } from '../../engine/net/streams/certificates.ts';

export interface TlsBridge {
  readonly port: number;
  close(): void;
}

async function bridge(
  server: Server,
  host: string,
  onward: () => Socket,
  event: string,
): Promise<TlsBridge> {
  const sockets = new Set<Socket>();
  server.on(event, (near: Socket) => {
    const far = onward();
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    far.pipe(near);
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Takes TLS and hands it on to a TCP port of the same host. */
export function tlsToTcp(pair: KeyPair, port: number, host = '127.0.0.1'): Promise<TlsBridge> {
  const options = { cert: readFileSync(pair.certificate), key: readFileSync(pair.key) };
  const onward = (): Socket => connect({ host, port });
  return bridge(createTlsServer(options), host, onward, 'secureConnection');
}

/** Takes TCP and hands it on to a TLS port of the same host, with a client certificate. */
export function tcpToTls(
  pair: KeyPair,
  ca: string,
  port: number,
  host = '127.0.0.1',
): Promise<TlsBridge> {
  const options = {
    host,
    port,
    ca: readFileSync(ca),
    cert: readFileSync(pair.certificate),
    key: readFileSync(pair.key),
  };
  return bridge(createServer(), host, () => connectTls(options), 'connection');
}
