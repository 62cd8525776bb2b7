// Migrations: applied once, also when two processes start at once, and guarded by their checksum.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';

let server: ScratchServer;
let copy: string;
before(async () => {
  server = await startScratchServer({});
  copy = await mkdtemp(join(tmpdir(), 'tandem-migrations-'));
  await cp(repositoryPath('ingest', 'migrations'), copy, { recursive: true });
});
after(async () => {
  await server.close();
  await rm(copy, { recursive: true, force: true });
});

async function rows(query: string): Promise<unknown[]> {
  return (await server.client.query({ query, format: 'JSONCompactEachRow' })).json();
}

test('two at once, then again: every file is applied and recorded once', async () => {
  const counts = await Promise.all([migrate(server.client), migrate(server.client)]);
  assert.ok(Math.max(...counts) >= 1);
  assert.equal(await migrate(server.client), 0);
  const record = await rows(
    'SELECT number, name FROM tandem.schema_migration FINAL ORDER BY number',
  );
  assert.deepEqual(record[0], [1, '001-cdr.sql']);
});

test('the tables have the columns and settings that reports and exactness rely on', async () => {
  const types = Object.fromEntries(
    (await rows(
      "SELECT name, type FROM system.columns WHERE database = 'tandem' AND table = 'cdr'",
    )) as [string, string][],
  );
  assert.equal(types['customer_fee'], 'Decimal(38, 9)');
  assert.equal(types['started_at'], "DateTime64(3, 'UTC')");
  assert.equal(types['answered_at'], "Nullable(DateTime64(3, 'UTC'))");
  assert.equal(types['id'], 'UUID');
  const created = await rows(
    "SELECT create_table_query FROM system.tables WHERE database = 'tandem' AND name LIKE 'cdr%'",
  );
  assert.equal(created.length, 2);
  for (const [query] of created as [string][]) {
    assert.match(query, /ReplacingMergeTree/);
    assert.match(query, /non_replicated_deduplication_window = 10000/);
  }
});

test('money and milliseconds survive the way in and out', async () => {
  const values = [
    {
      id: '01890a5d-ac96-774b-bcce-b302099a8057',
      started_at: '2026-03-01 23:59:59.999',
      ended_at: '2026-03-02 00:00:01.001',
      answered_at: null,
      customer_fee: '12345678901234567890123456789.000000001',
    },
  ];
  await server.client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow' });
  const [row] = await rows(
    'SELECT toString(customer_fee), toString(started_at), answered_at, vendor_fee FROM tandem.cdr',
  );
  assert.deepEqual(row, [
    '12345678901234567890123456789.000000001',
    '2026-03-01 23:59:59.999',
    null,
    0,
  ]);
});

test('a new file is applied; one that changed or vanished is refused by name', async () => {
  await writeFile(
    join(copy, '900-more.sql'),
    "CREATE TABLE IF NOT EXISTS tandem.more (a String DEFAULT ';') ENGINE = Memory; -- ;\n",
  );
  assert.equal(await migrate(server.client, { directory: copy }), 1);
  assert.deepEqual(await rows('EXISTS tandem.more'), [[1]]);
  await assert.rejects(migrate(server.client), /migration 900, which this version does not know/);
  const first = join(copy, '001-cdr.sql');
  await writeFile(first, `${await readFile(first, 'utf8')}\n-- later\n`);
  await assert.rejects(
    migrate(server.client, { directory: copy }),
    /TDM_CLICKHOUSE_FAILED: 001-cdr\.sql was changed/,
  );
});

test('a store of before keeps its records; new ones are packed as the new file says', async () => {
  await server.client.command({ query: 'DROP DATABASE tandem SYNC' });
  const before = await mkdtemp(join(tmpdir(), 'tandem-migrations-'));
  for (const name of ['001-cdr.sql', '002-rollups.sql', '010-reports.sql']) {
    await cp(repositoryPath('ingest', 'migrations', name), join(before, name));
  }
  const insert = async (fee: string): Promise<void> => {
    const values = [{ id: crypto.randomUUID(), caller_in: `44${fee}`, customer_fee: fee }];
    await server.client.insert({ table: 'tandem.cdr', values, format: 'JSONEachRow' });
  };
  try {
    assert.equal(await migrate(server.client, { directory: before }), 3);
    await insert('1');
    assert.equal(await migrate(server.client), 1);
  } finally {
    await rm(before, { recursive: true, force: true });
  }
  await insert('2');
  const all = 'SELECT caller_in, toString(customer_fee) FROM tandem.cdr ORDER BY 1';
  const both = [
    ['441', '1'],
    ['442', '2'],
  ];
  assert.deepEqual(await rows(all), both);
  const codec = await rows(`SELECT compression_codec, comment != '' FROM system.columns
    WHERE database = 'tandem' AND table = 'cdr' AND name IN ('caller_in', 'customer_fee')`);
  assert.deepEqual(codec, [
    ['CODEC(LZ4)', 1],
    ['CODEC(LZ4)', 1],
  ]);
  await server.client.command({ query: 'OPTIMIZE TABLE tandem.cdr FINAL' });
  assert.deepEqual(await rows(all), both);
});
