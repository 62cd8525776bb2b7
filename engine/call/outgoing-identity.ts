// How a vendor's INVITE presents the caller: From with or without a name, P-Asserted-Identity,
// P-Preferred-Identity (RFC 3325), Remote-Party-ID, Privacy (RFC 3323), by the settings of its
// routing gateway. A caller who asks for privacy stays unknown to a vendor that is not trusted: one
// that is not given P-Asserted-Identity together with a Privacy header that asks the same of it.
import type { ShardParameterValues } from '../base/parameter-values.ts';
import type { RoutingGateway, Snapshot } from '../routing/snapshot.ts';
import type { CallerIdentity, NamedNumber } from './caller-identity.ts';
import { asUser } from './number-fields.ts';

/** RFC 3323 4.1.1.3. */
const ANONYMOUS = 'anonymous';
const ANONYMOUS_FROM = '"Anonymous" <sip:anonymous@anonymous.invalid>';

export interface OutgoingIdentity {
  /** The number that the vendor is shown. */
  readonly caller: string;
  /** User part of Contact with its @; empty when there is none. */
  readonly user: string;
  /** From without its tag. */
  readonly from: string;
  /** Further header lines, each with CRLF. */
  readonly headers: string;
}

/**
 * @param caller the number after the gateway's rules
 * @param host our own, for every URI
 */
export function outgoingIdentity(
  gateway: RoutingGateway,
  parameters: ShardParameterValues,
  identity: CallerIdentity,
  caller: string,
  host: string,
): OutgoingIdentity {
  const user = caller === '' ? '' : `${asUser(caller)}@`;
  const from = `<sip:${user}${host}>`;
  if (isPlain(gateway, parameters, identity)) return { caller, user, from, headers: '' };
  const privacy = privacyFor(gateway, parameters, identity);
  const privacyLine = privacy === '' ? '' : `Privacy: ${privacy}\r\n`;
  const information = gateway.peerNumberInformation;
  const own = (field: string, setting: RoutingGateway['pAssertedIdentity']): typeof setting =>
    information === field ? 'caller' : setting;
  const asserts = own('p-asserted-identity', gateway.pAssertedIdentity);
  const prefers = own('p-preferred-identity', gateway.pPreferredIdentity);
  if (identity.isPrivate && (asserts === 'none' || !asksForPrivacy(privacy))) {
    return {
      caller: ANONYMOUS,
      user: `${ANONYMOUS}@`,
      from: ANONYMOUS_FROM,
      headers: privacyLine,
    };
  }
  const party = gateway.remotePartyId || information === 'remote-party-id';
  const screen = identity.isPrivate ? 'full' : 'off';
  const ours = user === '' ? '' : from;
  return {
    caller,
    user,
    from: displayFor(gateway, parameters, identity, caller) + from,
    headers:
      privacyLine +
      identityLines('P-Asserted-Identity', asserts, identity.asserted, ours, host) +
      identityLines('P-Preferred-Identity', prefers, identity.preferred, ours, host) +
      (party ? `Remote-Party-ID: ${from};party=calling;screen=yes;privacy=${screen}\r\n` : ''),
  };
}

/** @param ours the caller's number as an address of ours; empty when there is none */
function identityLines(
  name: string,
  setting: RoutingGateway['pAssertedIdentity'],
  received: readonly NamedNumber[],
  ours: string,
  host: string,
): string {
  if (setting === 'none') return '';
  if (setting === 'caller') return ours === '' ? '' : `${name}: ${ours}\r\n`;
  const line = ({ display, user }: NamedNumber): string =>
    `${name}: ${quoted(display)}<sip:${user}@${host}>\r\n`;
  return received.map(line).join('');
}

/** Whether nothing but the number goes into the INVITE: the usual gateway and the usual caller. */
function isPlain(
  gateway: RoutingGateway,
  parameters: ShardParameterValues,
  identity: CallerIdentity,
): boolean {
  return (
    identity.privacy === '' &&
    gateway.privacy === 'inherit' &&
    gateway.registerType !== 'register-out' &&
    gateway.display === 'inherit' &&
    parameters.SS_SIP_E164_DISPLAY_FROM === 'Ignore' &&
    gateway.peerNumberInformation === 'from' &&
    gateway.pAssertedIdentity === 'none' &&
    gateway.pPreferredIdentity === 'none' &&
    !gateway.remotePartyId
  );
}

/** The Privacy value for the vendor; empty: no header. */
function privacyFor(
  gateway: RoutingGateway,
  parameters: ShardParameterValues,
  identity: CallerIdentity,
): string {
  let setting = gateway.privacy;
  if (setting === 'inherit') {
    // The parameter speaks of gateways that we register with; others are told what we were told.
    setting = 'passthrough';
    if (gateway.registerType === 'register-out') {
      setting = REGISTERED_PRIVACY[parameters.SS_SIP_USER_AGENT_PRIVACY];
    }
  }
  if (setting === 'ignore') return '';
  return setting === 'passthrough' ? identity.privacy : setting;
}

const REGISTERED_PRIVACY = { Ignore: 'ignore', Id: 'id', None: 'none' } as const;

function asksForPrivacy(privacy: string): boolean {
  return privacy !== '' && privacy !== 'none';
}

/** The display name of From with what separates it from the URI; empty: none. */
function displayFor(
  gateway: RoutingGateway,
  parameters: ShardParameterValues,
  identity: CallerIdentity,
  caller: string,
): string {
  const byParameter = DISPLAYS[parameters.SS_SIP_E164_DISPLAY_FROM];
  const setting = gateway.display === 'inherit' ? byParameter : gateway.display;
  if (setting === 'caller' || gateway.peerNumberInformation === 'display') {
    return quoted(asUser(caller));
  }
  return setting === 'passthrough' ? quoted(identity.display) : '';
}

const DISPLAYS = { Ignore: 'ignore', Caller: 'caller', Passthrough: 'passthrough' } as const;

function quoted(display: string): string {
  return display === '' ? '' : `"${display}" `;
}

/** Whether some vendor may pass on what a customer says of its caller, its number apart. */
export function passesIdentity({ parameters, routingGateways }: Snapshot): boolean {
  return (
    parameters.SS_SIP_E164_DISPLAY_FROM === 'Passthrough' ||
    routingGateways.some(
      ({ display, pAssertedIdentity, pPreferredIdentity }) =>
        display === 'passthrough' ||
        pAssertedIdentity === 'passthrough' ||
        pPreferredIdentity === 'passthrough',
    )
  );
}
