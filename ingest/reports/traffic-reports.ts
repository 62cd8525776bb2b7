// The reports about traffic and its quality: ASR, ACD, PDD, release causes, busiest numbers. Each
// has its SQL under its name in sql/, which also says what the columns mean.
import type { FilterName } from './filters.ts';
import type { ReportDefinition } from './report-types.ts';

const topNumber = {
  calls: 'count',
  answered: 'count',
  asr_percent: 'percent',
  talk_ms: 'ms',
  customer_fee: 'money',
} as const;

export const TRAFFIC_REPORTS = {
  gateways: {
    about: 'calls, ASR, ACD, PDD and minutes per mapping and routing gateway',
    filters: ['gateway'],
    columns: {
      side: 'text',
      gateway: 'text',
      calls: 'count',
      answered: 'count',
      asr_percent: 'percent?',
      acd_seconds: 'seconds?',
      pdd_mean_ms: 'ms?',
      minutes: 'minutes',
    },
  },
  hours: {
    about: 'traffic by hour',
    cut: 'hour',
    filters: ['gateway', 'account', 'area'],
    columns: {
      hour: 'time',
      utc_offset: 'offset',
      calls: 'count',
      answered: 'count',
      asr_percent: 'percent',
      acd_seconds: 'seconds?',
      pdd_mean_ms: 'ms?',
      talk_ms: 'ms',
      minutes: 'minutes',
      customer_fee: 'money',
      vendor_fee: 'money',
    },
  },
  'asr-acd': {
    about: 'ASR, NER, ACD and mean PDD by gateway, account or area, and by time',
    sql: (by) => (by === 'routing-gateway' ? 'asr-acd-routing' : 'asr-acd'),
    filters: ['gateway', 'account', 'area'],
    by: {
      default: 'mapping-gateway',
      columns: {
        'mapping-gateway': 'mapping_gateway',
        'routing-gateway': 'routing_gateway',
        account: 'account',
        area: 'area',
        level: 'call_level',
      },
    },
    bucket: 'day',
    columns: {
      bucket: 'time',
      utc_offset: 'offset',
      name: 'text',
      calls: 'count',
      answered: 'count',
      asr_percent: 'percent?',
      ner_percent: 'percent?',
      acd_seconds: 'seconds?',
      pdd_mean_ms: 'ms?',
      talk_ms: 'ms',
    },
  },
  pdd: {
    about: 'post-dial delay and its percentiles by gateway, account or area',
    filters: ['gateway', 'account', 'area'],
    by: {
      default: 'mapping-gateway',
      columns: {
        'mapping-gateway': 'mapping_gateway',
        'routing-gateway': 'routing_gateway',
        account: 'account',
        area: 'area',
        level: 'call_level',
      },
    },
    columns: {
      name: 'text',
      rang: 'count',
      pdd_mean_ms: 'ms',
      pdd_p50_ms: 'ms',
      pdd_p90_ms: 'ms',
      pdd_p95_ms: 'ms',
      pdd_p99_ms: 'ms',
      pdd_max_ms: 'ms',
    },
  },
  'area-analysis': {
    about: 'ASR and ACD of each routing gateway in each area',
    filters: ['gateway', 'area'],
    columns: {
      routing_gateway: 'text',
      area: 'text',
      calls: 'count',
      answered: 'count',
      asr_percent: 'percent',
      acd_seconds: 'seconds?',
      talk_ms: 'ms',
    },
  },
  'vendor-comparison': {
    about: 'routing gateways side by side: quality and cost per minute',
    filters: ['gateway', 'account'],
    columns: {
      routing_gateway: 'text',
      clearing_account: 'text',
      calls: 'count',
      answered: 'count',
      asr_percent: 'percent?',
      ner_percent: 'percent?',
      acd_seconds: 'seconds?',
      pdd_mean_ms: 'ms?',
      talk_ms: 'ms',
      vendor_fee: 'money',
      cost_per_minute: 'money?',
    },
  },
  'release-causes': {
    about: 'release causes of each gateway: code, reason, who ended',
    filters: ['gateway', 'account'],
    columns: {
      side: 'text',
      gateway: 'text',
      code: 'count',
      reason: 'text',
      ended_by: 'text',
      calls: 'count',
      share_percent: 'percent',
    },
  },
  codes: {
    about: 'release causes of all calls and of all vendor attempts',
    filters: ['gateway'],
    columns: {
      side: 'text',
      code: 'count',
      reason: 'text',
      calls: 'count',
      share_percent: 'percent',
    },
  },
  'top-callers': {
    about: 'calling numbers with the most calls',
    filters: ['gateway', 'account', 'area', 'limit'],
    columns: { caller: 'text', ...topNumber },
  },
  'top-callees': {
    about: 'called numbers with the most calls',
    filters: ['gateway', 'account', 'area', 'limit'],
    columns: { callee: 'text', ...topNumber },
  },
} as const satisfies Record<string, ReportDefinition<FilterName>>;
