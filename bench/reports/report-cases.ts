// What the reports bench measures: every report over the whole month, searches, and their bars.
import type { ClickHouseClient } from '@clickhouse/client';
import { definitionOf, REPORT_NAMES } from '../../ingest/reports/catalogue.ts';
import type { ReportName } from '../../ingest/reports/catalogue.ts';
import { searchCdrs } from '../../ingest/reports/cdr-search.ts';
import type { CdrSearch } from '../../ingest/reports/cdr-search.ts';
import { runReport } from '../../ingest/reports/run-report.ts';
import { MONTH } from './report-data.ts';

export interface ReportCase {
  readonly name: string;
  /** Most milliseconds that the median may take. */
  readonly barMs: number;
  /** Runs it; how many rows it gave. */
  run(client: ClickHouseClient): Promise<number>;
}

/** What dashboards show, from rollups. The rest reads the records: ad hoc. */
const DASHBOARD: ReadonlySet<ReportName> = new Set([
  'gateways',
  'hours',
  'asr-acd',
  'vendor-comparison',
  'revenue-details',
  'mapping-gateway-bill',
  'routing-gateway-bill',
  'clearing',
  'profit',
]);

const DASHBOARD_MS = 100;
const AD_HOC_MS = 1500;

/** Pages of searches: nothing given, a number, a beginning, a code at a gateway. */
const SEARCHES: readonly CdrSearch['filters'][] = [
  {},
  { number: '442000123456' },
  { callee: '88100000*' },
  { code: '503', gateway: 'customer-gw-3' },
];

/** A dashboard shows hours of a week, not of a month; area-analysis joins attempts with calls. */
const OF_A_WEEK: ReadonlySet<ReportName> = new Set(['hours', 'area-analysis']);
const WEEK_MS = 7 * 86_400_000;

function reportCase(name: ReportName, by: string | undefined): ReportCase {
  const { toMs } = MONTH;
  const fromMs = OF_A_WEEK.has(name) ? toMs - WEEK_MS : MONTH.fromMs;
  const choice = by === undefined ? {} : { by };
  const period = OF_A_WEEK.has(name) ? ' (week)' : '';
  return {
    name: `${by === undefined ? name : `${name} --by ${by}`}${period}`,
    barMs: DASHBOARD.has(name) ? DASHBOARD_MS : AD_HOC_MS,
    async run(client) {
      const request = { name, fromMs, toMs, timezone: 'UTC', filters: {}, ...choice };
      return (await runReport(client, request, MONTH.toMs)).rows.length;
    },
  };
}

function searchCase(filters: CdrSearch['filters']): ReportCase {
  const { fromMs, toMs } = MONTH;
  const written = Object.entries(filters).map(([name, text]) => `--${name} ${text}`);
  const limits = {
    timezone: 'UTC',
    parameters: {
      SERVER_QUERY_CDR_DENY_TIME: [],
      SERVER_QUERY_CDR_MAX_DAY_INTERVAL: 31,
      SERVER_QUERY_MAX_SIZE: 30_000_000,
      SERVER_QUERY_ONE_PAGE_SIZE: 10_000,
    },
  };
  return {
    name: ['cdr-search', ...written].join(' '),
    barMs: AD_HOC_MS,
    async run(client) {
      const search = { fromMs, toMs, timezone: 'UTC', filters, limit: 50 };
      return (await searchCdrs(client, search, limits, MONTH.toMs)).rows.length;
    },
  };
}

export function reportCases(): ReportCase[] {
  const reports = REPORT_NAMES.flatMap((name) => {
    const by = Object.keys(definitionOf(name).by?.columns ?? {});
    return by.length === 0 ? [reportCase(name, undefined)] : by.map((one) => reportCase(name, one));
  });
  return [...reports, ...SEARCHES.map(searchCase)];
}
