// A registered contact as the target of a call: its Contact is the Request-URI, but the request
// goes to where the REGISTER came from, by the same listen address: the way through its NAT.
import type { Endpoint } from '../base/endpoint.ts';
import { Kind } from '../registry/location-layout.ts';
import type { Registration } from '../registry/registration.ts';
import { endpointOf } from '../registry/source-words.ts';

export interface ContactTarget {
  /** Contact URI of a phone; of a gateway what follows the number in it: host, port. */
  readonly uri: string;
  readonly isGateway: boolean;
  readonly peer: Endpoint;
  /** Index of the listen address. */
  readonly local: number;
  /** Route values: the Path that the REGISTER came by (RFC 3327 5.3). */
  readonly route: readonly string[];
}

export function contactTarget(registration: Registration): ContactTarget {
  const { contact, local, path } = registration;
  const route = path === '' ? [] : path.split(/,\s*(?=[^>]*(?:<|$))/);
  const isGateway = registration.kind !== Kind.Phone;
  const uri = isGateway ? contact.replace(/^sips?:(?:[^@]*@)?/i, '') : contact;
  return { uri, isGateway, peer: endpointOf(registration), local, route };
}

/** The Request-URI of a call to a number there. @param user the number, escaped */
export function contactUri({ uri, isGateway }: ContactTarget, user: string): string {
  return isGateway ? `sip:${user}@${uri}` : uri;
}
