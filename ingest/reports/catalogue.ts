// The reports that exist: name, what it shows, filters, choices, columns with their types. The SQL
// of each is in sql/; every SQL takes {from}, {to} and, where it shows times, {timezone}.
import type { FilterName } from './filters.ts';
import { MONEY_REPORTS } from './money-reports.ts';
import type { ReportDefinition, RowOf } from './report-types.ts';
import { TRAFFIC_REPORTS } from './traffic-reports.ts';

const REPORTS = { ...TRAFFIC_REPORTS, ...MONEY_REPORTS };

export type ReportName = keyof typeof REPORTS;

/** A row of the report, keyed by its columns. */
export type ReportRow<N extends ReportName> = RowOf<(typeof REPORTS)[N]['columns']>;

export const REPORT_NAMES = Object.keys(REPORTS) as ReportName[];

export function isReportName(text: string): text is ReportName {
  return Object.hasOwn(REPORTS, text);
}

/** The definition without its literal types, for code that handles every report alike. */
export function definitionOf(name: ReportName): ReportDefinition<FilterName> {
  return REPORTS[name];
}
