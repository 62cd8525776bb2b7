// Runs one report against ClickHouse. Used by the command line and the nightly run, later by the
// API and the console.
import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { definitionOf } from './catalogue.ts';
import type { ReportName, ReportRow } from './catalogue.ts';
import { clickHouseFailure } from './clickhouse-failure.ts';
import { isWithoutDoubles } from './doubles.ts';
import { FILTERS } from './filters.ts';
import type { FilterName } from './filters.ts';
import { isOfType } from './report-types.ts';
import type { Bucket, Columns, ReportValue } from './report-types.ts';
import { readSql, usesRollups, withSources } from './report-sql.ts';
import { trafficParameters } from './traffic-period.ts';

export interface ReportRequest<N extends ReportName = ReportName> {
  readonly name: N;
  /** UTC epoch milliseconds, of the start of calls: `fromMs` inclusive, `toMs` exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA name; times in the result are local to it, days and hours are cut there. */
  readonly timezone: string;
  /** Checked values, as the catalogue allows them. */
  readonly filters: Partial<Record<FilterName, string>>;
  /** One of the report's `by`; its default when absent. */
  readonly by?: string;
  readonly bucket?: Bucket;
}

/** Money is a decimal string, exact; counts and rates are numbers; null is "does not apply". */
export interface ReportResult<Row = Readonly<Record<string, ReportValue>>> {
  readonly columns: Columns;
  readonly rows: readonly Row[];
}

/** ClickHouse reads a bare number as seconds since 1970, here with its milliseconds. */
export const queryTime = (ms: number): string => (ms / 1000).toFixed(3);

interface PreparedReport {
  readonly query: string;
  readonly parameters: Record<string, string>;
  /** It reads records alone, no rollups. */
  readonly readsRecords: boolean;
}

/**
 * The SQL of a request and its parameters.
 * @param nowMs UTC epoch milliseconds; undefined: from the records alone, not from rollups
 * @throws TandemError TDM_CLICKHOUSE_FAILED
 */
export async function prepareReport(
  client: ClickHouseClient,
  request: ReportRequest,
  nowMs: number | undefined,
): Promise<PreparedReport> {
  const { name, filters } = request;
  const definition = definitionOf(name);
  const parameters: Record<string, string> = {
    from: queryTime(request.fromMs),
    to: queryTime(request.toMs),
    timezone: request.timezone,
  };
  for (const filter of definition.filters) {
    Object.assign(parameters, FILTERS[filter].parameters(filters[filter]));
  }
  const by = request.by ?? definition.by?.default ?? '';
  const column = definition.by?.columns[by];
  if (column !== undefined) parameters['by'] = column;
  const bucket = request.bucket ?? definition.bucket ?? 'all';
  if (definition.bucket !== undefined) parameters['bucket'] = bucket;
  const query = await readSql(definition.sql?.(by) ?? name);
  if (!usesRollups(query)) return { query, parameters, readsRecords: true };
  const traffic = await trafficParameters(client, request, definition.cut ?? bucket, nowMs);
  Object.assign(parameters, traffic.parameters);
  return { query: await withSources(query, traffic.parts), parameters, readsRecords: false };
}

/**
 * Runs SQL whose columns are known.
 * @throws TandemError TDM_CLICKHOUSE_FAILED when ClickHouse does not answer or refuses the query
 * @throws TypeError when the columns are not those: SQL and catalogue have to be changed together
 */
export async function queryRows(
  client: ClickHouseClient,
  query: string,
  parameters: Record<string, string>,
  columns: Columns,
  settings: ClickHouseSettings = {},
): Promise<ReportResult> {
  const answer = await client
    .query({
      query,
      query_params: parameters,
      format: 'JSONCompact',
      clickhouse_settings: {
        ...settings,
        output_format_json_quote_64bit_integers: 0,
        output_format_json_quote_decimals: 1,
      },
    })
    .then((result) => result.json<ReportValue[]>())
    .catch((cause: unknown) => {
      throw clickHouseFailure('the report', cause);
    });
  const names = Object.keys(columns);
  const { meta = [], data } = answer;
  const fits = (column: string, i: number): boolean =>
    meta[i]?.name === column && isOfType(meta[i].type, columns[column]!);
  if (meta.length !== names.length || !names.every(fits)) {
    const found = meta.map((column) => `${column.name} ${column.type}`).join(', ');
    throw new TypeError(`the SQL gives ${found}; expected ${JSON.stringify(columns)}`);
  }
  const rows = data.map((values) =>
    Object.fromEntries(names.map((column, i) => [column, values[i] ?? null])),
  );
  return { columns, rows };
}

/**
 * Machine code, which ClickHouse makes of a query that comes the fourth time, pays over millions of
 * rows; making it takes longer than a report from rollups.
 */
const OF_ROLLUPS: ClickHouseSettings = {
  compile_expressions: 0,
  compile_aggregate_expressions: 0,
  compile_sort_description: 0,
};

/**
 * @param nowMs UTC epoch milliseconds; undefined: from the records alone, not from rollups
 * @throws TandemError TDM_CLICKHOUSE_FAILED when ClickHouse does not answer or refuses the query
 */
export async function runReport<N extends ReportName>(
  client: ClickHouseClient,
  request: ReportRequest<N>,
  nowMs: number | undefined,
): Promise<ReportResult<ReportRow<N>>> {
  const { query, parameters, readsRecords } = await prepareReport(client, request, nowMs);
  const { columns } = definitionOf(request.name);
  const settings = readsRecords ? {} : OF_ROLLUPS;
  // queryRows compares names and types with the catalogue, from which ReportRow is made.
  const run = async (sql: string): Promise<ReportResult<ReportRow<N>>> =>
    (await queryRows(client, sql, parameters, columns, settings)) as ReportResult<ReportRow<N>>;
  if (nowMs !== undefined && readsRecords && (await isWithoutDoubles(client, request, nowMs))) {
    const result = await run(query.replaceAll(' FINAL', ''));
    // Still without? A replay may have come in between.
    if (await isWithoutDoubles(client, request, nowMs)) return result;
  }
  return run(query);
}
