// The keys of provision.yaml with types, ranges and defaults; references between entries are
// provision-checks.ts. Descriptions complete "must be ...".
import { Type } from 'typebox';
import { MAPPING_GATEWAY } from './mapping-gateway-schema.ts';
import { ROUTING_GATEWAY } from './routing-gateway-schema.ts';
import { entry, listOf, NAME, onOff, PREFIX, wholeNumber } from './schema-parts.ts';

const MONEY = Type.String({
  format: 'money',
  description: 'a decimal in quotes such as "1000" or "-0.012", at most 9 places after the point',
});

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

const PHONE = entry(
  {
    e164: Type.String({ pattern: '^[0-9]{1,32}$', description: 'digits in quotes, at most 32' }),
    account: NAME,
    password: Type.String({ minLength: 1, maxLength: 256, description: 'a text in quotes' }),
    capacity: Type.Optional(wholeNumber(0, 10_000)),
    lock: onOff(false),
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
