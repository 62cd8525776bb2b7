// Where requests within a dialog go: where its messages come from, or what its peer names (ADR-04
// to ADR-06). RFC 3261 12.2.1.1: the peer names the first Route, and without one its Contact. A
// name in place of an IP address is not looked up here: then the source counts.
import { isIP } from 'node:net';
import type { Endpoint } from '../../base/endpoint.ts';
import type { RequestAddress } from '../../base/gateway-words.ts';
import { Uri, UriScheme } from '../message/uri.ts';

const SIP_PORT = 5060;
const SIPS_PORT = 5061;

const scratch = new Uri();

/** @param named the URI of the next hop as the peer names it */
export function requestEndpoint(mode: RequestAddress, named: string, source: Endpoint): Endpoint {
  if (mode === 'socket') return source;
  const bytes = Buffer.from(named, 'latin1');
  if (!scratch.parse(bytes, 0, bytes.length)) return source;
  const { scheme } = scratch;
  if (scheme !== UriScheme.Sip && scheme !== UriScheme.Sips) return source;
  const usual = scheme === UriScheme.Sips ? SIPS_PORT : SIP_PORT;
  const port = scratch.port < 0 ? usual : scratch.port;
  if (mode === 'contact-port') return { ...source, port };
  const ip = named.slice(scratch.hostStart, scratch.hostEnd);
  // The leg's listen address reaches one family only.
  return isIP(ip) === source.family ? { family: source.family, ip, port } : source;
}
