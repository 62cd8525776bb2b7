// Where a registration came from, as the location table keeps it and as calls use it.
import type { Endpoint } from '../base/endpoint.ts';
import { SocketEndpoint, toSocketEndpoint } from '../net/endpoint-table.ts';
import type { Registration, SockaddrWords } from './registration.ts';

/** Null when the endpoint is not usable as a destination. */
export function sourceWords(source: Endpoint): SockaddrWords | null {
  const socket = source instanceof SocketEndpoint ? source : toSocketEndpoint(source);
  if (socket === null) return null;
  return [socket.head, socket.a0, socket.a1, socket.a2, socket.a3, socket.scope];
}

export function endpointOf({ source }: Registration): Endpoint {
  return new SocketEndpoint(...source);
}

/** Whether a registration came from this very address and port. */
export function isFrom(registration: Registration, source: Endpoint): boolean {
  const words = sourceWords(source);
  return words?.every((word, i) => word >>> 0 === registration.source[i]! >>> 0) === true;
}
