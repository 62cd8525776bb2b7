// The parameters of the server itself (server, system).
// Names and defaults are those a VOS3000 operator knows.
import { onOff, seconds, whole } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const SERVER_SYSTEM_PARAMETERS = {
  SERVER_NTP_SERVER: {
    type: 'text',
    default: 'time-a.nist.gov',
    accepts: (text) =>
      /^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?)$/.test(text),
    form: 'a host name or an IP address',
    unit: null,
    meaning: 'Time server (SNTP) against which the clock is checked.',
  },
  SERVER_DATABASE_VERSION: {
    type: 'text',
    default: '',
    accepts: (text) => /^$/.test(text),
    form: 'left as it is',
    unit: null,
    meaning: 'Identifier of the database schema in use, shown only.',
    readOnly: true,
  },
  SERVER_DISPLAY_MONEY_PRECISION: whole(
    3,
    0,
    7,
    'decimal places',
    'Decimal places shown for money on screens and reports (3 shows 1.000); stored ' +
      'amounts are not changed.',
  ),
  SERVER_DNS_UPDATE_INTERVAL: seconds(
    600,
    30,
    86400,
    'How often gateways given by name are resolved again.',
  ),
  SERVER_SOFTSWITCH_CLUSTER: {
    type: 'text-list',
    default: [],
    pattern: /^([0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]{2,45})$/,
    maxEntries: 10_000,
    form: 'IP addresses',
    unit: 'IP addresses',
    meaning: 'Addresses of the softswitch nodes that form the cluster.',
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
  SERVER_TRACE_FILE_LENGTH: whole(
    40960,
    1024,
    1048576,
    'KB',
    'Size at which a file of traces is closed and a new one begun; at most 16 are kept.',
  ),
  SERVER_GATEWAY_ROUTE_FEE_RATE: {
    ...onOff(
      false,
      'Whether gateways that could carry a call are ordered by their lowest price per ' + 'second.',
    ),
    override:
      'mapping gateway: first and second route policy; routing gateway: least-cost ' + 'routing',
  },
} satisfies Readonly<Record<string, Parameter>>;
