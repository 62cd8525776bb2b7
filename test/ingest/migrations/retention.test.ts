// Retention settings become the tables' TTLs at start, also when they change or are taken away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { applyRetention } from '../../../ingest/migrations/retention.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';

const DAYS = {
  retentionDays: 730,
  attemptRetentionDays: 90,
  minuteRetentionDays: 190,
  rollupRetentionDays: 3650,
};

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
  await migrate(server.client);
});
after(() => server.close());

async function engineOf(table: string): Promise<string> {
  const result = await server.client.query({
    query: `SELECT engine_full FROM system.tables
      WHERE database = 'tandem' AND name = {table:String}`,
    query_params: { table },
    format: 'TabSeparated',
  });
  return result.text();
}

test('first start, no change, changed, for ever', async () => {
  const first = await applyRetention(server.client, DAYS, null);
  assert.equal(first.length, 14);
  assert.match(await engineOf('cdr'), /TTL toDateTime\(started_at\) \+ toIntervalDay\(730\)/);
  assert.match(await engineOf('cdr_attempt'), /toIntervalDay\(90\)/);
  assert.match(await engineOf('rollup_vendor_quarter'), /TTL toDateTime\(bucket\) \+ .*\(190\)/);
  assert.match(await engineOf('rollup_attempt_day'), /toIntervalDay\(3650\)/);
  assert.deepEqual(await applyRetention(server.client, DAYS, null), []);
  const changed = { ...DAYS, retentionDays: 365, attemptRetentionDays: 0 };
  assert.deepEqual(await applyRetention(server.client, changed, null), [
    'cdr: 365 days',
    'cdr_attempt: for ever',
  ]);
  assert.match(await engineOf('cdr'), /toIntervalDay\(365\)/);
  assert.doesNotMatch(await engineOf('cdr_attempt'), /TTL/);
  assert.deepEqual(await applyRetention(server.client, changed, null), []);
});

test('rows past the retention go with their part, the others stay', async () => {
  const { client } = server;
  const row = (daysAgo: number, n: number): object => {
    const at = Date.now() - daysAgo * 86_400_000;
    const id = `00000000-0000-7000-8000-00000000000${n}`;
    return { id, started_at: at, ended_at: at };
  };
  await applyRetention(client, DAYS, null);
  const insert = async (values: object[]): Promise<unknown> =>
    client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow' });
  await insert([row(800, 1), row(801, 2)]);
  await insert([row(700, 3), row(1, 4)]);
  await client.command({ query: 'OPTIMIZE TABLE tandem.cdr FINAL' });
  const result = await client.query({
    query: 'SELECT toString(id) FROM tandem.cdr ORDER BY id',
    format: 'JSONCompactEachRow',
  });
  const left = (await result.json<[string]>()).map(([id]) => id.slice(-1));
  assert.deepEqual(left, ['3', '4']);
});
