// The migrations are written for one node; this makes of each statement what a cluster needs:
//   a table `cdr`  →  `cdr_local` on every node, Replicated*MergeTree, and `cdr`, Distributed over
//                     them, which is what Tandem and its users insert into and select from
// Rows that may replace each other have the same sorting key, so the sorting key decides the shard:
// FINAL and merges, which work within a shard, still see all copies of a row.
//
// Needs of the cluster: Keeper, the macros {shard} and {replica}, databases of the engine Atomic.
import { sqlTokens } from '../clickhouse-server/sql-tokens.ts';

/** The path in Keeper: {uuid} makes it unique, and the same on all replicas by ON CLUSTER. */
const REPLICA = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'";

const CREATE_DATABASE = /^CREATE DATABASE IF NOT EXISTS \w+/;
const CREATE_TABLE = /^CREATE TABLE IF NOT EXISTS (\w+)\.(\w+)/;
const CREATE_VIEW = /^CREATE (?:OR REPLACE )?VIEW (?:IF NOT EXISTS )?\w+\.\w+/;
const ALTER_TABLE = /^ALTER TABLE (\w+)\.(\w+)/;
const DROP_TABLE = /^DROP TABLE IF EXISTS (\w+)\.(\w+)/;
const MERGE_TREE = /ENGINE = (\w*MergeTree)(?:\(([^)]*)\))?/;

/** Renders the statements of all migrations in their order. */
export class ClusterSql {
  readonly #cluster: string;
  /** Expression that decides the shard, by `database.table`. */
  readonly #shardBy = new Map<string, string>();

  /** @param cluster an identifier, as in `remote_servers` of ClickHouse's configuration */
  constructor(cluster: string) {
    this.#cluster = cluster;
  }

  /** The statements that take the place of `statement`. */
  render(statement: string): string[] {
    const on = (text: string, pattern: RegExp): string =>
      text.replace(pattern, (head) => `${head} ON CLUSTER ${this.#cluster}`);
    if (CREATE_TABLE.test(statement)) return this.#createTable(statement);
    if (CREATE_DATABASE.test(statement)) return [on(statement, CREATE_DATABASE)];
    if (CREATE_VIEW.test(statement)) return [on(statement, CREATE_VIEW)];
    const altered = ALTER_TABLE.exec(statement);
    if (altered !== null) {
      const [head, database, table] = altered;
      const local = `ALTER TABLE ${database}.${table}_local ON CLUSTER ${this.#cluster}`;
      const renew = this.#distributed('CREATE OR REPLACE TABLE', database!, table!);
      return [local + statement.slice(head.length), renew];
    }
    const dropped = DROP_TABLE.exec(statement);
    if (dropped !== null) {
      const [, database, table] = dropped;
      const drop = (name: string): string =>
        `DROP TABLE IF EXISTS ${database}.${name} ON CLUSTER ${this.#cluster} SYNC`;
      return [drop(table!), drop(`${table}_local`)];
    }
    return [statement];
  }

  #createTable(statement: string): string[] {
    const [head, database, table] = CREATE_TABLE.exec(statement)!;
    if (!MERGE_TREE.test(statement)) {
      throw new Error(`${head}: a cluster needs an engine of the MergeTree family`);
    }
    this.#shardBy.set(`${database}.${table}`, sortingKey(statement));
    const body = statement
      .slice(head.length)
      .replace(/^(\s+AS \w+\.\w+)/, '$1_local')
      .replace('non_replicated_deduplication_window', 'replicated_deduplication_window')
      .replace(MERGE_TREE, (_, engine: string, given: string | undefined) => {
        const more = given === undefined || given === '' ? '' : `, ${given}`;
        return `ENGINE = Replicated${engine}(${REPLICA}${more})`;
      });
    const create = `CREATE TABLE IF NOT EXISTS ${database}.${table}_local`;
    const local = `${create} ON CLUSTER ${this.#cluster}${body}`;
    return [local, this.#distributed('CREATE TABLE IF NOT EXISTS', database!, table!)];
  }

  #distributed(create: string, database: string, table: string): string {
    const shardBy = this.#shardBy.get(`${database}.${table}`);
    if (shardBy === undefined) throw new Error(`${database}.${table} is not created before`);
    const name = `${database}.${table}`;
    const over = `${this.#cluster}, ${database}, ${table}_local, cityHash64(${shardBy})`;
    const head = `${create} ${name} ON CLUSTER ${this.#cluster}`;
    return `${head} AS ${name}_local ENGINE = Distributed(${over})`;
  }
}

/** What stands behind ORDER BY, without its brackets. */
function sortingKey(statement: string): string {
  const tokens = [...sqlTokens(statement)].filter((token) => token.depth === 0);
  const by = tokens.findIndex(
    ({ text }, i) => text.toUpperCase() === 'BY' && tokens[i - 1]?.text.toUpperCase() === 'ORDER',
  );
  const first = tokens[by + 1];
  if (by < 0 || first === undefined) throw new Error(`no ORDER BY in: ${statement.slice(0, 80)}`);
  if (first.text !== '(') return first.text;
  const close = tokens.find(({ text, start }) => text === ')' && start > first.start)!;
  return statement.slice(first.end, close.start);
}
