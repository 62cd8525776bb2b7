// Makes nightly reports of one day: the same SQL as the report on demand, over the records (not the
// rollups), into tandem.report_*. One INSERT replaces the day: rows of its keys get a higher
// version, keys that are gone are marked. So a run may be repeated, cut short or made by two
// processes at once, and the day is there once.
import type { ClickHouseClient } from '@clickhouse/client';
import type { ServerParameterValues } from '../../../engine/base/parameter-values.ts';
import { definitionOf } from '../catalogue.ts';
import { clickHouseFailure } from '../clickhouse-failure.ts';
import { dayBounds } from '../local-time.ts';
import { kindOf } from '../report-types.ts';
import { prepareReport } from '../run-report.ts';
import type { NightlyReport } from './nightly-catalogue.ts';
import { NIGHTLY_REPORTS } from './nightly-catalogue.ts';
import { clickHouseTime, recordRun } from './report-runs.ts';

export interface GeneratedReport {
  readonly table: string;
  readonly rows: number;
}

/** `INSERT` of a day: `report` is the report's SQL. */
function replaceSql(table: string, columns: readonly string[], keys: readonly string[]): string {
  const isKey = new Set(keys);
  const all = columns.join(', ');
  const values = columns.map((column) => (isKey.has(column) ? column : `anyIf(${column}, fresh)`));
  return `INSERT INTO tandem.${table}_rows (day, timezone, ${all}, run, removed)
SELECT {day:Date}, {timezone:String}, ${values.join(', ')},
  greatest(
    toUInt64(toUnixTimestamp64Milli(now64(3))),
    ifNull((SELECT max(run) + 1 FROM tandem.${table}_rows WHERE day = {day:Date}), 0)
  ),
  countIf(fresh) = 0
FROM (
  SELECT ${all}, true AS fresh FROM (`;
}

const KEPT = (table: string, all: string): string => `)
  UNION ALL
  SELECT ${all}, false FROM tandem.${table}_rows FINAL WHERE day = {day:Date} AND NOT removed
)
GROUP BY `;

/**
 * @param timezone IANA name: where the day begins and ends
 * @throws TandemError TDM_CLICKHOUSE_FAILED
 */
export async function generateReport(
  client: ClickHouseClient,
  { report, table }: NightlyReport,
  day: string,
  timezone: string,
): Promise<GeneratedReport> {
  const { columns } = definitionOf(report);
  const names = Object.keys(columns);
  const keys = names.filter((name) => kindOf(columns[name]!) === 'text');
  const bounds = dayBounds(day, timezone);
  if (bounds === undefined) throw new TypeError(`${day} is not a day`);
  try {
    const madeAt = await clickHouseTime(client);
    const request = { name: report, ...bounds, timezone, filters: {} };
    const { query, parameters } = await prepareReport(client, request, undefined);
    const all = names.join(', ');
    await client.command({
      query: `${replaceSql(table, names, keys)}${query}${KEPT(table, all)}${keys.join(', ')}`,
      query_params: { ...parameters, day, timezone },
    });
    const rows = await countRows(client, table, day);
    await recordRun(client, { table, day, state: 'made', timezone, rows }, madeAt);
    return { table, rows };
  } catch (cause) {
    throw clickHouseFailure(`report ${report} of ${day}`, cause);
  }
}

async function countRows(client: ClickHouseClient, table: string, day: string): Promise<number> {
  const query = `SELECT count() AS rows FROM tandem.${table} WHERE day = {day:Date}`;
  const result = await client.query({ query, query_params: { day }, format: 'JSONEachRow' });
  const [row] = await result.json<{ rows: string }>();
  return Number(row?.rows ?? 0);
}

/** The reports of a day that are on, one after the other. */
export async function generateDay(
  client: ClickHouseClient,
  request: {
    readonly day: string;
    readonly timezone: string;
    readonly parameters: ServerParameterValues;
  },
): Promise<GeneratedReport[]> {
  const made: GeneratedReport[] = [];
  for (const nightly of NIGHTLY_REPORTS) {
    if (!request.parameters[nightly.parameter]) continue;
    made.push(await generateReport(client, nightly, request.day, request.timezone));
  }
  return made;
}
