// Provision → Snapshot: what the operator wrote, resolved into what the data plane reads. Main
// calls it at start and for every change, then publishes the result to the shards.
import type { SoftswitchParameterValues } from '../base/parameter-values.ts';
import { shardParameters } from '../parameters/parse-value.ts';
import { compileFailoverCodes } from '../routing/failover-codes.ts';
import { compileRouteDeck } from '../routing/route-deck.ts';
import type { SlotAllocator } from '../routing/slot-allocator.ts';
import { NO_LIMIT } from '../routing/snapshot.ts';
import type {
  AnswerTimeouts,
  MappingGateway,
  RoutingGateway,
  Snapshot,
} from '../routing/snapshot.ts';
import type {
  Provision,
  ProvisionedMappingGateway,
  ProvisionedRoutingGateway,
} from './provision.ts';

/** A mapping and a routing gateway may share a name, never a slot. */
const mappingKey = (name: string): string => `mapping ${name}`;
const routingKey = (name: string): string => `routing ${name}`;

/**
 * @param version of the new snapshot, one more than the last
 * @param mountedVersion the lowest version that a shard still has mounted; 0 at start
 * @throws TandemError TDM_PROVISION_INVALID when there are more gateways than slots
 */
export function buildSnapshot(
  provision: Provision,
  slots: SlotAllocator,
  version: number,
  mountedVersion: number,
): Snapshot {
  const { parameters, mappingGateways, routingGateways } = provision;
  const names = [
    ...mappingGateways.map(({ name }) => mappingKey(name)),
    ...routingGateways.map(({ name }) => routingKey(name)),
  ];
  const assigned = slots.assign(names, version, mountedVersion);
  const failoverCodes = sharedFailoverCodes();
  return {
    version,
    parameters: shardParameters(parameters),
    mappingGateways: mappingGateways.map((gateway) =>
      mappingGateway(gateway, assigned.get(mappingKey(gateway.name))!),
    ),
    routingGateways: routingGateways.map((gateway) =>
      routingGateway(
        gateway,
        assigned.get(routingKey(gateway.name))!,
        failoverCodes(gateway.failoverCodes),
        parameters,
      ),
    ),
    routes: compileRouteDeck(routingGateways),
  };
}

function mappingGateway(given: ProvisionedMappingGateway, slot: number): MappingGateway {
  return {
    name: given.name,
    slot,
    account: given.account,
    remoteIps: given.remoteIps,
    capacity: given.capacity ?? NO_LIMIT,
    cps: given.cps ?? NO_LIMIT,
    maxCallSeconds: given.maxCallSeconds,
    releaseCodes: new Map(
      Object.entries(given.releaseCodes).map(([from, to]) => [Number(from), to]),
    ),
    passHeaders: given.passHeaders,
    locked: given.lock,
  };
}

function routingGateway(
  given: ProvisionedRoutingGateway,
  slot: number,
  failoverCodes: Uint8Array,
  parameters: SoftswitchParameterValues,
): RoutingGateway {
  const { username, password } = given;
  return {
    name: given.name,
    slot,
    clearingAccount: given.clearingAccount,
    peer: {
      family: given.remoteIp.includes(':') ? 6 : 4,
      ip: given.remoteIp,
      port: given.signalPort,
    },
    priority: given.priority,
    capacity: given.capacity ?? NO_LIMIT,
    cps: given.cps ?? NO_LIMIT,
    maxCallSeconds: given.maxCallSeconds,
    credentials: username === undefined || password === undefined ? null : { username, password },
    failoverCodes,
    followRedirect: given.followRedirect,
    timeouts: answerTimeouts(given, parameters),
    locked: given.lock,
  };
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
