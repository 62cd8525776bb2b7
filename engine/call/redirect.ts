// Where a vendor's 3xx points, for gateways whose policy is to follow (RFC 3261 8.1.3.4): the first
// Contact with an IP address; the gateway, its limits and its price stay those that were chosen.
import { isIP } from 'node:net';
import type { SipMessage } from '../sip/message/message.ts';
import { Uri, UriScheme } from '../sip/message/uri.ts';
import type { Target } from './attempt.ts';
import { numberOf } from './number-fields.ts';

const DEFAULT_PORT = 5060;
const scratch = new Uri();

/** The target of the next attempt; null when the Contact cannot be followed. */
export function redirectTarget(response: SipMessage, from: Target): Target | null {
  const contact = response.contact();
  if (contact === null || !scratch.parse(response.buf, contact.uriStart, contact.uriEnd))
    return null;
  if (scratch.scheme !== UriScheme.Sip) return null;
  const ip = response.slice(scratch.hostStart, scratch.hostEnd);
  const family = isIP(ip);
  if (family !== 4 && family !== 6) return null;
  const port = scratch.port < 0 ? DEFAULT_PORT : scratch.port;
  const callee = numberOf(response.buf, scratch);
  return {
    ...from,
    peer: { family, ip, port },
    domain: '',
    others: [],
    callee: callee === '' ? from.callee : callee,
    contact: null,
  };
}
