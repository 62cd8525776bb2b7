// Whether who registers is behind a NAT: what it says of its own address in Via and Contact is not
// where its packets come from (RFC 3581 and RFC 5626 4.2 describe the difference).
import type { Endpoint } from '../base/endpoint.ts';
import { latin1Equals } from '../base/latin1.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { Uri } from '../sip/message/uri.ts';
import { ViaTransport } from '../sip/message/via.ts';

const SIP_PORT = 5060;

/** @param contact its Contact URI. A REGISTER that came by a proxy (Path) has the proxy's Via. */
export function isBehindNat(request: SipMessage, contact: Uri, source: Endpoint): boolean {
  const { buf, topVia } = request;
  // A connection comes from a port of its own, NAT or not.
  const anyPort = topVia.transport !== ViaTransport.Udp;
  const isAt = (hostStart: number, hostEnd: number, port: number): boolean => {
    const right = anyPort || (port < 0 ? SIP_PORT : port) === source.port;
    return right && latin1Equals(buf, hostStart, hostEnd, source.ip);
  };
  if (!isAt(topVia.hostStart, topVia.hostEnd, topVia.port)) return true;
  if (request.first(HeaderId.Path) >= 0) return false;
  return !isAt(contact.hostStart, contact.hostEnd, contact.port);
}
