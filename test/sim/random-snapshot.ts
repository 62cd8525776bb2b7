// The switch's configuration in a simulation: gateways, limits, rules and timeouts at random.
import {
  CALLEE_FIELDS,
  CALLER_FIELDS,
  REPLY_ADDRESSES,
  REQUEST_ADDRESSES,
} from '../../engine/base/gateway-words.ts';
import { compilePhoneDeck } from '../../engine/registry/phone-deck.ts';
import type { ParameterValues } from '../../engine/base/parameter-values.ts';
import { parameterValues } from '../../engine/parameters/parse-value.ts';
import {
  compileFailoverCodes,
  DEFAULT_FAILOVER_CODES,
} from '../../engine/routing/failover-codes.ts';
import { FIRST_GATEWAY_SLOT } from '../../engine/routing/gate-slots.ts';
import { compileRouteDeck } from '../../engine/routing/route-deck.ts';
import {
  PLAIN_MAPPING_GATEWAY,
  PLAIN_ROUTING_GATEWAY,
} from '../../engine/routing/plain-gateways.ts';
import { NO_LIMIT } from '../../engine/routing/snapshot.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../../engine/routing/snapshot.ts';
import type { Chance } from './chance.ts';
import { PHONE_PREFIX, randomPhones } from './phones.ts';
import { CALLER_NET, VENDOR_NET } from './wire-rules.ts';

const CUSTOMERS = 3;
const INHERITED = [null, null, true, false] as const;

/** @param parameters those that do not vary */
export function randomSnapshot(chance: Chance, parameters: Partial<ParameterValues>): Snapshot {
  const vendors = chance.between(1, 5);
  const routingGateways = Array.from({ length: vendors }, (_, i) => routingGateway(chance, i));
  const prefixes = routingGateways.map(() =>
    ['44', '441', '49', '33', PHONE_PREFIX].filter((prefix) => {
      return chance.happens(prefix === PHONE_PREFIX ? 0.2 : 0.8);
    }),
  );
  return {
    version: 1,
    parameters: parameterValues({
      SS_MAX_CALL_PER_SECOND: chance.happens(0.1) ? 2 : 1000,
      SS_MAX_CONCURRENT_CALL: chance.happens(0.1) ? 5 : 1000,
      SS_GATEWAY_SWITCH_LIMIT: chance.pick([null, null, 0, 1]),
      SS_GATEWAY_SWITCH_UNTIL_CONNECT: chance.happens(0.3),
      SS_SIP_STOP_SWITCH_AFTER_SDP: chance.happens(0.5),
      SS_REPLY_UNAUTHORIZED: chance.happens(0.5),
      SS_SIP_NO_TIMER_REINVITE_INTERVAL: 60,
      SS_SIP_SESSION_TTL: chance.pick([60, 90, 120, 200]),
      SS_SIP_SESSION_MIN_SE: chance.pick([90, 90, 100]),
      SS_SIP_SESSION_UPDATE_SEGMENT: chance.pick([2, 2, 3, 10]),
      SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP: chance.pick([32, 32, 0, 10]),
      SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START: chance.happens(0.5),
      SS_SIP_E164_DISPLAY_FROM: chance.pick(['Ignore', 'Caller', 'Passthrough']),
      SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT: chance.happens(0.3),
      // Longer than a simulation: what is sent to phones belongs to calls.
      SS_ENDPOINTTIMETOLIVE: 3600,
      ...parameters,
    }),
    mappingGateways: Array.from({ length: CUSTOMERS }, (_, i) => mappingGateway(chance, i)),
    routingGateways,
    traces: [],
    phones: compilePhoneDeck(randomPhones(chance)),
    routes: compileRouteDeck(
      routingGateways.map(({ name, priority }, i) => ({ name, priority, prefixes: prefixes[i]! })),
    ),
  };
}

function mappingGateway(chance: Chance, index: number): MappingGateway {
  return {
    ...PLAIN_MAPPING_GATEWAY,
    name: `customer-${index + 1}`,
    slot: FIRST_GATEWAY_SLOT + index,
    account: `account-${index + 1}`,
    remoteIps: [`${CALLER_NET}${index + 1}`],
    capacity: chance.happens(0.15) ? chance.between(0, 3) : NO_LIMIT,
    cps: chance.happens(0.1) ? 1 : NO_LIMIT,
    // Callers with session timers have no other limit.
    maxCallSeconds: chance.happens(0.2) ? 10 : 600,
    releaseCodes: chance.happens(0.2)
      ? new Map([
          [503, 480],
          [0, 487],
        ])
      : new Map(),
    passHeaders: chance.happens(0.2) ? ['x-account'] : [],
    replyAddress: chance.pick(REPLY_ADDRESSES),
    requestAddress: chance.pick(REQUEST_ADDRESSES),
    calleeField: chance.pick(CALLEE_FIELDS),
    callerField: chance.pick(CALLER_FIELDS),
    rewriteCallee: chance.happens(0.2) ? [{ source: '44', target: '441' }] : [],
    rewriteCaller: chance.happens(0.2) ? [{ source: '*', target: '00*' }] : [],
    remoteRingSignal: chance.pick(['auto', 'auto', '183-sdp', '180-sdp']),
    honourPrivacy: chance.happens(0.7),
    reliableProvisional: chance.happens(0.8),
    locked: chance.happens(0.03),
    sessionTimer: chance.happens(0.85),
  };
}

function routingGateway(chance: Chance, index: number): RoutingGateway {
  const v6 = chance.happens(0.05);
  return {
    ...PLAIN_ROUTING_GATEWAY,
    name: `vendor-${index + 1}`,
    slot: FIRST_GATEWAY_SLOT + CUSTOMERS + index,
    clearingAccount: `clearing-${index + 1}`,
    peer: v6
      ? { family: 6, ip: `2001:db8::${index + 1}`, port: 5060 }
      : { family: 4, ip: `${VENDOR_NET}${index + 1}`, port: 5060 },
    priority: chance.between(1, 2),
    capacity: chance.happens(0.2) ? chance.between(1, 2) : NO_LIMIT,
    cps: chance.happens(0.1) ? 1 : NO_LIMIT,
    maxCallSeconds: chance.happens(0.2) ? 15 : 0,
    credentials: chance.happens(0.3) ? { username: 'tandem', password: 'secret' } : null,
    failoverCodes: compileFailoverCodes(DEFAULT_FAILOVER_CODES),
    followRedirect: chance.happens(0.5),
    replyAddress: chance.pick(REPLY_ADDRESSES),
    requestAddress: chance.pick(REQUEST_ADDRESSES),
    ...presentation(chance),
    rewriteCallee: chance.happens(0.2) ? [{ source: '4?/L5', target: '99' }] : [],
    rewriteCaller: chance.happens(0.2) ? [{ source: '1', target: '+1' }] : [],
    reliableProvisional: chance.happens(0.8),
    switchAllow: {
      ring: chance.pick(INHERITED),
      sdp: chance.pick(INHERITED),
      rtp: chance.pick(INHERITED),
      busy: chance.pick(INHERITED),
      errorCode: chance.happens(0.9),
    },
    timeouts: {
      inviteMs: chance.pick([2000, 10_000]),
      tryingMs: chance.pick([3000, 20_000]),
      sessionProgressMs: chance.pick([3000, 20_000]),
      sessionProgressSdpMs: chance.pick([8000, 40_000]),
      ringingMs: chance.pick([5000, 40_000]),
    },
    locked: chance.happens(0.03),
    sessionTimer: chance.happens(0.85),
  };
}

/** How a vendor is shown the caller. */
function presentation(chance: Chance): Partial<RoutingGateway> {
  return {
    inviteUseContact: chance.pick(INHERITED),
    peerNumberInformation: chance.pick(CALLER_FIELDS),
    display: chance.pick(['inherit', 'ignore', 'caller', 'passthrough']),
    remotePartyId: chance.happens(0.3),
    privacy: chance.pick(['inherit', 'inherit', 'ignore', 'passthrough', 'id', 'none']),
    pAssertedIdentity: chance.pick(['none', 'none', 'passthrough', 'caller']),
    pPreferredIdentity: chance.pick(['none', 'none', 'passthrough', 'caller']),
  };
}
