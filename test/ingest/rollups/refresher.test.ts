// The rollups against the records, cell by cell, through random histories: duplicates under other
// tokens, late and early calls, replays of old rows, processes that die between any two statements,
// two refreshers side by side, a clock of ClickHouse that is set back. Seeded by fast-check.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ClickHouseClient } from '@clickhouse/client';
import fc from 'fast-check';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { reconcileDays } from '../../../ingest/rollups/reconcile.ts';
import type { RefresherOptions } from '../../../ingest/rollups/refresher.ts';
import { RollupRefresher } from '../../../ingest/rollups/refresher.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { differences } from './differences.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const OPTIONS: RefresherOptions = {
  rawDays: { cdr: 730, cdr_attempt: 730 },
  grainDays: { minute: 190, quarter: 190, hour: 3650, day: 3650 },
};

let server: ScratchServer;
let client: ClickHouseClient;
before(async () => {
  server = await startScratchServer({});
  client = server.client;
  await migrate(client);
});
after(() => server.close());

interface SampleCall {
  /** Names the call: the same seed is the same call, sent again. */
  readonly seed: number;
  readonly agoMs: number;
}

const TODAY_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;

/** Everything of a call follows from its seed; a failover goes through two vendors. */
function rowsOf({ seed, agoMs }: SampleCall): { cdr: object; attempts: object[] } {
  const id = `019caa00-0000-7000-8000-${seed.toString(16).padStart(12, '0')}`;
  const started = TODAY_MS - agoMs;
  const answered = seed % 3 === 0;
  const cdr = {
    id,
    node: `edge-${seed % 2}`,
    started_at: started,
    ringing_at: seed % 5 === 0 ? null : started + 700,
    answered_at: answered ? started + 4000 : null,
    ended_at: started + 4000 + seed,
    duration_ms: answered ? seed * 7 : 0,
    pdd_ms: seed % 5 === 0 ? null : 700,
    mapping_gateway: `map-${seed % 3}`,
    account: `account-${seed % 2}`,
    routing_gateway: seed % 7 === 0 ? '' : `vendor-${seed % 4}`,
    clearing_account: seed % 7 === 0 ? '' : `clearing-${seed % 2}`,
    area: `Area ${seed % 3}`,
    vendor_area: `Area ${seed % 4}`,
    call_level: seed % 2 === 0 ? 'local' : 'international',
    end_code: answered ? 200 : [486, 503, 404][seed % 3],
    attempts: 2,
    billed_ms: answered ? 60_000 : 0,
    customer_fee: answered ? `${seed}.000000001` : '0',
    vendor_fee: answered ? '0.000000003' : '0',
    tax: '0.000000002',
  };
  const attempts = [1, 2].map((attempt) => ({
    id,
    attempt,
    started_at: started + attempt * 10,
    ended_at: started + 500,
    routing_gateway: `vendor-${(seed + attempt) % 4}`,
    code: attempt === 2 && answered ? 200 : 503,
    pdd_ms: attempt === 2 ? 650 : null,
  }));
  return { cdr, attempts };
}

async function insert(calls: readonly SampleCall[]): Promise<void> {
  const rows = calls.map(rowsOf);
  const cdrs = rows.map(({ cdr }) => cdr);
  const attempts = rows.flatMap((row) => row.attempts);
  await client.insert({ table: 'tandem.cdr', values: cdrs, format: 'JSONEachRow' });
  await client.insert({ table: 'tandem.cdr_attempt', values: attempts, format: 'JSONEachRow' });
}

/** A client that dies at its `nth` statement, as a process would. */
function dyingClient(nth: number): ClickHouseClient {
  let left = nth;
  return new Proxy(client, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        if (left-- <= 0) return Promise.reject(new Error('died'));
        return (member as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
}

const TABLES = ['cdr', 'cdr_attempt', 'rollup_progress'];
async function empty(): Promise<void> {
  const rollups = ['customer', 'vendor', 'attempt'].flatMap((family) =>
    ['minute', 'quarter', 'hour', 'day'].map((grain) => `rollup_${family}_${grain}`),
  );
  for (const table of [...TABLES, ...rollups]) {
    await client.command({ query: `TRUNCATE TABLE tandem.${table}` });
  }
}

const call = fc.record({
  seed: fc.nat(60),
  agoMs: fc.constant(0),
});
/** Calls of the last minutes, of other hours, and of another month. */
const AGES_MS = [0, 59_999, 60_000, 20 * 60_000, 5 * HOUR_MS, 40 * DAY_MS];
const calls = fc
  .array(call, { minLength: 1, maxLength: 20 })
  // The start of a call follows from its seed too: a call is sent again with the same start.
  .map((list) => list.map(({ seed }) => ({ seed, agoMs: AGES_MS[seed % AGES_MS.length]! })));
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('insert' as const), calls }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('refresh' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('die' as const), at: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('merge' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('race' as const), calls }) },
);

test('random histories: every cell equals the records', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 10 }), async (steps) => {
      await empty();
      let refresher = new RollupRefresher(client, OPTIONS);
      for (const one of steps) {
        if (one.do === 'insert') await insert(one.calls);
        else if (one.do === 'refresh') await refresher.refresh(true);
        else if (one.do === 'merge')
          await client.command({ query: 'OPTIMIZE TABLE tandem.cdr FINAL' });
        else if (one.do === 'die') {
          const dying = new RollupRefresher(dyingClient(one.at), OPTIONS);
          await dying.refresh(true).catch((error: unknown) => {
            assert.match(String(error), /died/);
          });
          refresher = new RollupRefresher(client, OPTIONS);
        } else {
          const other = new RollupRefresher(client, OPTIONS);
          await Promise.all([insert(one.calls), other.refresh(true), refresher.refresh(true)]);
        }
      }
      await refresher.refresh(true);
      assert.deepEqual(await differences(client), []);
    }),
    { numRuns: 5 },
  );
});

test('a replay of any age changes nothing, and writes nothing', async () => {
  await empty();
  const old = Array.from({ length: 30 }, (_, seed) => ({
    seed,
    agoMs: 300 * DAY_MS + seed * 1000,
  }));
  await insert(old);
  const refresher = new RollupRefresher(client, OPTIONS);
  await refresher.refresh(true);
  const versions = `SELECT max(version) FROM tandem.rollup_customer_day FINAL`;
  const before = await text(versions);
  await insert(old);
  const { buckets } = await new RollupRefresher(client, OPTIONS).refresh(true);
  assert.ok(buckets > 0, 'the replay was seen');
  assert.equal(await text(versions), before);
  assert.deepEqual(await differences(client), []);
});

test('a row that came back otherwise moves from one key to the other', async () => {
  await empty();
  const refresher = new RollupRefresher(client, OPTIONS);
  const { cdr } = rowsOf({ seed: 3, agoMs: 0 });
  for (const area of ['first', 'second']) {
    const values = [{ ...cdr, area }];
    await client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow' });
    await refresher.refresh(true);
  }
  assert.equal(await text('SELECT area, calls FROM tandem.customer_traffic_day'), 'second\t1\n');
  assert.deepEqual(await differences(client), []);
});

test('rows stamped before the mark are found when it is looked back at', async () => {
  await empty();
  const refresher = new RollupRefresher(client, OPTIONS);
  await insert([{ seed: 1, agoMs: 0 }]);
  await refresher.refresh(true);
  // As the clock of an hour ago would have stamped it, committed after the marks had passed.
  const { cdr } = rowsOf({ seed: 2, agoMs: 1_800_000 });
  const values = [{ ...cdr, inserted_at: Date.now() - 300_000 }];
  await client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow' });
  await refresher.refresh(true);
  assert.equal((await differences(client)).length > 0, true, 'not within its two seconds');
  // Ten minutes later it is looked at again: here by a refresher that settles at once.
  await new RollupRefresher(client, { ...OPTIONS, settleMs: 150_000 }).refresh(true);
  assert.deepEqual(await differences(client), []);
});

test('what no clock shows is found by comparing days', async () => {
  await empty();
  const refresher = new RollupRefresher(client, OPTIONS);
  await insert(Array.from({ length: 20 }, (_, seed) => ({ seed, agoMs: DAY_MS + seed * 60_000 })));
  await refresher.refresh(true);
  assert.deepEqual(await reconcileDays(client, refresher, 7), []);
  await client.command({
    query: 'ALTER TABLE tandem.rollup_vendor_hour DELETE WHERE 1 SETTINGS mutations_sync = 1',
  });
  assert.ok((await reconcileDays(client, refresher, 7)).length >= 1);
  assert.deepEqual(await differences(client), []);
  assert.deepEqual(await reconcileDays(client, refresher, 7), []);
});

test('minutes that are no longer kept: coarser grains come from the records', async () => {
  await empty();
  const options = { ...OPTIONS, grainDays: { ...OPTIONS.grainDays, minute: 2, quarter: 2 } };
  const refresher = new RollupRefresher(client, options);
  const old = Array.from({ length: 20 }, (_, seed) => ({
    seed,
    agoMs: 20 * DAY_MS + seed * 900_000,
  }));
  await insert(old.slice(0, 10));
  await refresher.refresh(true);
  for (const grain of ['minute', 'quarter']) {
    await client.command({ query: `TRUNCATE TABLE tandem.rollup_customer_${grain}` });
  }
  await insert(old.slice(10));
  await refresher.refresh(true);
  assert.deepEqual(await differences(client, ['hour', 'day']), []);
});

test('calls from before the retention of records leave kept rollups alone', async () => {
  await empty();
  await insert([{ seed: 1, agoMs: 50 * DAY_MS }]);
  await new RollupRefresher(client, OPTIONS).refresh(true);
  await client.command({ query: 'TRUNCATE TABLE tandem.cdr' });
  await insert([{ seed: 2, agoMs: 50 * DAY_MS }]);
  const short = { ...OPTIONS, rawDays: { cdr: 30, cdr_attempt: 30 } };
  await new RollupRefresher(client, short).refresh(true);
  assert.equal(await text('SELECT sum(calls) FROM tandem.customer_traffic_day'), '1\n');
});

async function text(query: string): Promise<string> {
  return (await client.query({ query, format: 'TabSeparated' })).text();
}
