// Where responses go (ADR-01 to ADR-03): to the source of the request as in RFC 3581, to its
// address with the port of Via as in RFC 3261 18.2.2, or to what Via names. A name in Via is not
// looked up here: then the source address counts.
import { isIP } from 'node:net';
import type { Endpoint } from '../../base/endpoint.ts';
import type { ReplyAddress } from '../../base/gateway-words.ts';
import type { SipMessage } from '../message/message.ts';

const SIP_PORT = 5060;

/** @param source where the request came from */
export function replyEndpoint(mode: ReplyAddress, request: SipMessage, source: Endpoint): Endpoint {
  if (mode === 'socket') return source;
  const via = request.topVia;
  const port = via.port < 0 ? SIP_PORT : via.port;
  if (mode === 'via-port') return { ...source, port };
  const ip = request.slice(via.hostStart, via.hostEnd);
  // The listen address that the request came to reaches one family only.
  return { ...source, ip: isIP(ip) === source.family ? ip : source.ip, port };
}
