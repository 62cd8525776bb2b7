// Making a day: the tables hold what the report on demand shows, once, however often it is made.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { unprovisionedParameters } from '../../../../engine/config/provision.ts';
import { migrate } from '../../../../ingest/migrations/migrate.ts';
import { definitionOf } from '../../../../ingest/reports/catalogue.ts';
import { dayBounds } from '../../../../ingest/reports/local-time.ts';
import { generateDay, generateReport } from '../../../../ingest/reports/nightly/generate-day.ts';
import { NIGHTLY_REPORTS } from '../../../../ingest/reports/nightly/nightly-catalogue.ts';
import type { Columns } from '../../../../ingest/reports/report-types.ts';
import { queryRows, runReport } from '../../../../ingest/reports/run-report.ts';
import { startScratchServer } from '../../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../../clickhouse-server/scratch-server.ts';
import { DAY_MS, insertCalls, insertSampleCalls } from '../sample-calls.ts';

const DAY = '2026-03-02';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
  await insertSampleCalls(server.client);
});
after(() => server.close());

type Rows = readonly Readonly<Record<string, unknown>>[];

/** What a table has of a day, in a fixed order. */
async function stored(table: string, columns: Columns, day = DAY): Promise<Rows> {
  const names = Object.keys(columns).join(', ');
  const query = `SELECT ${names} FROM tandem.${table} WHERE day = {day:Date} ORDER BY ALL`;
  return (await queryRows(server.client, query, { day }, columns)).rows;
}

const byKey = (rows: Rows): string[] => rows.map((row) => JSON.stringify(row)).sort();

test('every table holds what its report shows; again and twice at once give the same', async () => {
  const make = (): Promise<unknown> =>
    Promise.all(
      NIGHTLY_REPORTS.map((nightly) => generateReport(server.client, nightly, DAY, 'UTC')),
    );
  const tables = async (): Promise<string[][]> =>
    Promise.all(
      NIGHTLY_REPORTS.map(async ({ report, table }) =>
        byKey(await stored(table, definitionOf(report).columns)),
      ),
    );
  await make();
  const first = await tables();
  for (const [i, { report }] of NIGHTLY_REPORTS.entries()) {
    const request = { name: report, ...dayBounds(DAY, 'UTC')!, timezone: 'UTC', filters: {} };
    const { rows } = await runReport(server.client, request, undefined);
    assert.ok(rows.length > 0, report);
    assert.deepEqual(first[i], byKey(rows), report);
  }
  await make();
  assert.deepEqual(await tables(), first);
  await Promise.all([make(), make()]);
  assert.deepEqual(await tables(), first);
});

test('totals are the sums of the records', async () => {
  const sums = async (query: string): Promise<unknown> =>
    (await queryRows(server.client, query, {}, { calls: 'count', fee: 'money', talk: 'ms' })).rows;
  const records = await sums(`
    SELECT count() AS calls, sum(customer_fee) AS fee, sum(duration_ms) AS talk
    FROM tandem.cdr FINAL WHERE toDate(started_at) = '${DAY}'`);
  for (const table of ['report_revenue_details', 'report_mapping_gateway_bill']) {
    const made = await sums(`
      SELECT sum(calls) AS calls, sum(customer_fee) AS fee, sum(talk_ms) AS talk
      FROM tandem.${table} WHERE day = '${DAY}'`);
    assert.deepEqual(made, records, table);
  }
});

test('keys that are gone leave the day, new ones come', async () => {
  const [revenue] = NIGHTLY_REPORTS;
  const { columns } = definitionOf('revenue-details');
  const accounts = async (): Promise<unknown[]> =>
    (await stored('report_revenue_details', columns)).map((row) => row['account']);
  await server.client.command({
    query: `ALTER TABLE tandem.cdr DELETE WHERE account = 'beta' SETTINGS mutations_sync = 2`,
  });
  await insertCalls(
    server.client,
    [
      {
        atMs: 5,
        gateway: 'new-1',
        account: 'newcomer',
        code: 404,
        reason: 'Not found',
        vendors: [],
      },
    ],
    50,
  );
  await generateReport(server.client, revenue!, DAY, 'UTC');
  assert.deepEqual(await accounts(), ['acme', 'acme', 'acme', 'newcomer']);
  // Merging what was written changes nothing.
  await server.client.command({ query: 'OPTIMIZE TABLE tandem.report_revenue_details_rows FINAL' });
  assert.deepEqual(await accounts(), ['acme', 'acme', 'acme', 'newcomer']);
});

test('a day of 23 hours is cut where the zone cuts it', async () => {
  // 2026-03-08 in New York: 05:00 UTC to 04:00 UTC of the next day.
  const begin = Date.parse('2026-03-08T05:00:00Z') - DAY_MS;
  const end = Date.parse('2026-03-09T04:00:00Z') - DAY_MS;
  const call = (atMs: number, account: string) => {
    return { atMs, account, gateway: 'ny', code: 404, reason: 'Not found', vendors: [] };
  };
  const calls = [
    call(begin - 1, 'before'),
    call(begin, 'first'),
    call(end - 1, 'last'),
    call(end, 'after'),
  ];
  await insertCalls(server.client, calls, 60);
  const [revenue] = NIGHTLY_REPORTS;
  const made = await generateReport(server.client, revenue!, '2026-03-08', 'America/New_York');
  assert.deepEqual(made, { table: 'report_revenue_details', rows: 2 });
  const rows = await stored('report_revenue_details', { account: 'text' }, '2026-03-08');
  assert.deepEqual(
    rows.map((row) => row['account']),
    ['first', 'last'],
  );
});

test('only what is on is made', async () => {
  const parameters = { ...unprovisionedParameters(), SERVER_REPORT_GATEWAY_FEE: false };
  const made = await generateDay(server.client, { day: DAY, timezone: 'UTC', parameters });
  assert.deepEqual(
    made.map(({ table }) => table),
    ['report_revenue_details', 'report_agent_income', 'report_phone_bill', 'report_area_analysis'],
  );
});
