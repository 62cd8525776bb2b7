// Provision → Snapshot: what the operator wrote, resolved into what the data plane reads. Main
// calls it at start and for every change, then publishes the result to the shards.
import type { Inheritable, TransportName } from '../base/gateway-words.ts';
import { formatIp, parseIp } from '../base/ip-address.ts';
import type { SoftswitchParameterValues } from '../base/parameter-values.ts';
import type { DialRule } from '../numbers/dial-rules.ts';
import { shardParameters } from '../parameters/parse-value.ts';
import { compilePhoneDeck } from '../registry/phone-deck.ts';
import { compileFailoverCodes } from '../routing/failover-codes.ts';
import { compileRouteDeck } from '../routing/route-deck.ts';
import { PHONE_CALLS } from '../routing/gate-slots.ts';
import type { SlotAllocator } from '../routing/slot-allocator.ts';
import { NO_LIMIT } from '../routing/snapshot.ts';
import type {
  AnswerTimeouts,
  GatewayAddress,
  MappingGateway,
  RoutingGateway,
  Snapshot,
} from '../routing/snapshot.ts';
import type {
  Provision,
  ProvisionedMappingGateway,
  ProvisionedRoutingGateway,
} from './provision.ts';

/** The addresses of a gateway that is given by name; port 0: what DNS says. */
export type AddressesOf = (gateway: {
  readonly host: string;
  readonly port: number;
  readonly transport: TransportName;
}) => readonly GatewayAddress[];

const words = new Int32Array(4);

/** A mapping and a routing gateway may share a name, never a slot. */
const mappingKey = (name: string): string => `mapping ${name}`;
const routingKey = (name: string): string => `routing ${name}`;
const phoneKey = (e164: string): string => `phone ${e164}`;

/**
 * @param version of the new snapshot, one more than the last
 * @param mountedVersion the lowest version that a shard still has mounted; 0 at start
 * @param addressesOf what is known of a gateway that is given by name
 * @throws TandemError TDM_PROVISION_INVALID when there are more gateways than slots
 */
export function buildSnapshot(
  provision: Provision,
  slots: SlotAllocator,
  version: number,
  mountedVersion: number,
  addressesOf: AddressesOf = () => [],
): Snapshot {
  const { parameters, mappingGateways, routingGateways } = provision;
  const counted = provision.phones.filter(({ capacity }) => capacity !== undefined);
  const names = [
    ...mappingGateways.map(({ name }) => mappingKey(name)),
    ...routingGateways.map(({ name }) => routingKey(name)),
    ...counted.map(({ e164 }) => phoneKey(e164)),
  ];
  const assigned = slots.assign(names, version, mountedVersion);
  const failoverCodes = sharedFailoverCodes();
  return {
    version,
    parameters: shardParameters(parameters),
    mappingGateways: mappingGateways.map((gateway) =>
      mappingGateway(gateway, assigned.get(mappingKey(gateway.name))!, parameters),
    ),
    routingGateways: routingGateways.map((gateway) =>
      routingGateway(
        gateway,
        assigned.get(routingKey(gateway.name))!,
        failoverCodes(gateway.failoverCodes),
        parameters,
        addressesOf,
      ),
    ),
    routes: compileRouteDeck(routingGateways),
    traces: [],
    phones: phoneDeck(provision.phones, slots, assigned),
  };
}

/** The deck of the last snapshot: the same list has the same slots. */
const lastDecks = new WeakMap<
  SlotAllocator,
  { readonly phones: Provision['phones']; readonly deck: SharedArrayBuffer }
>();

/** Hundreds of thousands of phones: compiled when they have changed, not with every snapshot. */
function phoneDeck(
  phones: Provision['phones'],
  slots: SlotAllocator,
  assigned: ReadonlyMap<string, number>,
): SharedArrayBuffer {
  const last = lastDecks.get(slots);
  if (last?.phones === phones) return last.deck;
  const deck = compilePhoneDeck(
    phones.map((phone) => ({
      ...phone,
      slot: assigned.get(phoneKey(phone.e164)) ?? PHONE_CALLS,
      capacity: phone.capacity ?? NO_LIMIT,
    })),
  );
  lastDecks.set(slots, { phones, deck });
  return deck;
}

function mappingGateway(
  given: ProvisionedMappingGateway,
  slot: number,
  parameters: SoftswitchParameterValues,
): MappingGateway {
  return {
    name: given.name,
    slot,
    account: given.account,
    phone: '',
    remoteIps: given.remoteIps,
    capacity: given.capacity ?? NO_LIMIT,
    cps: given.cps ?? NO_LIMIT,
    maxCallSeconds: parameters.SS_ENABLE_CALL_LIMIT ? given.maxCallSeconds : 0,
    releaseCodes: new Map(
      Object.entries(given.releaseCodes).map(([from, to]) => [Number(from), to]),
    ),
    passHeaders: given.passHeaders,
    locked: given.lock,
    credentials: credentials(given),
    replyAddress: given.replyAddress,
    requestAddress: given.requestAddress,
    sessionTimer: given.sessionTimer,
    reliableProvisional: given.reliableProvisional,
    authentication: given.authentication,
    signalPort: given.signalPort ?? 0,
    dynamic: given.registerType === 'dynamic',
    calleeField: given.calleeField,
    callerField: given.callerField,
    rewriteCaller: rewriteRules(given.rewriteRulesOutCaller),
    rewriteCallee: rewriteRules(given.rewriteRulesOutCallee),
    remoteRingSignal: given.remoteRingSignal,
    honourPrivacy: given.honourPrivacy,
  };
}

function routingGateway(
  given: ProvisionedRoutingGateway,
  slot: number,
  failoverCodes: Uint8Array,
  parameters: SoftswitchParameterValues,
  addressesOf: AddressesOf,
): RoutingGateway {
  const { remoteIp = '', probe, tls } = given;
  return {
    name: given.name,
    slot,
    clearingAccount: given.clearingAccount,
    ...whereabouts(given, addressesOf),
    registerType: given.registerType,
    host: remoteIp,
    port: given.signalPort ?? 0,
    transport: given.transport,
    tls: {
      serverName: tls?.serverName ?? '',
      ca: tls?.ca ?? '',
      verify: tls?.verify ?? true,
      certificate: tls?.certificate ?? '',
      key: tls?.key ?? '',
    },
    inviteUseContact: inheritable(given.inviteUseContact),
    peerNumberInformation: given.peerNumberInformation,
    display: given.display,
    remotePartyId: given.remotePartyId,
    privacy: given.privacy,
    pAssertedIdentity: given.pAssertedIdentity,
    pPreferredIdentity: given.pPreferredIdentity,
    rewriteCaller: rewriteRules(given.rewriteRulesInCaller),
    rewriteCallee: rewriteRules(given.rewriteRulesInCallee),
    replyAddress: given.replyAddress,
    requestAddress: given.requestAddress,
    sessionTimer: given.sessionTimer,
    reliableProvisional: given.reliableProvisional,
    allowPublish: given.allowPublish,
    probe:
      probe === undefined
        ? null
        : {
            intervalMs: probe.intervalSeconds * 1000,
            failAfter: probe.failAfter,
            recoverAfter: probe.recoverAfter,
            highLatencyMs: probe.highLatencyMs,
          },
    switchAllow: {
      ring: inheritable(given.switchAllowRing),
      sdp: inheritable(given.switchAllowSdp),
      rtp: inheritable(given.switchAllowRtp),
      busy: inheritable(given.switchAllowBusy),
      errorCode: given.switchAllowErrorCode,
    },
    priority: given.priority,
    capacity: given.capacity ?? NO_LIMIT,
    cps: given.cps ?? NO_LIMIT,
    maxCallSeconds: parameters.SS_ENABLE_CALL_LIMIT ? given.maxCallSeconds : 0,
    credentials: credentials(given),
    failoverCodes,
    followRedirect: given.followRedirect,
    timeouts: answerTimeouts(given, parameters),
    locked: given.lock,
  };
}

/** Where it is: its address, or the addresses of its name. */
function whereabouts(
  given: ProvisionedRoutingGateway,
  addressesOf: AddressesOf,
): Pick<RoutingGateway, 'peer' | 'addresses' | 'domain'> {
  const { remoteIp: host = '', signalPort: port = 0, transport } = given;
  const family = parseIp(host, words);
  if (family !== 0 || host === '') {
    const ip = family === 0 ? '' : formatIp(words);
    const defaultPort = transport === 'tls' ? 5061 : 5060;
    const peer = {
      family: family === 6 ? 6 : 4,
      ip,
      port: port === 0 ? defaultPort : port,
    } as const;
    return { peer, addresses: [], domain: '' };
  }
  const addresses = addressesOf({ host, port, transport });
  const peer = addresses[0]?.peer ?? { family: 4, ip: '', port };
  return { peer, addresses, domain: port === 0 ? host : `${host}:${port}` };
}

function credentials(given: {
  readonly username?: string;
  readonly password?: string;
}): RoutingGateway['credentials'] {
  const { username, password } = given;
  return username === undefined || password === undefined ? null : { username, password };
}

function rewriteRules(given: Readonly<Record<string, string>>): DialRule[] {
  return Object.entries(given).map(([source, target]) => ({ source, target }));
}

function inheritable(given: Inheritable): boolean | null {
  return given === 'inherit' ? null : given === 'on';
}

function answerTimeouts(
  given: ProvisionedRoutingGateway,
  p: SoftswitchParameterValues,
): AnswerTimeouts {
  const ms = (own: number, parameter: number): number => (own === 0 ? parameter : own) * 1000;
  return {
    inviteMs: ms(given.timeoutInvite, p.SS_SIP_TIMEOUT_INVITE),
    tryingMs: ms(given.timeoutTrying, p.SS_SIP_TIMEOUT_TRYING),
    sessionProgressMs: ms(given.timeoutSessionProgress, p.SS_SIP_TIMEOUT_SESSION_PROGRESS),
    sessionProgressSdpMs: ms(
      given.timeoutSessionProgressSdp,
      p.SS_SIP_TIMEOUT_SESSION_PROGRESS_SDP,
    ),
    ringingMs: ms(given.timeoutRinging, p.SS_SIP_TIMEOUT_RINGING),
  };
}

/** Gateways with the same list share its cells: a clone to a shard keeps them shared. */
function sharedFailoverCodes(): (entries: readonly (string | number)[]) => Uint8Array {
  const compiled = new Map<string, Uint8Array>();
  return (entries) => {
    const texts = entries.map(String);
    const key = texts.join(' ');
    let cells = compiled.get(key);
    if (cells === undefined) {
      cells = compileFailoverCodes(texts);
      compiled.set(key, cells);
    }
    return cells;
  };
}
