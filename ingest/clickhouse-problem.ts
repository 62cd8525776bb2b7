// What to tell an operator when ClickHouse refuses or does not answer: its own words, and for the
// known causes what to do about them.
import { ClickHouseError } from '@clickhouse/client';

/** By ClickHouse's name of the error. */
const ADVICE: Readonly<Record<string, string>> = {
  AUTHENTICATION_FAILED: 'user or password are wrong: correct them in `clickhouse` of tandem.yaml',
  REQUIRED_PASSWORD: 'a password is needed: http://user:password@host:8123 in `clickhouse`',
  UNKNOWN_USER: 'the user does not exist: create it, or name another one in `clickhouse`',
  ACCESS_DENIED:
    'the user lacks a right: GRANT SELECT, INSERT, ALTER, CREATE, DROP, TRUNCATE ON tandem.* TO it',
  READONLY: 'the user or the table is read-only: Tandem has to write',
  UNKNOWN_TABLE: 'a table is gone: start ingest again, which creates what is missing',
  UNKNOWN_DATABASE: 'the database is gone: start ingest again, which creates it',
  NO_SUCH_COLUMN_IN_TABLE: 'the tables are of another version: start ingest again to migrate them',
  TOO_MANY_PARTS: 'ClickHouse cannot keep up with merging; it takes inserts again when it has',
  NOT_ENOUGH_SPACE: 'the disk of ClickHouse is full: make room there',
  MEMORY_LIMIT_EXCEEDED: 'ClickHouse is out of memory: give it more, or run less beside it',
  TABLE_IS_READ_ONLY: 'the replica has lost its Keeper: look at system.replicas',
  UNKNOWN_STATUS_OF_INSERT: 'a replica did not answer in time; the same batch goes again',
};

/** By the code of a failed connection. */
const CONNECTION_ADVICE: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there: start ClickHouse, or correct `clickhouse`',
  ENOTFOUND: 'the host name is unknown: correct `clickhouse`',
  EAI_AGAIN: 'the host name cannot be looked up now: check DNS',
};

/** One line: ClickHouse's message without its stack, and what to do where that is known. */
export function clickHouseProblem(error: unknown): string {
  if (error instanceof ClickHouseError) {
    const { type = '', code, message } = error;
    const advice = ADVICE[type];
    const said = `${message.trim()} (${type || code})`;
    return advice === undefined ? said : `${said}: ${advice}`;
  }
  const code = (error as NodeJS.ErrnoException | undefined)?.code ?? '';
  const advice = CONNECTION_ADVICE[code];
  return advice === undefined ? String(error) : `${String(error)}: ${advice}`;
}
