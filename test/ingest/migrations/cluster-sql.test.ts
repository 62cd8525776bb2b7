// The statements that a cluster gets. Replicated tables need Keeper, which the embedded ClickHouse
// does not have: here their text is checked, statement by statement, and that each one parses.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { repositoryPath } from '../../../engine/base/paths.ts';
import { ClusterSql } from '../../../ingest/migrations/cluster-sql.ts';
import { statementsOf } from '../../../ingest/migrations/statements.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
});
after(() => server.close());

const squeezed = (statement: string): string => statement.replace(/\s+/g, ' ');

test('a table becomes a replicated one on every node and a distributed one over them', () => {
  const sql = new ClusterSql('core');
  const statement = `CREATE TABLE IF NOT EXISTS tandem.t (id UUID, a String DEFAULT 'ORDER BY x')
    ENGINE = ReplacingMergeTree(version) PARTITION BY toYYYYMM(at)
    ORDER BY (toStartOfMinute(at), id) SETTINGS non_replicated_deduplication_window = 10000`;
  assert.deepEqual(sql.render(statement).map(squeezed), [
    'CREATE TABLE IF NOT EXISTS tandem.t_local ON CLUSTER core ' +
      "(id UUID, a String DEFAULT 'ORDER BY x') " +
      'ENGINE = ReplicatedReplacingMergeTree(' +
      "'/clickhouse/tables/{uuid}/{shard}', '{replica}', version) " +
      'PARTITION BY toYYYYMM(at) ORDER BY (toStartOfMinute(at), id) ' +
      'SETTINGS replicated_deduplication_window = 10000',
    'CREATE TABLE IF NOT EXISTS tandem.t ON CLUSTER core AS tandem.t_local ' +
      'ENGINE = Distributed(core, tandem, t_local, cityHash64(toStartOfMinute(at), id))',
  ]);
  const copy = 'CREATE TABLE IF NOT EXISTS tandem.u AS tandem.t ENGINE = MergeTree ORDER BY id';
  assert.deepEqual(sql.render(copy).map(squeezed), [
    'CREATE TABLE IF NOT EXISTS tandem.u_local ON CLUSTER core AS tandem.t_local ' +
      "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY id",
    'CREATE TABLE IF NOT EXISTS tandem.u ON CLUSTER core AS tandem.u_local ' +
      'ENGINE = Distributed(core, tandem, u_local, cityHash64(id))',
  ]);
  assert.deepEqual(sql.render('ALTER TABLE tandem.t ADD COLUMN b String').map(squeezed), [
    'ALTER TABLE tandem.t_local ON CLUSTER core ADD COLUMN b String',
    'CREATE OR REPLACE TABLE tandem.t ON CLUSTER core AS tandem.t_local ' +
      'ENGINE = Distributed(core, tandem, t_local, cityHash64(toStartOfMinute(at), id))',
  ]);
  assert.deepEqual(sql.render('DROP TABLE IF EXISTS tandem.t'), [
    'DROP TABLE IF EXISTS tandem.t ON CLUSTER core SYNC',
    'DROP TABLE IF EXISTS tandem.t_local ON CLUSTER core SYNC',
  ]);
});

test('databases and views are made on every node; other statements stay as they are', () => {
  const sql = new ClusterSql('core');
  assert.deepEqual(sql.render('CREATE DATABASE IF NOT EXISTS tandem'), [
    'CREATE DATABASE IF NOT EXISTS tandem ON CLUSTER core',
  ]);
  assert.deepEqual(sql.render('CREATE VIEW IF NOT EXISTS tandem.v AS SELECT 1'), [
    'CREATE VIEW IF NOT EXISTS tandem.v ON CLUSTER core AS SELECT 1',
  ]);
  const insert = 'INSERT INTO tandem.t SELECT 1';
  assert.deepEqual(sql.render(insert), [insert]);
});

test('what a cluster cannot have is refused by name', () => {
  const sql = new ClusterSql('core');
  const memory = 'CREATE TABLE IF NOT EXISTS tandem.m (a Int8) ENGINE = Memory';
  assert.throws(() => sql.render(memory), /tandem\.m: a cluster needs an engine of the MergeTree/);
  assert.throws(
    () => sql.render('ALTER TABLE tandem.x ADD COLUMN b Int8'),
    /tandem\.x is not created/,
  );
});

test('every migration renders, and ClickHouse parses what comes out', async () => {
  const sql = new ClusterSql('core');
  const folder = repositoryPath('ingest', 'migrations');
  const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
  const rendered: string[] = [];
  for (const file of files) {
    const statements = statementsOf(await readFile(join(folder, file), 'utf8'));
    rendered.push(...statements.flatMap((statement) => sql.render(statement)));
  }
  const creates = rendered.filter((statement) => statement.startsWith('CREATE'));
  assert.ok(creates.every((statement) => statement.includes(' ON CLUSTER core')));
  assert.ok(rendered.some((statement) => statement.includes('tandem.cdr_local')));
  for (const statement of rendered) {
    const result = await server.client.query({
      query: 'SELECT formatQuery({statement:String})',
      query_params: { statement },
      format: 'TabSeparated',
    });
    assert.match(await result.text(), /\S/);
  }
});
