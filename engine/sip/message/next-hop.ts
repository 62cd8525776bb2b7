// Where a message goes when no connection is open to where it was to go: a response to the sent-by
// port of its Via (RFC 3261 18.2.2), a request to what it names itself, the first Route or its
// Request-URI (RFC 3261 8.1.2); and whether a request offers its connection for ours (RFC 5923).
import type { Endpoint } from '../../base/endpoint.ts';
import { parseIp } from '../../base/ip-address.ts';
import { isPrivateAddress } from '../../base/private-address.ts';
import { HeaderId } from './header-names.ts';
import { NameAddr } from './name-addr.ts';
import { SipMessage } from './message.ts';
import { ParseResult } from './parse-result.ts';
import { Uri } from './uri.ts';

const ALIAS = /;\s*alias\s*(?:;|=|,|$)/i;

const RESPONSE = Buffer.from('SIP/2.0 ');
const message = new SipMessage();
const route = new NameAddr();
const uri = new Uri();
const words = new Int32Array(4);

export type StreamTransport = 'tcp' | 'tls';

function defaultPort(transport: StreamTransport): number {
  return transport === 'tls' ? 5061 : 5060;
}

/** Whether a message that we send is a response. */
export function isResponse(bytes: Buffer): boolean {
  return bytes.compare(RESPONSE, 0, RESPONSE.length, 0, RESPONSE.length) === 0;
}

/**
 * Where a message goes by what it says itself, when no connection leads to `peer`; null when it
 * names no such place, or one in a private network that the peer has not been met in: a device
 * behind NAT is not where it believes to be. A host that is a name stands for the peer, which it
 * was resolved to.
 */
export function namedHop(
  bytes: Buffer,
  peer: Endpoint,
  transport: StreamTransport,
): Endpoint | null {
  if (message.parse(bytes, 0, bytes.length) !== ParseResult.Ok) return null;
  const { family } = peer;
  let { ip } = peer;
  let { port } = message.topVia;
  if (message.isRequest) {
    const target = requestTarget();
    if (target === null) return null;
    port = target.port;
    const host = message.slice(target.hostStart, target.hostEnd);
    const hostFamily = parseIp(host, words);
    // The listen address that it leaves from reaches one family only.
    if (hostFamily !== 0 && hostFamily !== family) return null;
    if (hostFamily !== 0) ip = host;
    else if (port <= 0) ({ port } = peer);
    if (ip !== peer.ip && isPrivateAddress(ip) && !isPrivateAddress(peer.ip)) return null;
  }
  if (port <= 0) port = defaultPort(transport);
  return { family, ip, port };
}

/** The URI that the request goes by; null when it is malformed or has no host. */
function requestTarget(): Uri | null {
  const first = message.first(HeaderId.Route);
  const { buf } = message;
  if (first < 0) return message.requestUri.hostStart < 0 ? null : message.requestUri;
  if (route.parse(buf, message.valueStart(first), message.valueEnd(first)) < 0) return null;
  return uri.parse(buf, route.uriStart, route.uriEnd) && uri.hostStart >= 0 ? uri : null;
}

/** The port under which a request lets us send over its connection; 0: it does not. */
export function aliasPort(
  buf: Buffer,
  start: number,
  end: number,
  transport: StreamTransport,
): number {
  const said = buf.indexOf('alias', start, 'latin1');
  if (said < 0 || said >= end) return 0;
  if (message.parse(buf, start, end) !== ParseResult.Ok || !message.isRequest) return 0;
  const via = message.topVia;
  if (via.paramsEnd < 0 || !ALIAS.test(message.slice(via.paramsStart, via.paramsEnd))) return 0;
  return via.port <= 0 ? defaultPort(transport) : via.port;
}
