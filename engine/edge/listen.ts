// The listen addresses of the configuration, as sockets and as calls need them.
import type { StreamSettings } from '../config/listen-settings.ts';
import type { StreamLimits } from '../net/streams/stream-connection.ts';
import { hostPort } from '../base/endpoint.ts';
import { transportParameter, type LocalAddress } from '../call/local-address.ts';
import type { ListenAddress as ConfiguredAddress } from '../config/addresses.ts';
import type { ListenAddress, StreamAddress } from '../net/listen-address.ts';

export function socketAddresses(listen: readonly ConfiguredAddress[]): ListenAddress[] {
  return listen
    .filter(({ transport }) => transport === 'udp')
    .map(({ family, host, port }) => ({ family, ip: host, port }));
}

export function streamAddresses(listen: readonly ConfiguredAddress[]): StreamAddress[] {
  return listen
    .filter(({ transport }) => transport !== 'udp')
    .map(({ family, host, port, tls }) => ({ family, ip: host, port, tls }));
}

/** @param ports the port bound for each address, which differs where 0 was configured */
export function localAddresses(
  listen: readonly ConfiguredAddress[],
  ports: readonly number[],
): LocalAddress[] {
  return listen.map((address, i) => {
    const { family, transport } = address;
    const ip = address.advertise?.host ?? address.host;
    const port = address.advertise?.port ?? ports[i]!;
    const host = family === 6 && ip.includes(':') ? `[${ip}]` : ip;
    const shown = hostPort({ family: ip.includes(':') ? 6 : 4, ip, port });
    const contact = shown + transportParameter(transport);
    return { family, transport, host, hostPort: shown, contact };
  });
}

/** What bounds connections, as main's sockets need it. */
export function streamLimits(given: StreamSettings): StreamLimits {
  return {
    connections: given.connections,
    connectionsPerSource: given.connectionsPerSource,
    messageMs: given.messageSeconds * 1000,
    idleMs: given.idleSeconds * 1000,
    connectMs: given.connectSeconds * 1000,
    unsentBytes: given.unsentBytes,
  };
}
