// The keys of a mapping gateway in provision.yaml. Names are those of VOS3000's own interface where
// it has the setting; descriptions complete "must be ...".
import { Type } from 'typebox';
import {
  CALL_SECONDS,
  entry,
  LIMIT,
  NAME,
  onOff,
  oneOf,
  PASSWORD,
  REWRITE_RULES,
  USERNAME,
  wholeNumber,
} from './schema-parts.ts';
import {
  CALLEE_FIELDS,
  CALLER_FIELDS,
  REPLY_ADDRESSES,
  REQUEST_ADDRESSES,
} from '../base/gateway-words.ts';

const SIP_CODE = Type.Integer({
  minimum: 0,
  maximum: 699,
  not: { minimum: 1, maximum: 399 },
  description: 'a final SIP code from 400 to 699, or 0 to leave the code as it is',
});

export const MAPPING_GATEWAY = entry(
  {
    name: NAME,
    account: NAME,
    remoteIps: Type.Array(
      Type.String({
        format: 'ip-or-cidr',
        description: 'an IP address or range such as 192.0.2.1, 192.0.2.0/24 or "2001:db8::/32"',
      }),
      { default: [], maxItems: 10_000, description: 'a list of IP addresses and ranges' },
    ),
    authentication: oneOf(['ip', 'ip-port', 'digest'], 'ip'),
    signalPort: Type.Optional(wholeNumber(1, 65_535)),
    registerType: oneOf(['static', 'dynamic'], 'static'),
    username: USERNAME,
    password: PASSWORD,
    replyAddress: oneOf(REPLY_ADDRESSES, 'socket'),
    requestAddress: oneOf(REQUEST_ADDRESSES, 'socket'),
    calleeField: oneOf(CALLEE_FIELDS, 'to'),
    callerField: oneOf(CALLER_FIELDS, 'from'),
    rewriteRulesOutCaller: REWRITE_RULES,
    rewriteRulesOutCallee: REWRITE_RULES,
    remoteRingSignal: oneOf(['auto', '183-sdp', '180-sdp'], 'auto'),
    honourPrivacy: onOff(true),
    sessionTimer: onOff(true),
    reliableProvisional: onOff(true),
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
    lock: onOff(false),
  },
  'a mapping gateway such as { name: acme-1, account: acme, remoteIps: [192.0.2.1] }',
);
