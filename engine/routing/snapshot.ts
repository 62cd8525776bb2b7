// What the data plane needs of the provisioning, as plain data: main builds a Snapshot from the
// provision (engine/config/build-snapshot.ts) and publishes it to every shard by structured clone;
// a shard mounts it between two packets. Limits are resolved: no nulls, no "use the default".
import type { Endpoint } from '../base/endpoint.ts';
import type {
  CalleeField,
  CallerField,
  ReplyAddress,
  RequestAddress,
  TransportName,
} from '../base/gateway-words.ts';
import type { ShardParameterValues } from '../base/parameter-values.ts';
import type { DialRule } from '../numbers/dial-rules.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
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
  /** Traces in force; none costs nothing. */
  readonly traces: readonly TraceFilter[];
  /** Phones, compiled (engine/registry/phone-deck.ts). */
  readonly phones: SharedArrayBuffer;
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
  /** Digest credentials: what it proves itself by, or what we answer its challenge with. */
  readonly credentials: { readonly username: string; readonly password: string } | null;
  readonly replyAddress: ReplyAddress;
  readonly requestAddress: RequestAddress;
  /** RFC 4028 is allowed with it. */
  readonly sessionTimer: boolean;
  /** RFC 3262 is allowed with it. */
  readonly reliableProvisional: boolean;
}

/** A customer's gateway: where calls come from. */
export interface MappingGateway extends Gateway {
  readonly account: string;
  /** Number of the phone that stands in a gateway's place; empty for gateways. */
  readonly phone: string;
  /** Addresses (canonical text) and CIDR ranges that identify it. */
  readonly remoteIps: readonly string[];
  /** Vendor's final code to the code for this customer, 0 as key = every other code. */
  readonly releaseCodes: ReadonlyMap<number, number>;
  /** Names of end-to-end headers, lower case, that pass in addition to the standard ones. */
  readonly passHeaders: readonly string[];
  /** How its requests are known to be its own. */
  readonly authentication: 'ip' | 'ip-port' | 'digest';
  /** Its source port when `authentication` is ip-port; 0 = any. */
  readonly signalPort: number;
  /** It registers: its address is where it registered from. */
  readonly dynamic: boolean;
  readonly calleeField: CalleeField;
  readonly callerField: CallerField;
  readonly rewriteCaller: readonly DialRule[];
  readonly rewriteCallee: readonly DialRule[];
  /** What it hears of ringing: as it came, or always a 183 or 180 with SDP where there is any. */
  readonly remoteRingSignal: 'auto' | '183-sdp' | '180-sdp';
  /** Its Privacy header counts. */
  readonly honourPrivacy: boolean;
}

/** A vendor's gateway: where calls go to. */
export interface RoutingGateway extends Gateway {
  readonly clearingAccount: string;
  /** Where its requests go; of a name the first address, without IP while it has none. */
  readonly peer: Endpoint;
  /** All addresses of a gateway that is given by name, by priority; empty for one given by IP. */
  readonly addresses: readonly GatewayAddress[];
  /** The name as in a Request-URI, with the port where one is configured; empty for an IP. */
  readonly domain: string;
  /** Small first. */
  readonly priority: number;
  /** static: at `host`; dynamic: where it registered from; register-out: we register with it. */
  readonly registerType: 'static' | 'dynamic' | 'register-out';
  /** Address or name as configured; empty when it registers itself. */
  readonly host: string;
  /** 0: the default of the transport, or what SRV says. */
  readonly port: number;
  readonly transport: TransportName;
  readonly tls: GatewayTls;
  /** Null: SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT. */
  readonly inviteUseContact: boolean | null;
  readonly peerNumberInformation: CallerField;
  readonly display: 'inherit' | 'ignore' | 'caller' | 'passthrough';
  readonly remotePartyId: boolean;
  readonly privacy: 'inherit' | 'ignore' | 'passthrough' | 'id' | 'none';
  readonly pAssertedIdentity: 'none' | 'passthrough' | 'caller';
  readonly pPreferredIdentity: 'none' | 'passthrough' | 'caller';
  readonly rewriteCaller: readonly DialRule[];
  readonly rewriteCallee: readonly DialRule[];
  /** Its PUBLISH is heard. */
  readonly allowPublish: boolean;
  /** OPTIONS probing; null: none. */
  readonly probe: GatewayProbe | null;
  readonly switchAllow: SwitchAllow;
  /** One cell per final code 300..699: 1 = try the next gateway (see failover-codes.ts). */
  readonly failoverCodes: Uint8Array;
  /** Try the contacts of a 3xx; else a 3xx is a failure like any other. */
  readonly followRedirect: boolean;
  readonly timeouts: AnswerTimeouts;
}

/** One address of a name (RFC 3263), with what SRV says of it. */
export interface GatewayAddress {
  readonly peer: Endpoint;
  /** Small first. */
  readonly priority: number;
  /** Share among those of equal priority. */
  readonly weight: number;
}

/** After what another gateway may still be tried; null: the parameter decides. */
export interface SwitchAllow {
  readonly ring: boolean | null;
  readonly sdp: boolean | null;
  readonly rtp: boolean | null;
  readonly busy: boolean | null;
  /** After a code of `failoverCodes`. */
  readonly errorCode: boolean;
}

export interface GatewayProbe {
  readonly intervalMs: number;
  /** Failures in a row that take it out of service, answers that bring it back. */
  readonly failAfter: number;
  readonly recoverAfter: number;
  readonly highLatencyMs: number;
}

/** What its certificate is checked against. */
export interface GatewayTls {
  /** Empty: the host. */
  readonly serverName: string;
  /** Path of a PEM file; empty: the system's authorities. */
  readonly ca: string;
  readonly verify: boolean;
  /** Paths of what we show it; empty: that of the listen address. */
  readonly certificate: string;
  readonly key: string;
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
  return new Set(
    snapshot.routingGateways.flatMap(({ peer, addresses }) => {
      return [peer.ip, ...addresses.map((each) => each.peer.ip)];
    }),
  );
}
