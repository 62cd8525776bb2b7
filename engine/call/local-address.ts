// Our listen addresses as calls use them: which one reaches a peer, and how Via, Contact and
// Request-URI name a transport (RFC 3261 18.1.1, 19.1.2).
import type { Endpoint } from '../base/endpoint.ts';
import type { TransportName } from '../base/gateway-words.ts';

export interface LocalAddress {
  readonly family: 4 | 6;
  readonly transport: TransportName;
  /** `host:port` that peers can reach, as in a Via. */
  readonly hostPort: string;
  /** The same as in a Contact: with `;transport=` when that is not UDP. */
  readonly contact: string;
  /** Host alone, IPv6 in brackets: From and To URIs. */
  readonly host: string;
}

/** What a SIP URI says of the transport; nothing for UDP, its default. */
export function transportParameter(transport: TransportName): string {
  return transport === 'udp' ? '' : `;transport=${transport}`;
}

/**
 * How the Via of our requests begins. `alias` lets the peer send its own requests over the
 * connection (RFC 5923 5).
 */
export function viaStart({ transport, hostPort }: LocalAddress): string {
  const alias = transport === 'udp' ? '' : ';alias';
  return `SIP/2.0/${transport.toUpperCase()} ${hostPort};rport${alias}`;
}

/** The first listen address from which a peer can be reached over a transport, or -1. */
export function localFor(
  locals: readonly LocalAddress[],
  peer: Endpoint,
  transport: TransportName,
): number {
  return locals.findIndex((local) => {
    return local.family === peer.family && local.transport === transport;
  });
}
