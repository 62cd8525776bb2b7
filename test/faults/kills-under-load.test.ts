// The promise of the record path, whole: 6,000 calls at 300 a second through the edge, a real Kafka
// and ClickHouse while ingest is killed five times, the broker twice and ClickHouse once, at random
// moments. Then every call is there, once, and every sum is what the edge has counted.
// TANDEM_SEED replays the moments of a run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { withLoadSession } from '../../bench/calls/load-session.ts';
import type { SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { seededRandom } from '../../engine/base/random.ts';
import { startCluster } from '../../infra/kafka/cluster.ts';
import type { Cluster } from '../../infra/kafka/cluster.ts';
import { ClickHouseProcess } from './clickhouse-process.ts';

const CALLS = 6000;
const RATE = 300;
const HOLD_MS = 1000;
const LOAD_MS = (CALLS / RATE) * 1000;
/** The same for all tests of a run, printed with it. */
const SEED = Number(process.env['TANDEM_SEED'] ?? Date.now() % 1_000_000);
/** Deliveries back off for up to half a minute while something is away. */
const DELIVERED_TIMEOUT_MS = 120_000;

interface Blow {
  readonly name: string;
  readonly atMs: number;
  readonly strike: () => Promise<void>;
}

/** Moments spread at random over the load, none before calls run. */
function moments(count: number, random: { u32(): number }): number[] {
  return Array.from({ length: count }, () => 1000 + (random.u32() / 2 ** 32) * (LOAD_MS - 1000));
}

function killIngest(edge: SwitchProcess): Promise<void> {
  for (const pid of edge.childPids()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It is between two lives.
    }
  }
  return Promise.resolve();
}

async function restartBroker(cluster: Cluster): Promise<void> {
  const broker = cluster.brokers[0]!;
  await broker.stop('SIGKILL');
  await broker.start();
}

async function restartClickHouse(clickhouse: ClickHouseProcess): Promise<void> {
  await clickhouse.kill();
  await delay(1500);
  await clickhouse.start();
}

function blows(edge: SwitchProcess, cluster: Cluster, clickhouse: ClickHouseProcess): Blow[] {
  const random = seededRandom(SEED);
  // A broker takes some seconds to come back: one blow to it after the other.
  let brokerIsBack = Promise.resolve();
  const strikeBroker = (): Promise<void> =>
    (brokerIsBack = brokerIsBack.then(() => restartBroker(cluster)));
  const of = (name: string, count: number, strike: () => Promise<void>): Blow[] =>
    moments(count, random).map((atMs) => ({ name, atMs, strike }));
  return [
    ...of('ingest', 5, () => killIngest(edge)),
    ...of('broker', 2, strikeBroker),
    ...of('clickhouse', 1, () => restartClickHouse(clickhouse)),
  ];
}

const TOTALS = `SELECT count() AS calls, uniqExact(id) AS ids, uniqExact(call_id_in) AS callIds,
  countIf(answered_at IS NOT NULL) AS answered, sum(duration_ms) AS duration,
  sum(billed_ms) AS billed FROM tandem.cdr`;
const ROLLED_UP = `SELECT sum(calls) AS calls, sum(answered) AS answered,
  sum(duration_ms) AS duration, sum(billed_ms) AS billed FROM tandem.`;

interface Totals {
  readonly calls: number;
  readonly ids: number;
  readonly callIds: number;
  readonly answered: number;
  readonly duration: number;
  readonly billed: number;
}

async function checkRecords(edge: SwitchProcess, clickhouse: ClickHouseProcess): Promise<void> {
  const seen = await until(
    async () => {
      const [row] = await clickhouse.query<Totals>(TOTALS);
      return row !== undefined && row.ids >= CALLS ? row : undefined;
    },
    DELIVERED_TIMEOUT_MS,
    500,
  );
  assert.ok(seen, `not all records came:\n${edge.log().slice(-4000)}`);
  const talked = (await edge.metric('tandem_call_seconds_total')) ?? NaN;
  const expected = {
    calls: CALLS,
    ids: CALLS,
    callIds: CALLS,
    answered: CALLS,
    duration: Math.round(talked * 1000),
    billed: Math.round(talked * 1000),
  };
  const [final] = await clickhouse.query<Totals>(`${TOTALS} FINAL`);
  assert.deepEqual(final, expected);
  const [attempts] = await clickhouse.query<{ rows: number; ids: number }>(
    'SELECT count() AS rows, uniqExact(id) AS ids FROM tandem.cdr_attempt FINAL',
  );
  assert.deepEqual(attempts, { rows: CALLS, ids: CALLS });
  for (const grain of ['minute', 'hour', 'day']) {
    for (const side of ['customer', 'vendor']) {
      const view = `${side}_traffic_${grain}`;
      const { calls, answered, duration, billed } = expected;
      const same = await until(
        async () => {
          const [row] = await clickhouse.query<Partial<Totals>>(ROLLED_UP + view);
          return JSON.stringify(row) === JSON.stringify({ calls, answered, duration, billed })
            ? true
            : undefined;
        },
        DELIVERED_TIMEOUT_MS,
        1000,
      );
      assert.ok(same, `${view} is not the sum of the records`);
    }
  }
  await clickhouse.command('OPTIMIZE TABLE tandem.cdr FINAL');
  assert.deepEqual((await clickhouse.query<Totals>(TOTALS))[0], expected);
}

test('every call is recorded once, whatever is killed', { timeout: 480_000 }, async (t) => {
  t.diagnostic(`TANDEM_SEED=${SEED}`);
  const folder = mkdtempSync(join(tmpdir(), 'tandem-faults-'));
  const clickhouse = await ClickHouseProcess.start(join(folder, 'clickhouse'));
  const cluster = await startCluster({ dataDir: join(folder, 'kafka'), brokers: 1 });
  try {
    const config = {
      clickhouse: clickhouse.url,
      kafka: { brokers: cluster.addresses, replication: 1 },
    };
    await withLoadSession({ shards: 1, ringMs: 100, config }, async (session) => {
      const { edge } = session;
      const caller = await session.startCaller({ calls: CALLS, rate: RATE, holdMs: HOLD_MS });
      const strikes = blows(edge, cluster, clickhouse).map(async ({ name, atMs, strike }) => {
        await delay(atMs);
        t.diagnostic(`${name} killed after ${Math.round(atMs)} ms`);
        await strike();
      });
      const result = await caller.done;
      await Promise.all(strikes);
      assert.equal(result.counts.failed, 0, result.errors);
      assert.equal(result.counts.successful, CALLS);
      await checkRecords(edge, clickhouse);
    });
  } finally {
    await cluster.stop();
    await clickhouse.kill();
    rmSync(folder, { recursive: true, force: true });
  }
});
