// The parameters of the server (SERVER_): call records, queries and reports. Names and defaults are
// those a VOS3000 operator knows. Ingest and the reports read them; shards do not.
import type { ServerParameterValues } from '../base/parameter-values.ts';
import { parseReportServer, REPORT_SERVER_FORM } from '../base/report-server.ts';
import { onOff } from './parameter-types.ts';
import type { BooleanParameter, ParameterOf } from './parameter-types.ts';

/** More numbers than this belong into a list of their own, not into a parameter. */
const MAX_NUMBERS = 10_000;

function nightly(defaultValue: boolean, report: string): BooleanParameter {
  return onOff(defaultValue, `Whether the nightly run at about 01:00 makes the ${report}.`);
}

/** The SERVER_ parameters in force, by name. */
export const SERVER_PARAMETERS: {
  readonly [N in keyof ServerParameterValues]: ParameterOf<ServerParameterValues[N]>;
} = {
  SERVER_CDR_FILE_WRITE_INTERVAL: {
    type: 'integer-or-none',
    default: null,
    min: 60,
    max: 86_400,
    unit: 's',
    meaning: 'How often a new CDR file is started. None: no CDR files.',
  },
  SERVER_CDR_FILE_WRITE_MAX: {
    type: 'integer',
    default: 2048,
    min: 10,
    max: 4096,
    unit: 'files',
    meaning: 'How many CDR files are kept; the oldest goes when one more is written.',
  },
  SERVER_CDR_REAL_TIME_REPORT_SERVER: {
    type: 'text',
    default: '',
    accepts: (text) => parseReportServer(text) !== undefined,
    form: REPORT_SERVER_FORM,
    unit: null,
    meaning:
      'Address that gets each call record as soon as the call has ended. Empty: none. Over udp ' +
      'a record may be lost; the others get each at least once.',
  },
  SERVER_MAX_CDR_PENDING_LIST_LENGTH: {
    type: 'integer',
    default: 100_000,
    min: 10_000,
    max: 100_000,
    unit: 'records',
    meaning: 'Call records that may wait to be processed; that many raise an alarm.',
  },
  SERVER_QUERY_CDR_DENY_TIME: {
    type: 'integer-set',
    default: [],
    min: 0,
    max: 23,
    unit: 'hours of the day',
    meaning: 'Hours in server time in which searches for call records are refused.',
  },
  SERVER_QUERY_CDR_MAX_DAY_INTERVAL: {
    type: 'integer',
    default: 31,
    min: 1,
    max: 366,
    unit: 'days',
    meaning: 'Longest span of days that one search for call records covers.',
  },
  SERVER_QUERY_MAX_SIZE: {
    type: 'integer',
    default: 30_000_000,
    min: 1000,
    max: 100_000_000,
    unit: 'rows',
    meaning: 'Most rows that one query returns in all.',
  },
  SERVER_QUERY_ONE_PAGE_SIZE: {
    type: 'integer',
    default: 10_000,
    min: 10,
    max: 100_000,
    unit: 'rows',
    meaning: 'Rows in one page of a query.',
  },
  SERVER_BILLING_NO_CDR_E164S: {
    type: 'text-list',
    default: [],
    pattern: /^\+?[0-9*#]{1,32}$/,
    maxEntries: MAX_NUMBERS,
    form: 'numbers in quotes (digits, * and #, at most 32, "+" may stand in front)',
    unit: 'numbers',
    meaning: 'Numbers whose calls leave no call record, as caller or as callee.',
  },
  SERVER_TRACE_FILE_LENGTH: {
    type: 'integer',
    default: 40_960,
    min: 1024,
    max: 1_048_576,
    unit: 'KB',
    meaning: 'Size at which a file of traces is closed and a new one begun; at most 16 are kept.',
  },
  SERVER_DNS_UPDATE_INTERVAL: {
    type: 'integer',
    default: 600,
    min: 30,
    max: 86_400,
    unit: 's',
    meaning: 'How often the names of gateways are looked up again.',
  },
  SERVER_REPORT_AGENT_INCOME: nightly(true, 'agent income report'),
  SERVER_REPORT_CLEARING_CUSTOMER_FEE: nightly(false, 'clearing (vendor settlement) report'),
  SERVER_REPORT_CUSTOMER_FEE: nightly(true, 'revenue details'),
  SERVER_REPORT_GATEWAY_FEE: nightly(true, 'gateway bills'),
  SERVER_REPORT_GATEWAY_ROUTING_LOCATION_ASR_ACD: nightly(
    true,
    'ASR and ACD analysis of routing gateways by area',
  ),
  SERVER_REPORT_PHONE_FEE: nightly(true, 'phone bill'),
};
