// Rules across parameters: what single values cannot show. A broken rule refuses the change or is a
// warning; each parameter that a rule names lists it.
import type { ParameterName, ParameterValues } from '../base/parameter-values.ts';
import { parseMoney } from '../base/money.ts';
import { formatValue } from './format-value.ts';
import { parameterValues } from './parse-value.ts';

export interface CrossRule {
  /** What it is about, the one named first in messages. */
  readonly names: readonly ParameterName[];
  readonly severity: 'refusal' | 'warning';
  /** Completes "must" or "should". */
  readonly text: string;
  readonly broken: (values: ParameterValues) => boolean;
}

export const CROSS_RULES: readonly CrossRule[] = [
  {
    names: ['SERVER_QUERY_MAX_SIZE', 'SERVER_QUERY_ONE_PAGE_SIZE'],
    severity: 'refusal',
    text: 'be at least SERVER_QUERY_ONE_PAGE_SIZE',
    broken: (v) => v.SERVER_QUERY_MAX_SIZE < v.SERVER_QUERY_ONE_PAGE_SIZE,
  },
  {
    names: ['SERVER_ALARM_ENABLE_EMAIL', 'SERVER_ALARM_EMAIL'],
    severity: 'warning',
    text: 'be Off while SERVER_ALARM_EMAIL names nobody',
    broken: (v) => v.SERVER_ALARM_ENABLE_EMAIL && v.SERVER_ALARM_EMAIL.length === 0,
  },
  {
    names: ['SERVER_ALARM_ENABLE_VOICE', 'SERVER_ALARM_E164S'],
    severity: 'warning',
    text: 'be Off while SERVER_ALARM_E164S names nobody',
    broken: (v) => v.SERVER_ALARM_ENABLE_VOICE && v.SERVER_ALARM_E164S.length === 0,
  },
  {
    names: ['SERVER_BILLING_FEE_PRECISION', 'SERVER_BILLING_FEE_UNIT'],
    severity: 'warning',
    text: 'be at most SERVER_BILLING_FEE_UNIT: above it every remainder is dropped',
    broken: (v) => isMore(v.SERVER_BILLING_FEE_PRECISION, v.SERVER_BILLING_FEE_UNIT),
  },
  {
    names: ['SS_SIP_AUTHENTICATION_RETRY', 'SS_AUTHENTICATION_MAX_RETRY'],
    severity: 'warning',
    text: 'be below SS_AUTHENTICATION_MAX_RETRY, or the suspension comes first',
    broken: (v) => v.SS_SIP_AUTHENTICATION_RETRY >= v.SS_AUTHENTICATION_MAX_RETRY,
  },
  {
    names: ['SS_SIP_NAT_KEEP_ALIVE_PERIOD', 'SS_ENDPOINT_NAT_EXPIRE'],
    severity: 'warning',
    text: 'be at most a fifth of SS_ENDPOINT_NAT_EXPIRE',
    broken: (v) => v.SS_SIP_NAT_KEEP_ALIVE_PERIOD > v.SS_ENDPOINT_NAT_EXPIRE / 5,
  },
  {
    names: ['SS_SIP_NAT_KEEP_ALIVE_PERIOD', 'SS_ENDPOINT_NAT_EXPIRE'],
    severity: 'warning',
    text: 'be below SS_ENDPOINT_NAT_EXPIRE, or registrations end before their first heartbeat',
    broken: (v) => v.SS_SIP_NAT_KEEP_ALIVE_PERIOD >= v.SS_ENDPOINT_NAT_EXPIRE,
  },
  {
    names: ['SS_SIP_SESSION_TTL', 'SS_SIP_SESSION_MIN_SE'],
    severity: 'warning',
    text: 'be at least SS_SIP_SESSION_MIN_SE, which is used instead',
    broken: (v) => v.SS_SIP_SESSION_TTL < v.SS_SIP_SESSION_MIN_SE,
  },
  {
    names: ['SS_SIP_SESSION_TTL', 'SS_SIP_SESSION_UPDATE_SEGMENT'],
    severity: 'warning',
    text: 'be at least 32 s times SS_SIP_SESSION_UPDATE_SEGMENT: a refresh needs that long',
    broken: (v) => v.SS_SIP_SESSION_TTL / v.SS_SIP_SESSION_UPDATE_SEGMENT < 32,
  },
  {
    names: ['SS_ENDPOINT_EXPIRE', 'SS_ENDPOINT_NAT_EXPIRE'],
    severity: 'warning',
    text: 'be at least SS_ENDPOINT_NAT_EXPIRE',
    broken: (v) => v.SS_ENDPOINT_EXPIRE < v.SS_ENDPOINT_NAT_EXPIRE,
  },
  {
    names: ['SS_MEDIA_PORT_RANGE', 'SS_MAX_CONCURRENT_CALL'],
    severity: 'warning',
    text: 'have four ports for each call of SS_MAX_CONCURRENT_CALL while all media is relayed',
    broken: (v: ParameterValues): boolean => {
      const [first, last] = v.SS_MEDIA_PORT_RANGE;
      return relaysAllMedia(v) && (last - first + 1) / 4 < v.SS_MAX_CONCURRENT_CALL;
    },
  },
  {
    names: ['SS_GATEWAY_ASR_ROUTE_SORT_CONFIG', 'SS_GATEWAY_ASR_CALCULATE'],
    severity: 'warning',
    text: 'be None while SS_GATEWAY_ASR_CALCULATE is Off',
    broken: (v) => v.SS_GATEWAY_ASR_ROUTE_SORT_CONFIG !== 'None' && !v.SS_GATEWAY_ASR_CALCULATE,
  },
  {
    names: ['SS_GATEWAY_FEE_RATE_ROUTE_SORT_CONFIG', 'SERVER_GATEWAY_ROUTE_FEE_RATE'],
    severity: 'warning',
    text: 'be None while SERVER_GATEWAY_ROUTE_FEE_RATE is Off',
    broken: (v) =>
      v.SS_GATEWAY_FEE_RATE_ROUTE_SORT_CONFIG !== 'None' && !v.SERVER_GATEWAY_ROUTE_FEE_RATE,
  },
];

/** A broken rule: the parameter to name, of those given, and a sentence about it. */
export interface BrokenRule {
  readonly name: ParameterName;
  readonly severity: 'refusal' | 'warning';
  readonly problem: string;
}

/** The rules that these values break; defaults count as given. */
export function brokenRules(given: Partial<ParameterValues>): BrokenRule[] {
  const values = parameterValues(given);
  return CROSS_RULES.filter(({ broken }) => broken(values)).map(({ names, severity, text }) => {
    const [subject, ...others] = names;
    const figures = names.map((name) => `${name} is ${formatValue(name, values[name])}`);
    const name = [subject!, ...others].find((candidate) => candidate in given) ?? subject!;
    const verb = severity === 'refusal' ? 'must' : 'should';
    return { name, severity, problem: `${subject} ${verb} ${text} (${figures.join(', ')})` };
  });
}

function isMore(a: string, b: string): boolean {
  return (parseMoney(a) ?? 0n) > (parseMoney(b) ?? 0n);
}

function relaysAllMedia(v: ParameterValues): boolean {
  return v.SS_MEDIA_PROXY_ENABLE || ['On', 'Must On'].includes(v.SS_MEDIAPROXYMODE);
}
