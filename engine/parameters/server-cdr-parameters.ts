// The parameters of call records and searches for them (server, CDR). Ingest and reports read them.
// Names and defaults are those a VOS3000 operator knows.
import { parseReportServer, REPORT_SERVER_FORM } from '../base/report-server.ts';
import type { Parameter } from './parameter-types.ts';

export const SERVER_CDR_PARAMETERS = {
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
} satisfies Readonly<Record<string, Parameter>>;
