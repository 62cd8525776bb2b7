// The keys of provision.yaml with types, ranges and defaults; references between entries are
// provision-checks.ts. Descriptions complete "must be ...".
import { Type } from 'typebox';
import type { TProperties, TSchema } from 'typebox';
import { FAILOVER_ENTRY, DEFAULT_FAILOVER_CODES } from '../routing/failover-codes.ts';
import { MAX_PREFIX_DIGITS } from '../routing/route-deck.ts';

const MAX_INT32 = 0x7fffffff;

function entry<P extends TProperties>(properties: P, description: string) {
  return Type.Object(properties, { additionalProperties: false, description });
}

function listOf<S extends TSchema>(items: S, description: string) {
  return Type.Array(items, { default: [], description });
}

function wholeNumber(minimum: number, maximum: number, options: { default?: number } = {}) {
  return Type.Integer({
    minimum,
    maximum,
    description: `a whole number from ${minimum} to ${maximum}`,
    ...options,
  });
}

const NAME = Type.String({
  pattern: '^[^\\s\\x00-\\x1f]([^\\x00-\\x1f]{0,62}[^\\s\\x00-\\x1f])?$',
  description: 'a name of 1 to 64 characters, no space at its ends',
});
const MONEY = Type.String({
  format: 'money',
  description: 'a decimal in quotes such as "1000" or "-0.012", at most 9 places after the point',
});
const PREFIX = Type.String({
  pattern: `^[0-9]{0,${MAX_PREFIX_DIGITS}}$`,
  description: `digits in quotes, at most ${MAX_PREFIX_DIGITS}; "" stands for every number`,
});
const SWITCH = Type.Boolean({ default: false, description: 'true or false' });
/** Absent: not limited. */
const LIMIT = Type.Optional(wholeNumber(0, MAX_INT32 - 1));
/** 0: no limit. */
const CALL_SECONDS = wholeNumber(0, 31_536_000, { default: 0 });

const ACCOUNT = entry(
  {
    account: NAME,
    name: Type.String({ default: '', maxLength: 200, description: 'a text' }),
    money: Type.Unsafe<string>({ ...MONEY, default: '0' }),
    limitMoney: Type.Unsafe<string>({ ...MONEY, default: '0' }),
    rateGroup: Type.Optional(NAME),
  },
  'an account such as { account: acme, name: Acme, money: "1000" }',
);

const RATE = entry(
  {
    prefix: PREFIX,
    fee: MONEY,
    period: wholeNumber(1, 86_400),
    firstPeriod: Type.Optional(wholeNumber(1, 86_400)),
    area: Type.String({ default: '', maxLength: 200, description: 'a text' }),
  },
  'a rate such as { prefix: "44", fee: "0.012", period: 60 }',
);

const RATE_GROUP = entry(
  { name: NAME, rates: listOf(RATE, 'a list of rates') },
  'a rate group such as { name: retail, rates: [...] }',
);

const SIP_CODE = Type.Integer({
  minimum: 0,
  maximum: 699,
  not: { minimum: 1, maximum: 399 },
  description: 'a final SIP code from 400 to 699, or 0 to leave the code as it is',
});

const MAPPING_GATEWAY = entry(
  {
    name: NAME,
    account: NAME,
    remoteIps: Type.Array(
      Type.String({
        format: 'ip-or-cidr',
        description: 'an IP address or range such as 192.0.2.1, 192.0.2.0/24 or "2001:db8::/32"',
      }),
      { minItems: 1, maxItems: 10_000, description: 'a list of IP addresses and ranges' },
    ),
    capacity: LIMIT,
    cps: LIMIT,
    maxCallSeconds: CALL_SECONDS,
    releaseCodes: Type.Record(Type.String(), SIP_CODE, {
      default: {},
      description: 'a map of codes such as { 503: 480, 0: 500 }',
    }),
    passHeaders: Type.Array(
      Type.String({
        pattern: "^[A-Za-z0-9.!%*_+`'~-]{1,64}$",
        description: 'the name of a header',
      }),
      { default: [], maxItems: 64, description: 'a list of at most 64 header names' },
    ),
    lock: SWITCH,
  },
  'a mapping gateway such as { name: acme-1, account: acme, remoteIps: [192.0.2.1] }',
);

/** Its own wait in seconds; 0 = the parameter's (SS_SIP_TIMEOUT_...). */
function timeout(maxSeconds: number) {
  return wholeNumber(0, maxSeconds, { default: 0 });
}

const ROUTING_GATEWAY = entry(
  {
    name: NAME,
    clearingAccount: NAME,
    remoteIp: Type.String({
      format: 'ip',
      description: 'an IP address such as 192.0.2.1 or "2001:db8::1"',
    }),
    signalPort: wholeNumber(1, 65_535, { default: 5060 }),
    prefixes: Type.Array(PREFIX, {
      minItems: 1,
      maxItems: 1_000_000,
      description: 'a list of prefixes such as ["44", "4420"]; [""] takes every number',
    }),
    priority: wholeNumber(0, 1_000_000, { default: 1 }),
    capacity: LIMIT,
    cps: LIMIT,
    username: Type.Optional(
      Type.String({ minLength: 1, maxLength: 256, description: 'a text in quotes' }),
    ),
    password: Type.Optional(Type.String({ maxLength: 256, description: 'a text in quotes' })),
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
    followRedirect: SWITCH,
    timeoutInvite: timeout(32),
    timeoutTrying: timeout(600),
    timeoutSessionProgress: timeout(600),
    timeoutSessionProgressSdp: timeout(600),
    timeoutRinging: timeout(600),
    maxCallSeconds: CALL_SECONDS,
    lock: SWITCH,
  },
  'a routing gateway such as ' +
    '{ name: alpha-1, clearingAccount: alpha, remoteIp: 192.0.2.9, prefixes: ["44"] }',
);

const PHONE = entry(
  {
    e164: Type.String({ pattern: '^[0-9]{1,32}$', description: 'digits in quotes, at most 32' }),
    account: NAME,
    password: Type.String({ minLength: 1, maxLength: 256, description: 'a text in quotes' }),
  },
  'a phone such as { e164: "8801712345678", account: acme, password: "..." }',
);

/** The whole file; every key may be left out. */
export const PROVISION_SCHEMA = entry(
  {
    parameters: Type.Record(Type.String(), Type.Unknown(), {
      default: {},
      description: 'a map of parameters such as { SS_SIP_TIMEOUT_INVITE: 10 }',
    }),
    accounts: listOf(ACCOUNT, 'a list of accounts'),
    rateGroups: listOf(RATE_GROUP, 'a list of rate groups'),
    mappingGateways: listOf(MAPPING_GATEWAY, 'a list of mapping gateways'),
    routingGateways: listOf(ROUTING_GATEWAY, 'a list of routing gateways'),
    phones: listOf(PHONE, 'a list of phones'),
  },
  'a map with keys such as accounts and mappingGateways',
);
