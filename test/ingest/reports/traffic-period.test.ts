// Where a report reads its period: the cuts cover it once, and with any mixture of rollups and
// records the figures are those of the records alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { REPORT_NAMES } from '../../../ingest/reports/catalogue.ts';
import { runReport } from '../../../ingest/reports/run-report.ts';
import type { ReportRequest } from '../../../ingest/reports/run-report.ts';
import { cutPeriod, grainsFor, trafficParameters } from '../../../ingest/reports/traffic-period.ts';
import { RollupRefresher } from '../../../ingest/rollups/refresher.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { DAY_MS, insertCalls, insertSampleCalls } from './sample-calls.ts';
import type { SampleCall } from './sample-calls.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

test('grains: the coarsest whose buckets do not straddle those of the report', () => {
  const period = (timezone: string) => ({ fromMs: DAY_MS, toMs: DAY_MS + 60 * DAY, timezone });
  const fine = (timezone: string, bucket: 'hour' | 'day'): string => {
    const grains = grainsFor(bucket, period(timezone));
    return `${grains.coarse} ${grains.fine}`;
  };
  assert.deepEqual(grainsFor('all', period('Asia/Kathmandu')), { coarse: 'day', fine: 'hour' });
  assert.equal(fine('UTC', 'day'), 'day hour');
  assert.equal(fine('Asia/Dhaka', 'day'), 'hour hour');
  assert.equal(fine('Europe/Berlin', 'hour'), 'hour hour');
  assert.equal(fine('Asia/Kathmandu', 'hour'), 'quarter quarter');
  // London keeps UTC in winter; the period reaches into summer time.
  assert.equal(fine('Europe/London', 'day'), 'hour hour');
  assert.equal(grainsFor('minute', period('UTC')).fine, 'minute');
});

test('cuts are in order, on bounds of their grain, within the period and what is settled', () => {
  const ms = fc.integer({ min: 0, max: 10 * DAY });
  const grain = fc.constantFrom(
    { coarse: 'day', fine: 'hour' } as const,
    { coarse: 'hour', fine: 'hour' } as const,
    { coarse: 'minute', fine: 'minute' } as const,
  );
  const length = { minute: 60_000, hour: HOUR, day: DAY };
  fc.assert(
    fc.property(ms, ms, ms, grain, (a, b, settledMs, grains) => {
      const fromMs = Math.min(a, b);
      const toMs = Math.max(a, b) + 1;
      const cuts = cutPeriod({ fromMs, toMs, timezone: 'UTC' }, grains, settledMs);
      const { fineFromMs, coarseFromMs, coarseToMs, fineToMs } = cuts;
      assert.ok(fineFromMs <= coarseFromMs && coarseFromMs <= coarseToMs);
      assert.ok(coarseToMs <= fineToMs && fineFromMs >= fromMs);
      if (fineFromMs === fineToMs) return;
      assert.ok(fineToMs <= toMs && fineToMs <= settledMs);
      for (const cut of [fineFromMs, fineToMs, coarseFromMs, coarseToMs]) {
        assert.equal(cut % length[grains.fine], 0);
      }
      if (coarseFromMs < coarseToMs) {
        assert.equal(coarseFromMs % length[grains.coarse], 0);
        assert.equal(coarseToMs % length[grains.coarse], 0);
      }
    }),
  );
});

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
});
after(() => server.close());

const refresh = async (): Promise<void> => {
  const grainDays = { minute: 9999, quarter: 9999, hour: 9999, day: 9999 };
  const rawDays = { cdr: 9999, cdr_attempt: 9999 };
  const refresher = new RollupRefresher(server.client, { rawDays, grainDays, settleMs: 1 });
  // What came in the same millisecond is settled by the second pass.
  await refresher.refresh(true);
  await refresher.refresh(true);
};

/** Calls in every hour of a week around the sample day, with all that reports sum up. */
function weekOfCalls(): SampleCall[] {
  return Array.from({ length: 400 }, (_, n) => ({
    atMs: -3 * DAY + Math.floor((n * 7 * DAY) / 400),
    gateway: `acme-${n % 3}`,
    account: n % 3 === 0 ? 'acme' : 'beta',
    ...(n % 2 === 0 ? { talkMs: 1000 * n + 7, pddMs: 10 * n } : {}),
    code: n % 2 === 0 ? 200 : 503,
    reason: 'as it ends',
    vendors: n % 5 === 0 ? ['omega', 'alpha-1'] : n % 7 === 0 ? [] : ['alpha-1'],
    area: `area ${n % 4}`,
    level: n % 2 === 0 ? 'local' : 'international',
    customerFee: `0.${String(n).padStart(9, '0')}`,
    vendorFee: '0.000000007',
  }));
}

const NOW_MS = DAY_MS + 10 * DAY;

/** Reports whose figures may come from rollups, with every choice that changes where from. */
const REQUESTS: Pick<ReportRequest, 'name' | 'by' | 'bucket'>[] = [
  ...REPORT_NAMES.map((name) => ({ name })),
  { name: 'asr-acd', by: 'area', bucket: 'hour' },
  { name: 'asr-acd', by: 'account', bucket: 'minute' },
  { name: 'asr-acd', by: 'routing-gateway', bucket: 'day' },
  { name: 'asr-acd', by: 'routing-gateway', bucket: 'all' },
  { name: 'profit', by: 'mapping-gateway' },
  { name: 'profit', by: 'vendor-area' },
];

async function compareAll(fromMs: number, toMs: number, timezone: string): Promise<void> {
  for (const request of REQUESTS) {
    const whole = { ...request, fromMs, toMs, timezone, filters: {} };
    const mixed = await runReport(server.client, whole, NOW_MS);
    const raw = await runReport(server.client, whole, undefined);
    assert.deepEqual(mixed.rows, raw.rows, JSON.stringify(whole));
  }
}

test('before the first rollup, all is summed from the records', async () => {
  await insertSampleCalls(server.client);
  const { rows } = await runReport(
    server.client,
    { name: 'revenue-details', fromMs: 0, toMs: NOW_MS, timezone: 'UTC', filters: {} },
    NOW_MS,
  );
  assert.equal(
    rows.reduce((sum, row) => sum + row.calls, 0),
    7,
  );
});

test('settled periods come from rollups, to the last place as from the records', async () => {
  await insertCalls(server.client, weekOfCalls(), 100);
  await refresh();
  const period = { fromMs: DAY_MS - 3 * DAY, toMs: DAY_MS + 4 * DAY, timezone: 'UTC' };
  const { parameters: used } = await trafficParameters(server.client, period, 'all', NOW_MS);
  assert.equal(used['coarseFrom'], '2026-02-27 00:00:00');
  assert.equal(used['coarseTo'], '2026-03-06 00:00:00');
  await compareAll(period.fromMs, period.toMs, 'UTC');
  // Off every bound, and in zones of whole hours, quarters and a change of clocks.
  await compareAll(period.fromMs + 1_234_567, period.toMs - 7_654_321, 'Asia/Kathmandu');
  await compareAll(DAY_MS + 1, DAY_MS + 2 * HOUR, 'Asia/Dhaka');
  const newYork = Date.parse('2026-03-02T05:00:00Z');
  await compareAll(newYork, newYork + DAY, 'America/New_York');
});

test('records that the rollups have not seen yet are in the report at once', async () => {
  const late = { ...weekOfCalls()[0]!, atMs: 5 * HOUR, customerFee: '7.5' };
  await insertCalls(server.client, [late], 900);
  const period = { fromMs: DAY_MS - 3 * DAY, toMs: DAY_MS + 4 * DAY, timezone: 'UTC' };
  const { parameters: used } = await trafficParameters(server.client, period, 'all', NOW_MS);
  assert.equal(used['fineTo'], '2026-03-02 05:00:00');
  await compareAll(period.fromMs, period.toMs, 'UTC');
  await compareAll(DAY_MS + 5 * HOUR, DAY_MS + 6 * HOUR, 'UTC');
});

test('what a rollup says is what the report says: it is read', async () => {
  await refresh();
  await server.client.command({
    query: `INSERT INTO tandem.rollup_customer_day (bucket, account, calls, version)
      SELECT toDateTime(${DAY_MS / 1000}, 'UTC'), 'nobody', 11, 1`,
  });
  const day = { fromMs: DAY_MS, toMs: DAY_MS + DAY, timezone: 'UTC', filters: {} };
  const request = { name: 'revenue-details', ...day } as const;
  const nobody = async (nowMs: number | undefined): Promise<number[]> => {
    const { rows } = await runReport(server.client, request, nowMs);
    return rows.filter((row) => row.account === 'nobody').map((row) => row.calls);
  };
  assert.deepEqual(await nobody(NOW_MS), [11]);
  assert.deepEqual(await nobody(undefined), []);
});
