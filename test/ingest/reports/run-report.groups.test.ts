// Reports that group by hashes, or look twice, against plain sums over generated records: the same
// rows with every filter, with doubles and without, from FINAL and without it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { definitionOf } from '../../../ingest/reports/catalogue.ts';
import type { ReportName } from '../../../ingest/reports/catalogue.ts';
import { isWithoutDoubles } from '../../../ingest/reports/doubles.ts';
import { runReport } from '../../../ingest/reports/run-report.ts';
import type { ReportRequest } from '../../../ingest/reports/run-report.ts';
import { RollupRefresher } from '../../../ingest/rollups/refresher.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { DAY_MS } from './sample-calls.ts';

const NOW_MS = DAY_MS + 86_400_000;
/** Neither begins nor ends with a call: some are outside. */
const PERIOD = { fromMs: DAY_MS + 1_800_001, toMs: DAY_MS + 7_000_001, timezone: 'UTC' };

/** Names of few letters: the same ones in every column, and none at times. */
const name = (salt: number): string =>
  `['', 'a', 'b', 'c', 'ab'][1 + cityHash64(number, ${salt}) % 5]`;
const of = (salt: number, values: string): string =>
  `${values}[1 + cityHash64(number, ${salt}) % length(${values})]`;
const number = (salt: number): string => `toString(100 + cityHash64(number, ${salt}) % 4000)`;
const fee = (salt: number): string => `toDecimal128(cityHash64(number, ${salt}) % 1000000, 9) / 7`;
const id = `toUUID(concat('019caa00-0000-7000-8000-', leftPad(toString(number), 12, '0')))`;
const at = `toDateTime64({start:UInt32}, 3, 'UTC') + number * 0.43`;

const CALLS = `INSERT INTO tandem.cdr
  (id, started_at, ended_at, answered_at, duration_ms, mapping_gateway, account, routing_gateway,
   clearing_account, agent_account, caller_in, callee_in, end_code, end_reason, end_side, attempts,
   customer_fee, vendor_fee, agent_fee, area, rate_prefix)
  SELECT ${id}, ${at} AS at, at + cityHash64(number, 1) % 9000, if(number % 3 = 0, at, NULL),
    if(number % 3 = 0, cityHash64(number, 2) % 99999, 0),
    ${name(3)}, ${name(4)}, ${name(5)}, ${name(6)}, ${name(7)}, ${number(8)}, ${number(9)},
    ${of(10, '[200, 404, 486, 503]')}, ${name(11)}, ${name(12)}, 1,
    ${fee(13)}, ${fee(14)}, ${fee(15)}, ${name(16)}, ${name(17)}
  FROM numbers({first:UInt32}, {count:UInt32})`;

const ATTEMPTS = `INSERT INTO tandem.cdr_attempt
  (id, attempt, started_at, ended_at, routing_gateway, code, reason)
  SELECT ${id}, 1, ${at} AS at, at, ${name(5)}, ${of(10, '[200, 404, 486, 503]')}, ${name(11)}
  FROM numbers({first:UInt32}, {count:UInt32})`;

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
  for (const table of ['cdr', 'cdr_attempt']) {
    await server.client.command({ query: `SYSTEM STOP MERGES tandem.${table}` });
  }
  await insert(0, 20_000);
});
after(() => server.close());

async function insert(first: number, count: number): Promise<void> {
  const query_params = { start: DAY_MS / 1000, first, count };
  for (const query of [CALLS, ATTEMPTS]) await server.client.command({ query, query_params });
}

const TIME = "DateTime64(3, 'UTC')";
const WITHIN = `started_at >= {from:${TIME}} AND started_at < {to:${TIME}}`;
const GATEWAY = `({gateway:String} = '' OR mapping_gateway = {gateway:String})`;
const ACCOUNT = `({account:String} = '' OR account = {account:String})`;
const AREA = `({area:String} = '' OR area = {area:String})`;

const share = (by: string): string => `round(100 * n / sum(n) OVER (PARTITION BY ${by}), 2)`;

/** Numbers by calls; those with as many as the last one are as good as it. */
const top = (column: string): string => `SELECT ${column}, count() AS n,
    countIf(answered_at IS NOT NULL) AS a, round(100 * a / n, 2), sum(duration_ms),
    sum(customer_fee)
  FROM tandem.cdr FINAL WHERE ${WITHIN} AND ${GATEWAY} AND ${ACCOUNT} AND ${AREA}
  GROUP BY ${column} ORDER BY n DESC LIMIT {limit:UInt32} WITH TIES`;

/** Grouped by the columns as they are. */
const PLAIN: Partial<Record<ReportName, string>> = {
  'release-causes': `SELECT *, ${share('side, gateway')} FROM (
      SELECT 'mapping' AS side, mapping_gateway AS gateway, end_code AS code, end_reason AS reason,
        end_side, count() AS n
      FROM tandem.cdr FINAL WHERE ${WITHIN} AND ${GATEWAY} AND ${ACCOUNT}
      GROUP BY gateway, code, reason, end_side
      UNION ALL
      SELECT 'routing', routing_gateway, code, reason, '', count() FROM tandem.cdr_attempt FINAL
      WHERE ${WITHIN} AND {account:String} = ''
        AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
      GROUP BY routing_gateway, code, reason)
    ORDER BY side, gateway, n DESC, code, reason, end_side`,
  codes: `SELECT *, ${share('side')} FROM (
      SELECT 'mapping' AS side, end_code AS code, end_reason AS reason, count() AS n
      FROM tandem.cdr FINAL WHERE ${WITHIN} AND ${GATEWAY} GROUP BY code, reason
      UNION ALL
      SELECT 'routing', code, reason, count() FROM tandem.cdr_attempt FINAL
      WHERE ${WITHIN} AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
      GROUP BY code, reason)
    ORDER BY side, n DESC, code, reason`,
  'account-balance': `SELECT name, sum(n), sum(c), sum(v), sum(e), sum(v) + sum(e) - sum(c), NULL
    FROM (
      SELECT account AS name, 1 AS n, customer_fee AS c, toDecimal128(0, 9) AS v,
        toDecimal128(0, 9) AS e, started_at, ended_at FROM tandem.cdr FINAL
      UNION ALL
      SELECT clearing_account, 0, 0, vendor_fee, 0, started_at, ended_at FROM tandem.cdr FINAL
      UNION ALL
      SELECT agent_account, 0, 0, 0, agent_fee, started_at, ended_at FROM tandem.cdr FINAL)
    WHERE ${WITHIN} AND ended_at < {to:${TIME}} AND name != ''
      AND ({account:String} = '' OR name = {account:String})
    GROUP BY name ORDER BY name`,
  'top-destinations': `SELECT area, rate_prefix, count() AS n,
      countIf(answered_at IS NOT NULL) AS a, round(100 * a / n, 2), sum(duration_ms) AS talk,
      sum(customer_fee), sum(customer_fee - vendor_fee - agent_fee)
    FROM tandem.cdr FINAL WHERE ${WITHIN} AND ${GATEWAY} AND ${ACCOUNT}
    GROUP BY area, rate_prefix ORDER BY talk DESC, n DESC, area, rate_prefix
    LIMIT {limit:UInt32}`,
  'area-analysis': `SELECT routing_gateway, area, count() AS n,
      countIf(answered_at IS NOT NULL) AS a, round(100 * a / n, 2),
      if(a = 0, NULL, round(sum(duration_ms) / a / 1000, 1)), sum(duration_ms)
    FROM tandem.cdr FINAL
    WHERE ${WITHIN} AND routing_gateway != '' AND ${AREA}
      AND ({gateway:String} = '' OR routing_gateway = {gateway:String})
    GROUP BY routing_gateway, area ORDER BY routing_gateway, area`,
  'top-callers': top('caller_in'),
  'top-callees': top('callee_in'),
};

async function plain(report: ReportName, filters: ReportRequest['filters']): Promise<unknown[][]> {
  const result = await server.client.query({
    query: PLAIN[report]!,
    query_params: {
      from: (PERIOD.fromMs / 1000).toFixed(3),
      to: (PERIOD.toMs / 1000).toFixed(3),
      ...{ gateway: '', account: '', area: '', limit: '50', ...filters },
    },
    format: 'JSONCompactEachRow',
    clickhouse_settings: {
      output_format_json_quote_64bit_integers: 0,
      output_format_json_quote_decimals: 1,
    },
  });
  return result.json();
}

const CHOICES: readonly ReportRequest['filters'][] = [
  {},
  { gateway: 'a' },
  { gateway: 'c', account: 'b', area: 'a' },
  { gateway: 'none of them' },
];

async function compareAll(): Promise<void> {
  for (const report of Object.keys(PLAIN) as ReportName[]) {
    const isTop = report === 'top-callers' || report === 'top-callees';
    for (const choice of CHOICES) {
      const known: readonly string[] = definitionOf(report).filters;
      const filters = Object.fromEntries(Object.entries(choice).filter(([n]) => known.includes(n)));
      const expected = await plain(report, filters);
      for (const nowMs of [undefined, NOW_MS]) {
        const { rows } = await runReport(
          server.client,
          { name: report, ...PERIOD, filters },
          nowMs,
        );
        const found = rows.map((row): unknown[] => Object.values(row));
        const what = `${report} ${JSON.stringify(filters)} ${nowMs}`;
        if (isTop) assertTop(found, expected, what);
        else assert.deepEqual(found, expected, what);
      }
    }
  }
}

/** Every row is as expected, in order, and none with more calls is missing. */
function assertTop(found: unknown[][], expected: unknown[][], what: string): void {
  const byNumber = new Map(expected.map((row) => [row[0], row]));
  assert.equal(found.length, Math.min(50, expected.length), what);
  for (const row of found) assert.deepEqual(row, byNumber.get(row[0]), what);
  const calls = (rows: unknown[][]): unknown[] => rows.slice(0, 50).map((row) => row[1]);
  assert.deepEqual(calls(found), calls(expected), what);
}

async function refresh(): Promise<void> {
  const grainDays = { minute: 9999, quarter: 9999, hour: 9999, day: 9999 };
  const rawDays = { cdr: 9999, cdr_attempt: 9999 };
  const refresher = new RollupRefresher(server.client, { rawDays, grainDays, settleMs: 1 });
  await refresher.refresh(true);
  await refresher.refresh(true);
}

test('before the rollups know the records, and after: with FINAL and without', async () => {
  await compareAll();
  await refresh();
  assert.equal(await isWithoutDoubles(server.client, PERIOD, NOW_MS), true);
  await compareAll();
});

test('records that came twice', async () => {
  await insert(3000, 5000);
  await refresh();
  assert.equal(await isWithoutDoubles(server.client, PERIOD, NOW_MS), false);
  await compareAll();
});
