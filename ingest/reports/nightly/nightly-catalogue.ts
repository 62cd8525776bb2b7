// The reports of the nightly run: which report, which parameter switches it, which table gets it.
// The tables are in ingest/migrations/010-reports.sql.
import type { ServerParameterValues } from '../../../engine/base/parameter-values.ts';
import type { ReportName } from '../catalogue.ts';

type ReportParameter = Extract<keyof ServerParameterValues, `SERVER_REPORT_${string}`>;

export interface NightlyReport {
  readonly report: ReportName;
  /** View of database tandem that shows it; `<table>_rows` is what is written. */
  readonly table: string;
  readonly parameter: ReportParameter;
}

export const NIGHTLY_REPORTS: readonly NightlyReport[] = [
  {
    report: 'revenue-details',
    table: 'report_revenue_details',
    parameter: 'SERVER_REPORT_CUSTOMER_FEE',
  },
  {
    report: 'mapping-gateway-bill',
    table: 'report_mapping_gateway_bill',
    parameter: 'SERVER_REPORT_GATEWAY_FEE',
  },
  {
    report: 'routing-gateway-bill',
    table: 'report_routing_gateway_bill',
    parameter: 'SERVER_REPORT_GATEWAY_FEE',
  },
  {
    report: 'clearing',
    table: 'report_clearing',
    parameter: 'SERVER_REPORT_CLEARING_CUSTOMER_FEE',
  },
  {
    report: 'agent-income',
    table: 'report_agent_income',
    parameter: 'SERVER_REPORT_AGENT_INCOME',
  },
  { report: 'phone-bill', table: 'report_phone_bill', parameter: 'SERVER_REPORT_PHONE_FEE' },
  {
    report: 'area-analysis',
    table: 'report_area_analysis',
    parameter: 'SERVER_REPORT_GATEWAY_ROUTING_LOCATION_ASR_ACD',
  },
];
