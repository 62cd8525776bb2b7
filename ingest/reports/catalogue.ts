// The reports that exist: name, what it shows, which filters it takes. Each has its SQL beside
// this file under its name; every SQL takes {from}, {to} and, where it shows times, {timezone}.

export interface FilterDefinition {
  /** Value that means "any". */
  readonly none: string;
  readonly pattern: RegExp;
  /** Shown in errors and in the list of reports. */
  readonly allowed: string;
  /** Text of the option → value of the query parameter. */
  toParameter(text: string): string;
}

const same = (text: string): string => text;
/** A trailing * becomes LIKE's %; the allowed characters have no other pattern of LIKE. */
const toLike = (text: string): string => text.replace(/\*$/, '%');
const number = { none: '', pattern: /^[0-9A-Za-z+#.-]+\*?$/, toParameter: toLike };

export const FILTERS = {
  gateway: { none: '', pattern: /^.+$/, allowed: 'name of a gateway', toParameter: same },
  account: { none: '', pattern: /^.+$/, allowed: 'name of an account', toParameter: same },
  caller: { ...number, allowed: 'calling number, or its beginning and *' },
  callee: { ...number, allowed: 'called number, or its beginning and *' },
  code: { none: '0', pattern: /^[1-6]\d\d$/, allowed: 'SIP status, 100 to 699', toParameter: same },
  limit: {
    none: '50',
    pattern: /^([1-9]\d{0,3}|10000)$/,
    allowed: 'rows, 1 to 10000 (default 50)',
    toParameter: same,
  },
} as const satisfies Record<string, FilterDefinition>;

export type FilterName = keyof typeof FILTERS;

export interface ReportDefinition {
  readonly about: string;
  readonly filters: readonly FilterName[];
}

export const REPORTS = {
  gateways: {
    about: 'calls, ASR, ACD, PDD and minutes per mapping and routing gateway',
    filters: ['gateway'],
  },
  calls: {
    about: 'the latest calls',
    filters: ['gateway', 'account', 'caller', 'callee', 'code', 'limit'],
  },
  codes: { about: 'release causes of calls and of vendor attempts', filters: ['gateway'] },
  hours: { about: 'traffic by hour', filters: ['gateway', 'account'] },
} as const satisfies Record<string, ReportDefinition>;

export type ReportName = keyof typeof REPORTS;

export function isReportName(text: string): text is ReportName {
  return Object.hasOwn(REPORTS, text);
}
