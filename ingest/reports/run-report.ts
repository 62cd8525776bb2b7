// Runs one report against ClickHouse. Used by the command line, later by the API and the console.
import { readFile } from 'node:fs/promises';
import type { ClickHouseClient, ResponseJSON } from '@clickhouse/client';
import { ClickHouseError } from '@clickhouse/client';
import { TandemError } from '../../engine/base/errors.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { FILTERS, REPORTS } from './catalogue.ts';
import type { FilterName, ReportName } from './catalogue.ts';

export interface ReportRequest {
  readonly name: ReportName;
  /** UTC epoch milliseconds, of the start of calls: `fromMs` inclusive, `toMs` exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA name; times in the result are local to it. */
  readonly timezone: string;
  /** Checked values, as the catalogue allows them. */
  readonly filters: Partial<Record<FilterName, string>>;
}

/** Money is a decimal string, exact; counts and rates are numbers; null is "does not apply". */
export type ReportValue = string | number | null;

export interface ReportResult {
  readonly columns: readonly string[];
  /** Values in column order. */
  readonly rows: readonly (readonly ReportValue[])[];
}

/** ClickHouse reads a bare number as seconds since 1970, here with its milliseconds. */
const seconds = (ms: number): string => (ms / 1000).toFixed(3);

/**
 * @throws TandemError TDM_CLICKHOUSE_FAILED when ClickHouse does not answer or refuses the query
 */
export async function runReport(
  client: ClickHouseClient,
  request: ReportRequest,
): Promise<ReportResult> {
  const { name, filters } = request;
  const query = await readFile(repositoryPath('ingest', 'reports', `${name}.sql`), 'utf8');
  const parameters: Record<string, string> = {
    from: seconds(request.fromMs),
    to: seconds(request.toMs),
    timezone: request.timezone,
  };
  for (const filter of REPORTS[name].filters) {
    const text = filters[filter];
    const { none, toParameter } = FILTERS[filter];
    parameters[filter] = text === undefined ? none : toParameter(text);
  }
  try {
    const result = await client.query({
      query,
      query_params: parameters,
      format: 'JSONCompact',
      clickhouse_settings: {
        output_format_json_quote_64bit_integers: 0,
        output_format_json_quote_decimals: 1,
      },
    });
    const { meta = [], data } = await result.json<ResponseJSON<ReportValue[]>['data'][number]>();
    return { columns: meta.map((column) => column.name), rows: data };
  } catch (cause) {
    throw new TandemError('TDM_CLICKHOUSE_FAILED', reasonOf(cause), { cause });
  }
}

function reasonOf(cause: unknown): string {
  if (cause instanceof ClickHouseError) {
    const missing = cause.type === 'UNKNOWN_TABLE' || cause.type === 'UNKNOWN_DATABASE';
    const hint = missing ? '; ingest creates the tables when it starts, has it run?' : '';
    const what = `${cause.message.trim()} (${cause.type ?? cause.code})`;
    return `ClickHouse refused the report: ${what}${hint}`;
  }
  if (cause instanceof Error) {
    const { code } = cause as NodeJS.ErrnoException;
    return `ClickHouse does not answer (${code ?? cause.message})`;
  }
  return `ClickHouse does not answer (${String(cause)})`;
}
