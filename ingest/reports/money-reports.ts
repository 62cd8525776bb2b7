// The reports about money: revenue, bills, settlement, profit. Each has its SQL under its name in
// sql/, which also says what the columns mean.
import type { FilterName } from './filters.ts';
import type { ReportDefinition } from './report-types.ts';

const traffic = { calls: 'count', answered: 'count', talk_ms: 'ms' } as const;

/** What `--by` of the profit report counts from the vendors' side. */
const VENDOR_SIDE: ReadonlySet<string> = new Set([
  'routing-gateway',
  'clearing-account',
  'vendor-area',
]);

export const MONEY_REPORTS = {
  'revenue-details': {
    about: 'charges, tax and time billed per account and level of the call',
    filters: ['account', 'level'],
    columns: {
      account: 'text',
      call_level: 'text',
      ...traffic,
      billed_ms: 'ms',
      customer_fee: 'money',
      tax: 'money',
      net_fee: 'money',
    },
  },
  'mapping-gateway-bill': {
    about: 'traffic and charges per mapping gateway',
    filters: ['gateway', 'account'],
    columns: {
      mapping_gateway: 'text',
      account: 'text',
      ...traffic,
      billed_ms: 'ms',
      customer_fee: 'money',
      tax: 'money',
    },
  },
  'routing-gateway-bill': {
    about: 'traffic and cost per routing gateway; --account is the clearing account',
    filters: ['gateway', 'account'],
    columns: {
      routing_gateway: 'text',
      clearing_account: 'text',
      ...traffic,
      vendor_fee: 'money',
    },
  },
  clearing: {
    about: 'settlement with vendors: what each clearing account is owed, by area',
    filters: ['account', 'area'],
    columns: {
      clearing_account: 'text',
      vendor_area: 'text',
      ...traffic,
      vendor_fee: 'money',
    },
  },
  'account-balance': {
    about: 'movements of each account by calls that ended before --to',
    filters: ['account'],
    from: 'beginning',
    columns: {
      account: 'text',
      calls: 'count',
      charged: 'money',
      credited: 'money',
      earned: 'money',
      movement: 'money',
      balance: 'money?',
    },
  },
  'agent-income': {
    about: 'what agents earn, by customer account',
    filters: ['agent', 'account'],
    columns: {
      agent_account: 'text',
      account: 'text',
      calls: 'count',
      answered: 'count',
      billed_ms: 'ms',
      customer_fee: 'money',
      agent_fee: 'money',
    },
  },
  'phone-bill': {
    about: 'charges per registered phone',
    filters: ['phone', 'account'],
    columns: {
      phone: 'text',
      account: 'text',
      ...traffic,
      billed_ms: 'ms',
      customer_fee: 'money',
      tax: 'money',
    },
  },
  profit: {
    about: 'charges less cost and agent income',
    sql: (by) => (VENDOR_SIDE.has(by) ? 'profit-vendors' : 'profit'),
    filters: ['gateway', 'account', 'area'],
    by: {
      default: 'account',
      columns: {
        account: 'account',
        'mapping-gateway': 'mapping_gateway',
        'routing-gateway': 'routing_gateway',
        'clearing-account': 'clearing_account',
        area: 'area',
        'vendor-area': 'vendor_area',
        level: 'call_level',
      },
    },
    columns: {
      name: 'text',
      ...traffic,
      customer_fee: 'money',
      vendor_fee: 'money',
      agent_fee: 'money',
      profit: 'money',
      margin_percent: 'percent?',
    },
  },
  'top-destinations': {
    about: 'areas and prefixes with the most talk',
    filters: ['gateway', 'account', 'limit'],
    columns: {
      area: 'text',
      rate_prefix: 'text',
      calls: 'count',
      answered: 'count',
      asr_percent: 'percent',
      talk_ms: 'ms',
      customer_fee: 'money',
      profit: 'money',
    },
  },
} as const satisfies Record<string, ReportDefinition<FilterName>>;
