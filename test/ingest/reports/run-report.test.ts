// Every report against a day whose figures are worked out by hand, on the embedded server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { REPORT_NAMES } from '../../../ingest/reports/catalogue.ts';
import type { ReportName, ReportRow } from '../../../ingest/reports/catalogue.ts';
import { dayBounds } from '../../../ingest/reports/local-time.ts';
import { queryRows, runReport } from '../../../ingest/reports/run-report.ts';
import type { ReportRequest } from '../../../ingest/reports/run-report.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { DAY_MS, insertCalls, insertSampleCalls } from './sample-calls.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
  await insertSampleCalls(server.client);
});
after(() => server.close());

type Rest = Partial<Omit<ReportRequest, 'name'>>;

/** Values of the rows in column order, of 2026-03-02 UTC. */
async function rows<N extends ReportName>(
  name: N,
  rest: Rest = {},
): Promise<readonly ReportRow<N>[]> {
  const day = { fromMs: DAY_MS, toMs: DAY_MS + 86_400_000, timezone: 'UTC', filters: {} };
  return (await runReport(server.client, { name, ...day, ...rest }, undefined)).rows;
}

const values = async (name: ReportName, rest: Rest = {}): Promise<unknown[][]> =>
  (await rows(name, rest)).map((row) => Object.values(row));

test('revenue-details: by account and level, money to the last place', async () => {
  assert.deepEqual(await values('revenue-details'), [
    ['acme', '', 1, 0, 0, 0, '0', '0', '0'],
    [
      'acme',
      'international',
      1,
      1,
      120_000,
      120_000,
      '1000000000000.000000001',
      '0.000000001',
      '1000000000000',
    ],
    ['acme', 'local', 2, 1, 60_000, 60_000, '0.123456789', '0.003456789', '0.12'],
    ['beta', 'local', 1, 0, 0, 0, '0', '0', '0'],
  ]);
  const filters = { account: 'acme', level: 'local' };
  const [only, ...others] = await rows('revenue-details', { filters });
  assert.equal(only?.customer_fee, '0.123456789');
  assert.equal(others.length, 0);
});

test('mapping-gateway-bill', async () => {
  assert.deepEqual(await values('mapping-gateway-bill'), [
    ['acme-1', 'acme', 4, 2, 180_000, 180_000, '1000000000000.12345679', '0.00345679'],
    ['beta, "inc"', 'beta', 1, 0, 0, 0, '0', '0'],
  ]);
});

test('routing-gateway-bill: the call without a vendor is not there', async () => {
  assert.deepEqual(await values('routing-gateway-bill'), [
    ['alpha-1', 'alpha', 3, 2, 180_000, '0.3'],
    ['omega', 'omega-ltd', 1, 0, 0, '0'],
  ]);
  const one = await values('routing-gateway-bill', { filters: { account: 'omega-ltd' } });
  assert.deepEqual(one, [['omega', 'omega-ltd', 1, 0, 0, '0']]);
});

test('clearing: what vendors are owed, by area', async () => {
  assert.deepEqual(await values('clearing'), [
    ['alpha', 'Dhaka', 2, 1, 60_000, '0.1'],
    ['alpha', 'London', 1, 1, 120_000, '0.2'],
    ['omega-ltd', 'Dhaka', 1, 0, 0, '0'],
  ]);
});

test('account-balance: movements of all roles; a call that ends later is not in', async () => {
  assert.deepEqual(await values('account-balance'), [
    ['acme', 4, '1000000000000.12345679', '0', '0', '-1000000000000.12345679', null],
    ['agent-7', 0, '0', '0', '0.03', '0.03', null],
    ['alpha', 0, '0', '0.3', '0', '0.3', null],
    ['beta', 1, '0', '0', '0', '0', null],
    ['omega-ltd', 0, '0', '0', '0', '0', null],
  ]);
  // The first call ended after 65 s, the second one after 125.001 s.
  const snapshot = { toMs: DAY_MS + 65_001, filters: { account: 'acme' } };
  assert.deepEqual(await values('account-balance', snapshot), [
    ['acme', 1, '0.123456789', '0', '0', '-0.123456789', null],
  ]);
});

test('agent-income and phone-bill', async () => {
  assert.deepEqual(await values('agent-income'), [
    ['agent-7', 'acme', 2, 2, 180_000, '1000000000000.12345679', '0.03'],
  ]);
  assert.deepEqual(await values('phone-bill'), [
    ['8801700', 'acme', 1, 1, 60_000, 60_000, '0.123456789', '0.003456789'],
  ]);
  assert.deepEqual(await values('phone-bill', { filters: { phone: '8801701' } }), []);
});

test('profit: fee less cost less agent, on both sides', async () => {
  assert.deepEqual(await values('profit', { by: 'area' }), [
    [
      'London',
      1,
      1,
      120_000,
      '1000000000000.000000001',
      '0.2',
      '0.02',
      '999999999999.780000001',
      100,
    ],
    ['Dhaka', 3, 1, 60_000, '0.123456789', '0.1', '0.01', '0.013456789', 10.9],
    ['', 1, 0, 0, '0', '0', '0', '0', null],
  ]);
  const byVendor = await rows('profit', { by: 'clearing-account' });
  assert.deepEqual(
    byVendor.map(({ name, profit }) => [name, profit]),
    [
      ['alpha', '999999999999.79345679'],
      ['', '0'],
      ['omega-ltd', '0'],
    ],
  );
});

test('gateways: calls on the customers side, attempts on the vendors side', async () => {
  assert.deepEqual(await values('gateways'), [
    // 60 s and 120 s answered of 4 calls; PDD of the three that rang: 1, 2, 4 s.
    ['mapping', 'acme-1', 4, 2, 50, 90, 2333, 3],
    ['mapping', 'beta, "inc"', 1, 0, 0, null, null, 0],
    ['routing', 'alpha-1', 3, 2, 66.67, 90, 2333, 3],
    ['routing', 'omega', 2, 0, 0, null, null, 0],
  ]);
});

test('asr-acd: by what, in buckets of the zone', async () => {
  assert.deepEqual(await values('asr-acd', { by: 'account' }), [
    ['2026-03-02 00:00:00', '+0000', 'acme', 4, 2, 50, 75, 90, 2333, 180_000],
    ['2026-03-02 00:00:00', '+0000', 'beta', 1, 0, 0, 100, null, null, 0],
  ]);
  const kathmandu = { by: 'account', bucket: 'hour', timezone: 'Asia/Kathmandu' } as const;
  assert.deepEqual(
    (await rows('asr-acd', { ...kathmandu, filters: { account: 'acme' } })).map((row) => [
      row.bucket,
      row.utc_offset,
      row.calls,
    ]),
    [
      ['2026-03-02 05:00:00', '+0545', 2],
      ['2026-03-02 06:00:00', '+0545', 2],
    ],
  );
  const all = await rows('asr-acd', { by: 'level', bucket: 'all', timezone: 'Asia/Dhaka' });
  assert.deepEqual(
    all.map((row) => [row.bucket, row.name, row.calls]),
    [
      ['2026-03-02 06:00:00', '', 1],
      ['2026-03-02 06:00:00', 'international', 1],
      ['2026-03-02 06:00:00', 'local', 3],
    ],
  );
  const minutes = await rows('asr-acd', { bucket: 'minute', filters: { gateway: 'acme-1' } });
  assert.deepEqual(
    minutes.map((row) => [row.bucket, row.calls]),
    [
      ['2026-03-02 00:00:00', 2],
      ['2026-03-02 01:00:00', 2],
    ],
  );
});

test('asr-acd of routing gateways: attempts, talk of what they answered', async () => {
  assert.deepEqual(await values('asr-acd', { by: 'routing-gateway' }), [
    ['2026-03-02 00:00:00', '+0000', 'alpha-1', 3, 2, 66.67, 100, 90, 2333, 180_000],
    ['2026-03-02 00:00:00', '+0000', 'omega', 2, 0, 0, 50, null, null, 0],
  ]);
});

test('pdd: exact percentiles of the calls that rang', async () => {
  assert.deepEqual(await values('pdd', { by: 'mapping-gateway' }), [
    ['acme-1', 3, 2333, 2000, 4000, 4000, 4000, 4000],
  ]);
});

test('area-analysis: a failed attempt counts in the area of its call', async () => {
  assert.deepEqual(await values('area-analysis'), [
    ['alpha-1', 'Dhaka', 2, 1, 50, 60, 60_000],
    ['alpha-1', 'London', 1, 1, 100, 120, 120_000],
    ['omega', 'Dhaka', 1, 0, 0, null, 0],
    ['omega', 'London', 1, 0, 0, null, 0],
  ]);
});

test('vendor-comparison: cheapest minute first', async () => {
  assert.deepEqual(await values('vendor-comparison'), [
    ['alpha-1', 'alpha', 3, 2, 66.67, 100, 90, 2333, 180_000, '0.3', '0.1'],
    ['omega', 'omega-ltd', 2, 0, 0, 50, null, null, 0, '0', null],
  ]);
});

test('release-causes and codes: shares of a gateway, shares of a side', async () => {
  assert.deepEqual(await values('release-causes', { filters: { gateway: 'acme-1' } }), [
    ['mapping', 'acme-1', 200, 'Normal', 'callee', 1, 25],
    ['mapping', 'acme-1', 200, 'Normal', 'caller', 1, 25],
    ['mapping', 'acme-1', 486, 'Busy here', 'callee', 1, 25],
    ['mapping', 'acme-1', 503, 'No route', 'server', 1, 25],
  ]);
  assert.deepEqual(
    (await rows('codes')).map((row) => [row.side, row.code, row.calls, row.share_percent]),
    [
      ['mapping', 200, 2, 40],
      ['mapping', 486, 2, 40],
      ['mapping', 503, 1, 20],
      ['routing', 200, 2, 40],
      ['routing', 486, 2, 40],
      ['routing', 503, 1, 20],
    ],
  );
});

test('top destinations, callers and callees', async () => {
  assert.deepEqual(
    (await rows('top-destinations', { filters: { limit: '2' } })).map((row) => [
      row.area,
      row.talk_ms,
      row.profit,
    ]),
    [
      ['London', 120_000, '999999999999.780000001'],
      ['Dhaka', 60_000, '0.013456789'],
    ],
  );
  assert.deepEqual(await values('top-callers'), [
    ['442071234567', 5, 2, 40, 180_000, '1000000000000.12345679'],
  ]);
  assert.deepEqual(
    (await rows('top-callees')).map(({ callee, calls }) => [callee, calls]),
    [
      ['8801712345678', 4],
      ['8801999', 1],
    ],
  );
});

test('hours: buckets of the zone asked for', async () => {
  assert.deepEqual(
    (await rows('hours')).map(({ hour, calls, answered, minutes, customer_fee: fee }) => [
      hour,
      calls,
      answered,
      minutes,
      fee,
    ]),
    [
      ['2026-03-02 00:00:00', 2, 2, 3, '1000000000000.12345679'],
      ['2026-03-02 01:00:00', 2, 0, 0, '0'],
      ['2026-03-02 23:00:00', 1, 0, 0, '0'],
    ],
  );
});

test('days of 25 and 23 hours: every hour is one row, every call in its day', async () => {
  const berlin = async (name: 'hours' | 'asr-acd', day: string): Promise<unknown[][]> => {
    const bounds = dayBounds(day, 'Europe/Berlin')!;
    const rest = { ...bounds, timezone: 'Europe/Berlin' };
    return (await values(name, rest)).map((row) => row.slice(0, name === 'hours' ? 3 : 4));
  };
  // One call at the half of each hour of both days, UTC 22:30 or 23:30 of the day before on.
  for (const [day, hours, firstId] of [
    ['2026-10-25', 25, 3000],
    ['2026-03-29', 23, 3100],
  ] as const) {
    const { fromMs } = dayBounds(day, 'Europe/Berlin')!;
    const calls = Array.from({ length: hours }, (_, hour) => ({
      atMs: fromMs - DAY_MS + (hour + 0.5) * 3_600_000,
      gateway: 'berlin',
      code: 404,
      reason: 'Not found',
      vendors: [],
    }));
    await insertCalls(server.client, calls, firstId);
    const rows = await berlin('hours', day);
    assert.equal(rows.length, hours);
    assert.equal(new Set(rows.map(String)).size, hours);
    assert.ok(rows.every((row) => row[2] === 1));
  }
  assert.deepEqual((await berlin('hours', '2026-10-25')).slice(2, 4), [
    ['2026-10-25 02:00:00', '+0200', 1],
    ['2026-10-25 02:00:00', '+0100', 1],
  ]);
  assert.deepEqual((await berlin('hours', '2026-03-29')).slice(1, 3), [
    ['2026-03-29 01:00:00', '+0100', 1],
    ['2026-03-29 03:00:00', '+0200', 1],
  ]);
  assert.deepEqual(await berlin('asr-acd', '2026-10-25'), [
    ['2026-10-25 00:00:00', '+0200', 'berlin', 25],
  ]);
  assert.deepEqual(await berlin('asr-acd', '2026-03-29'), [
    ['2026-03-29 00:00:00', '+0100', 'berlin', 23],
  ]);
});

test('an empty period gives no rows, in every report', async () => {
  const past = { fromMs: 0, toMs: 86_400_000 };
  for (const name of REPORT_NAMES) assert.deepEqual(await rows(name, past), [], name);
});

test('filter values are values, not SQL', async () => {
  const filters = { account: "' OR 1 = 1 --" };
  assert.deepEqual(await rows('revenue-details', { filters }), []);
});

test('SQL whose columns are not those of the catalogue is refused', async () => {
  const query = `SELECT toFloat64(1) AS fee, 'x' AS name`;
  const run = (columns: Parameters<typeof queryRows>[3]): Promise<unknown> =>
    queryRows(server.client, query, {}, columns);
  await assert.rejects(run({ fee: 'money', name: 'text' }), /fee Float64/);
  await assert.rejects(run({ fee: 'percent' }), TypeError);
  await run({ fee: 'percent', name: 'text' });
});

test('what ClickHouse refuses is told with its reason', async () => {
  await assert.rejects(
    queryRows(server.client, 'SELECT nothing', {}, {}),
    (error) =>
      error instanceof TandemError && /TDM_CLICKHOUSE_FAILED.*nothing/s.test(error.message),
  );
});
