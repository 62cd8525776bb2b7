// What a core derives from a snapshot for its calls when it mounts one, and what running calls take
// over of it: where their requests go (ADR-22). All else they keep as they began.
import type { Endpoint } from '../base/endpoint.ts';
import type { CallerField } from '../base/gateway-words.ts';
import type { Gates } from '../base/gates.ts';
import type { GatewayStates } from '../base/gateway-states.ts';
import type { ShardParameterValues } from '../base/parameter-values.ts';
import { SettingsBySource } from '../routing/by-source.ts';
import { RouteTable } from '../routing/route-table.ts';
import type { MappingGateway, Snapshot } from '../routing/snapshot.ts';
import type { DialogTable } from '../sip/dialog/dialog-table.ts';
import type { Call } from './call.ts';
import { withheldNumbers } from './call-record.ts';
import { passesIdentity } from './outgoing-identity.ts';
import { sessionPolicy, type SessionPolicy } from './session-policy.ts';

/** The part of a CallContext that is replaced with each snapshot. */
export interface MountedSnapshot {
  parameters: ShardParameterValues;
  /** Numbers whose calls leave no CDR, from the parameters. */
  withheldNumbers: ReadonlySet<string>;
  routes: RouteTable;
  /**
   * Where the messages of routing gateways carry the caller's number, by address: for a customer at
   * the same address that has no field of its own (ADR-09). Null when it is From for all.
   */
  callerFields: SettingsBySource<CallerField> | null;
  /** Session timers, from the parameters. */
  sessionPolicy: SessionPolicy;
  /** Some vendor may be told more of the caller than its number. */
  passesIdentity: boolean;
}

export function mounted(snapshot: Snapshot, gates: Gates, states: GatewayStates): MountedSnapshot {
  const { parameters, routingGateways } = snapshot;
  return {
    parameters,
    withheldNumbers: withheldNumbers(parameters),
    routes: new RouteTable(snapshot, gates, states),
    callerFields: routingGateways.some((each) => each.peerNumberInformation !== 'from')
      ? new SettingsBySource(routingGateways, (each) => each.peerNumberInformation)
      : null,
    passesIdentity: passesIdentity(snapshot),
    sessionPolicy: sessionPolicy(parameters),
  };
}

/** Where the caller's number stands in an INVITE of a customer. */
export function callerFieldOf(
  { callerFields }: MountedSnapshot,
  { callerField }: MappingGateway,
  source: Endpoint,
): CallerField {
  if (callerField !== 'from' || callerFields === null) return callerField;
  return callerFields.find(source) ?? 'from';
}

/** Whether requests of some gateway's calls go elsewhere than to the socket. */
export function redirectsRequests({ mappingGateways, routingGateways }: Snapshot): boolean {
  return [...mappingGateways, ...routingGateways].some(
    ({ requestAddress }) => requestAddress !== 'socket',
  );
}

/** Running calls send where their gateways are now set to. */
export function readdressCalls(dialogs: DialogTable<Call>, snapshot: Snapshot): void {
  const customers = new Map(snapshot.mappingGateways.map((g) => [g.name, g.requestAddress]));
  const vendors = new Map(snapshot.routingGateways.map((g) => [g.name, g.requestAddress]));
  for (const dialog of dialogs.all()) {
    const { mappingGateway, routingGateway } = dialog.owner.record;
    const mode =
      dialog.side === 'caller' ? customers.get(mappingGateway) : vendors.get(routingGateway);
    if (mode !== undefined) dialog.sendTo(mode);
  }
}
