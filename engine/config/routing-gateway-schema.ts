// The keys of a routing gateway in provision.yaml. Names are those of VOS3000's own interface where
// it has the setting; descriptions complete "must be ...".
import { Type } from 'typebox';
import {
  CALLER_FIELDS,
  INHERITABLE,
  REPLY_ADDRESSES,
  REQUEST_ADDRESSES,
  TRANSPORTS,
} from '../base/gateway-words.ts';
import { DEFAULT_FAILOVER_CODES, FAILOVER_ENTRY } from '../routing/failover-codes.ts';
import {
  CALL_SECONDS,
  entry,
  LIMIT,
  NAME,
  onOff,
  oneOf,
  PASSWORD,
  PREFIX,
  REWRITE_RULES,
  USERNAME,
  wholeNumber,
} from './schema-parts.ts';

/** Its own wait in seconds; 0 = the parameter's (SS_SIP_TIMEOUT_...). */
function timeout(maxSeconds: number) {
  return wholeNumber(0, maxSeconds, { default: 0 });
}

/** OPTIONS probing: how often, and after how many failures and answers the state changes. */
const PROBE = Type.Optional(
  entry(
    {
      intervalSeconds: wholeNumber(5, 3600, { default: 30 }),
      failAfter: wholeNumber(1, 20, { default: 3 }),
      recoverAfter: wholeNumber(1, 20, { default: 2 }),
      highLatencyMs: wholeNumber(1, 32_000, { default: 1000 }),
    },
    'a map such as { intervalSeconds: 30, failAfter: 3, recoverAfter: 2 }',
  ),
);

const PEM_FILE = Type.Optional(
  Type.String({ minLength: 1, description: 'the path of a PEM file' }),
);

/** TLS towards the gateway: what its certificate is checked against. */
const TLS = Type.Optional(
  entry(
    {
      serverName: Type.Optional(
        Type.String({ minLength: 1, maxLength: 253, description: 'a host name' }),
      ),
      ca: PEM_FILE,
      verify: onOff(true),
      certificate: PEM_FILE,
      key: PEM_FILE,
    },
    'a map such as { serverName: sip.example.net, ca: ca.pem }',
  ),
);

export const ROUTING_GATEWAY = entry(
  {
    name: NAME,
    clearingAccount: NAME,
    registerType: oneOf(['static', 'dynamic', 'register-out'], 'static'),
    remoteIp: Type.Optional(
      Type.String({
        format: 'ip-or-host',
        description:
          'an IP address such as 192.0.2.1 or "2001:db8::1", or a name such as sip.example.net',
      }),
    ),
    signalPort: Type.Optional(wholeNumber(1, 65_535)),
    transport: oneOf(TRANSPORTS, 'udp'),
    tls: TLS,
    prefixes: Type.Array(PREFIX, {
      minItems: 1,
      maxItems: 1_000_000,
      description: 'a list of prefixes such as ["44", "4420"]; [""] takes every number',
    }),
    priority: wholeNumber(0, 1_000_000, { default: 1 }),
    capacity: LIMIT,
    cps: LIMIT,
    username: USERNAME,
    password: PASSWORD,
    replyAddress: oneOf(REPLY_ADDRESSES, 'socket'),
    requestAddress: oneOf(REQUEST_ADDRESSES, 'socket'),
    inviteUseContact: oneOf(INHERITABLE, 'inherit'),
    peerNumberInformation: oneOf(CALLER_FIELDS, 'from'),
    display: oneOf(['inherit', 'ignore', 'caller', 'passthrough'], 'inherit'),
    remotePartyId: onOff(false),
    privacy: oneOf(['inherit', 'ignore', 'passthrough', 'id', 'none'], 'inherit'),
    pAssertedIdentity: oneOf(['none', 'passthrough', 'caller'], 'none'),
    pPreferredIdentity: oneOf(['none', 'passthrough', 'caller'], 'none'),
    rewriteRulesInCaller: REWRITE_RULES,
    rewriteRulesInCallee: REWRITE_RULES,
    sessionTimer: onOff(true),
    reliableProvisional: onOff(true),
    allowPublish: onOff(false),
    probe: PROBE,
    failoverCodes: Type.Array(
      Type.Unsafe<string | number>({
        type: ['string', 'integer'],
        pattern: FAILOVER_ENTRY.source,
        minimum: 300,
        maximum: 699,
        description: 'a code 300 to 699, a class such as "5xx", or either with "!" in front',
      }),
      {
        default: [...DEFAULT_FAILOVER_CODES],
        maxItems: 400,
        description: 'a list such as ["5xx", 404, "!503"]',
      },
    ),
    switchAllowRing: oneOf(INHERITABLE, 'inherit'),
    switchAllowSdp: oneOf(INHERITABLE, 'inherit'),
    switchAllowRtp: oneOf(INHERITABLE, 'inherit'),
    switchAllowBusy: oneOf(INHERITABLE, 'inherit'),
    switchAllowErrorCode: onOff(true),
    followRedirect: onOff(false),
    timeoutInvite: timeout(32),
    timeoutTrying: timeout(600),
    timeoutSessionProgress: timeout(600),
    timeoutSessionProgressSdp: timeout(600),
    timeoutRinging: timeout(600),
    maxCallSeconds: CALL_SECONDS,
    lock: onOff(false),
  },
  'a routing gateway such as ' +
    '{ name: alpha-1, clearingAccount: alpha, remoteIp: 192.0.2.9, prefixes: ["44"] }',
);
