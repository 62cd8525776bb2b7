// The search: what each filter finds, pages without gaps and doubles while records come in, limits.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ClickHouseClient } from '@clickhouse/client';
import { TandemError } from '../../../engine/base/errors.ts';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { searchCdrs } from '../../../ingest/reports/cdr-search.ts';
import type { CdrPage, CdrSearch } from '../../../ingest/reports/cdr-search.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { callId, DAY_MS, insertCalls, insertSampleCalls } from './sample-calls.ts';
import type { SampleCall } from './sample-calls.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
  await insertSampleCalls(server.client);
});
after(() => server.close());

const HOUR = 3_600_000;
const NOW_MS = DAY_MS + 12 * HOUR;

const parameters = {
  SERVER_QUERY_CDR_DENY_TIME: [] as readonly number[],
  SERVER_QUERY_CDR_MAX_DAY_INTERVAL: 31,
  SERVER_QUERY_MAX_SIZE: 1_000_000,
  SERVER_QUERY_ONE_PAGE_SIZE: 10_000,
};

const DAY: CdrSearch = {
  fromMs: DAY_MS,
  toMs: DAY_MS + 24 * HOUR,
  timezone: 'UTC',
  filters: {},
  limit: 100,
};

function search(
  given: Partial<CdrSearch> = {},
  limits: Partial<typeof parameters> = {},
): Promise<CdrPage> {
  const all = { parameters: { ...parameters, ...limits }, timezone: 'UTC' };
  return searchCdrs(server.client, { ...DAY, ...given }, all, NOW_MS);
}

const count = async (filters: CdrSearch['filters']): Promise<number> =>
  (await search({ filters })).rows.length;

test('newest first, once although delivered twice, money exact, times of the zone', async () => {
  const { rows, next, cutShort } = await search({ timezone: 'Asia/Dhaka' });
  assert.deepEqual(
    rows.map((row) => row.started_at_local),
    [
      '2026-03-03 05:00:00.000',
      '2026-03-02 07:00:00.001',
      '2026-03-02 07:00:00.000',
      '2026-03-02 06:00:00.001',
      '2026-03-02 06:00:00.000',
    ],
  );
  assert.equal(next, null);
  assert.equal(cutShort, false);
  const first = rows.at(-1)!;
  assert.equal(first.id, callId(0));
  assert.equal(first.customer_fee, '0.123456789');
  assert.equal(first.answered_at_local, '2026-03-02 06:00:05.000');
  assert.equal(rows[0]!.answered_at_local, '');
  assert.equal(rows[0]!.pdd_ms, null);
});

test('filters: numbers as received or sent, in full or from the beginning', async () => {
  assert.equal(await count({ callee: '8801999' }), 1);
  assert.equal(await count({ callee: '008801999' }), 1);
  assert.equal(await count({ callee: '8801*' }), 5);
  assert.equal(await count({ callee: '8801' }), 0);
  assert.equal(await count({ callee: '442071234567' }), 0);
  assert.equal(await count({ caller: '442071234567' }), 5);
  assert.equal(await count({ number: '442071234567' }), 5);
  assert.equal(await count({ number: '8801999' }), 1);
  assert.equal(await count({ number: '00880199*' }), 1);
  assert.equal(await count({ callee: '%' }), 0);
});

test('filters: gateway and account of either side, code, area, phone, together', async () => {
  assert.equal(await count({ gateway: 'beta, "inc"' }), 1);
  assert.equal(await count({ gateway: 'omega' }), 1);
  assert.equal(await count({ account: 'acme' }), 4);
  assert.equal(await count({ account: 'alpha' }), 3);
  assert.equal(await count({ code: '486' }), 2);
  assert.equal(await count({ area: 'Dhaka' }), 3);
  assert.equal(await count({ phone: '8801700' }), 1);
  assert.equal(await count({ account: 'acme', code: '486', callee: '88*' }), 1);
  assert.equal(await count({ account: "o'none" }), 0);
});

/** Calls over 20 hours, each to a number of its own, two weeks before the others. */
const MANY = `INSERT INTO tandem.cdr
    (id, started_at, ended_at, mapping_gateway, account, area, callee_in, callee_out, end_code)
  SELECT generateUUIDv7(number), toDateTime64({start:UInt32}, 3, 'UTC') + number AS at, at,
    'many', 'acme', 'Dhaka', toString(9900000 + number) AS callee, concat('00', callee), 404
  FROM numbers(72000)`;

test('a whole number is found by the search indexes, whatever else is asked for', async () => {
  const fromMs = DAY_MS - 14 * 24 * HOUR;
  await server.client.command({ query: MANY, query_params: { start: fromMs / 1000 } });
  const day = { ...DAY, fromMs, toMs: fromMs + 24 * HOUR };
  const all = { account: 'acme', area: 'Dhaka', code: '404', gateway: 'many' };
  for (const more of [{}, all, { ...all, callee: '9930000' }]) {
    const granules: number[] = [];
    const page = await searchCdrs(
      granuleCounter(server.client, granules),
      { ...day, filters: { number: '9930000', ...more } },
      { parameters, timezone: 'UTC' },
      NOW_MS,
    );
    assert.deepEqual(
      page.rows.map((row) => row.callee),
      ['9930000'],
    );
    // Of nine; one in a hundred is read for nothing.
    const sum = granules.reduce((total, one) => total + one, 0);
    assert.ok(sum <= 3, `${sum} granules read`);
  }
});

/** The client, noting of each query how many granules it reads. */
function granuleCounter(client: ClickHouseClient, granules: number[]): ClickHouseClient {
  return new Proxy(client, {
    get(target, name) {
      if (name !== 'query') return Reflect.get(target, name) as unknown;
      return async (params: Parameters<ClickHouseClient['query']>[0]) => {
        const { query, query_params = {} } = params;
        const explain = `EXPLAIN indexes = 1 ${query}`;
        const plan = await target.query({ query: explain, query_params, format: 'TabSeparated' });
        const steps = [...(await plan.text()).matchAll(/Granules: (\d+)\/\d+/g)];
        granules.push(Number(steps.at(-1)?.[1]));
        return target.query(params);
      };
    },
  });
}

/** 1,000 calls of one second: many share their millisecond. */
const CROWD: SampleCall[] = Array.from({ length: 1000 }, (_, n) => ({
  atMs: -48 * HOUR + Math.floor(n / 7),
  gateway: 'crowd',
  code: 404,
  reason: 'Not found',
  vendors: [],
}));

async function allPages(limit: number, between: () => Promise<void>): Promise<string[]> {
  const ids: string[] = [];
  const whole = { fromMs: DAY_MS - 72 * HOUR, filters: { gateway: 'crowd' }, limit };
  let page: string | null | undefined;
  while (page !== null) {
    const found = await search({ ...whole, ...(page === undefined ? {} : { page }) });
    ids.push(...found.rows.map((row) => row.id));
    page = found.next;
    if (page !== null) await between();
  }
  return ids;
}

test('pages: no gap, no double, while records come in and come again', async () => {
  await insertCalls(server.client, CROWD, 1000);
  let extra = 5000;
  const ids = await allPages(70, async () => {
    // One that is newer than all, and a part of the crowd a second time.
    const newer = { ...CROWD[0]!, atMs: extra };
    await insertCalls(server.client, [newer], extra++);
    await insertCalls(server.client, CROWD.slice(300, 310), 1300);
  });
  assert.equal(new Set(ids).size, ids.length);
  const crowd = CROWD.map((_, n) => callId(1000 + n));
  assert.deepEqual([...ids].sort(), crowd.sort());
  await server.client.command({ query: 'OPTIMIZE TABLE tandem.cdr FINAL' });
  const again = await allPages(999, () => Promise.resolve());
  assert.deepEqual(again.filter((id) => crowd.includes(id)).length, 1000);
});

test('the last page is the last one also when it is full', async () => {
  const five = await search({ limit: 5, filters: { gateway: 'acme-1' } });
  assert.equal(five.rows.length, 4);
  const four = await search({ limit: 4, filters: { gateway: 'acme-1' } });
  assert.equal(four.rows.length, 4);
  assert.equal(four.next, null);
});

test('SERVER_QUERY_MAX_SIZE ends a search over all its pages, and says so', async () => {
  const whole = { fromMs: DAY_MS - 72 * HOUR, filters: { code: '404' }, limit: 100 };
  const limits = { SERVER_QUERY_MAX_SIZE: 250 };
  const sizes: number[] = [];
  let found = await search(whole, limits);
  sizes.push(found.rows.length);
  while (found.next !== null) {
    found = await search({ ...whole, page: found.next }, limits);
    sizes.push(found.rows.length);
  }
  assert.deepEqual(sizes, [100, 100, 50]);
  assert.equal(found.cutShort, true);
});

test('limits and pages that are none', async () => {
  const isRefused = (code: string) => (error: unknown) =>
    error instanceof TandemError && error.code === code;
  const hours = { SERVER_QUERY_CDR_DENY_TIME: [12] };
  await assert.rejects(search({}, hours), isRefused('TDM_QUERY_REFUSED'));
  await assert.rejects(search({ limit: 10_001 }), isRefused('TDM_QUERY_REFUSED'));
  const longAgo = { fromMs: DAY_MS - 31 * 24 * HOUR };
  await assert.rejects(search(longAgo), isRefused('TDM_QUERY_REFUSED'));
  for (const page of ['nonsense', '', Buffer.from("1 x' 2").toString('base64url')]) {
    await assert.rejects(search({ page }), isRefused('TDM_REPORT_ARGUMENTS'), page);
  }
});
