// What the data plane needs of the provisioning, as plain data: main builds a Snapshot from the
// provision (engine/config/build-snapshot.ts) and publishes it to every shard by structured clone;
// a shard mounts it between two packets. Limits are resolved: no nulls, no "use the default".
import type { Endpoint } from '../base/endpoint.ts';
import type { ShardParameterValues } from '../base/parameter-values.ts';
import type { RouteDeck } from './route-deck.ts';

/** A limit that never bites; fits a signed 32-bit cell of the gates. */
export const NO_LIMIT = 0x7fffffff;

export interface Snapshot {
  /** Grows by one with every published change. */
  readonly version: number;
  readonly parameters: ShardParameterValues;
  readonly mappingGateways: readonly MappingGateway[];
  readonly routingGateways: readonly RoutingGateway[];
  /** Prefixes of the routing gateways; its gateway numbers index `routingGateways`. */
  readonly routes: RouteDeck;
}

/** What both kinds of gateway have. */
interface Gateway {
  readonly name: string;
  /** Index of its counters in the gates; keeps for the life of the name. */
  readonly slot: number;
  /** Most calls at once; NO_LIMIT when not limited. */
  readonly capacity: number;
  /** Most new calls per second; NO_LIMIT when not limited. */
  readonly cps: number;
  /** Longest talk in seconds; 0 = no limit of its own. */
  readonly maxCallSeconds: number;
  /** Takes no new calls. */
  readonly locked: boolean;
}

/** A customer's gateway: where calls come from. */
export interface MappingGateway extends Gateway {
  readonly account: string;
  /** Addresses (canonical text) and CIDR ranges that identify it. */
  readonly remoteIps: readonly string[];
  /** Vendor's final code to the code for this customer, 0 as key = every other code. */
  readonly releaseCodes: ReadonlyMap<number, number>;
  /** Names of end-to-end headers, lower case, that pass in addition to the standard ones. */
  readonly passHeaders: readonly string[];
}

/** A vendor's gateway: where calls go to. */
export interface RoutingGateway extends Gateway {
  readonly clearingAccount: string;
  /** Where its requests go. */
  readonly peer: Endpoint;
  /** Small first. */
  readonly priority: number;
  /** Answer to a 401 or 407; null: a challenge is a failure. */
  readonly credentials: { readonly username: string; readonly password: string } | null;
  /** One cell per final code 300..699: 1 = try the next gateway (see failover-codes.ts). */
  readonly failoverCodes: Uint8Array;
  /** Try the contacts of a 3xx; else a 3xx is a failure like any other. */
  readonly followRedirect: boolean;
  readonly timeouts: AnswerTimeouts;
}

/** Longest waits for a vendor, milliseconds: its own override or the SS_SIP_TIMEOUT_ parameter. */
export interface AnswerTimeouts {
  /** INVITE sent, no response yet. */
  readonly inviteMs: number;
  /** After 100. */
  readonly tryingMs: number;
  /** After a 183 without SDP. */
  readonly sessionProgressMs: number;
  /** After a 183 with SDP. */
  readonly sessionProgressSdpMs: number;
  /** After 180. */
  readonly ringingMs: number;
}

/** The addresses of all routing gateways. */
export function vendorIps(snapshot: Snapshot): ReadonlySet<string> {
  return new Set(snapshot.routingGateways.map(({ peer }) => peer.ip));
}
