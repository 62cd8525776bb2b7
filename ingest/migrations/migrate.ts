// Brings the database `tandem` to the schema of this version: the numbered files of this folder,
// each applied once, in order, recorded with its checksum. Runs before the first record is written.
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { TandemError } from '../../engine/base/errors.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { clickHouseProblem } from '../clickhouse-problem.ts';
import { ClusterSql } from './cluster-sql.ts';
import { statementsOf } from './statements.ts';

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
  readonly checksum: string;
}

export interface MigrateOptions {
  /** For tests; by default `ingest/migrations` of the repository. */
  readonly directory?: string;
  /** Name of the cluster; null or left out: one node. */
  readonly cluster?: string | null;
}

interface AppliedMigration {
  readonly number: number;
  readonly checksum: string;
}

const FILE_NAME = /^(\d{3})-[a-z0-9-]+\.sql$/;

async function readMigrations(directory: string): Promise<Migration[]> {
  const names = (await readdir(directory)).filter((name) => FILE_NAME.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name), 'utf8');
      const checksum = createHash('sha256').update(sql).digest('hex');
      return { number: Number(FILE_NAME.exec(name)?.[1]), name, sql, checksum };
    }),
  );
}

/**
 * The record is a ReplacingMergeTree read with FINAL: when two processes migrate at once, both may
 * apply a file, which `IF NOT EXISTS` makes harmless, and both record the same row.
 */
async function openRecord(
  client: ClickHouseClient,
  render: (statement: string) => string[],
): Promise<Map<number, string>> {
  const statements = [
    'CREATE DATABASE IF NOT EXISTS tandem',
    `CREATE TABLE IF NOT EXISTS tandem.schema_migration
      (number UInt32, name String, checksum String,
        applied_at DateTime64(3, 'UTC') DEFAULT now64(3))
      ENGINE = ReplacingMergeTree ORDER BY number
      SETTINGS fsync_after_insert = 1, fsync_part_directory = 1`,
  ];
  for (const query of statements.flatMap(render)) await client.command({ query });
  const result = await client.query({
    query: 'SELECT number, checksum FROM tandem.schema_migration FINAL',
    format: 'JSONEachRow',
  });
  const rows = await result.json<AppliedMigration>();
  return new Map(rows.map((row) => [row.number, row.checksum]));
}

/**
 * Applies what is missing. Files must be repeatable (`IF NOT EXISTS`): ClickHouse has no
 * transactions around DDL, so a file that was cut short is applied again from its beginning.
 * @returns how many files were applied
 * @throws TandemError TDM_CLICKHOUSE_FAILED when an applied file was changed afterwards, when the
 *   database is newer than this version, or when ClickHouse refuses a statement
 */
export async function migrate(
  client: ClickHouseClient,
  options: MigrateOptions = {},
): Promise<number> {
  const { directory = repositoryPath('ingest', 'migrations'), cluster = null } = options;
  const migrations = await readMigrations(directory);
  const onCluster = cluster === null ? null : new ClusterSql(cluster);
  const render = (statement: string): string[] => onCluster?.render(statement) ?? [statement];
  try {
    const applied = await openRecord(client, render);
    checkRecord(migrations, applied);
    let count = 0;
    for (const { number, name, sql, checksum } of migrations) {
      // Rendered in any case: later files alter tables that earlier ones create.
      const statements = statementsOf(sql).flatMap(render);
      if (applied.has(number)) continue;
      for (const query of statements) await client.command({ query });
      await client.insert({
        table: 'tandem.schema_migration',
        values: [{ number, name, checksum }],
        format: 'JSONEachRow',
        clickhouse_settings: { distributed_foreground_insert: 1 },
      });
      count++;
    }
    return count;
  } catch (cause) {
    if (cause instanceof TandemError) throw cause;
    const message = `the schema cannot be brought up to date: ${clickHouseProblem(cause)}`;
    throw new TandemError('TDM_CLICKHOUSE_FAILED', message, { cause });
  }
}

function checkRecord(migrations: Migration[], applied: Map<number, string>): void {
  for (const [number, checksum] of applied) {
    const migration = migrations.find((m) => m.number === number);
    if (migration === undefined) {
      const message =
        `the database has schema migration ${number}, ` +
        'which this version does not know; run a newer version';
      throw new TandemError('TDM_CLICKHOUSE_FAILED', message);
    }
    if (migration.checksum !== checksum) {
      const { name } = migration;
      const message = `${name} was changed after it had been applied; restore it, add a new file`;
      throw new TandemError('TDM_CLICKHOUSE_FAILED', message);
    }
  }
}
