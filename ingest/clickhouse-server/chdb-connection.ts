// The native library: loading chDB, and opening connections to it within bounds of memory.
import { createRequire } from 'node:module';
import { totalmem } from 'node:os';
import type { Session } from 'chdb';
import { TandemError } from '../../engine/base/errors.ts';

const MIN_SERVER_BYTES = 1024 ** 3;
const MARK_CACHE_BYTES = 256 * 1024 ** 2;

/** One chDB connection: settings, parameters, current database, temporary tables. */
export type Connection = Session;

/** A string literal of ClickHouse's SQL. */
export const literal = (text: string): string =>
  `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

export interface ChdbModule {
  Session: new (path: string, options: { connectionArgs: string[] }) => Session;
  drainPending(): Promise<void>;
}

/** chdb's ESM entry leaves out drainPending, hence require; loading it costs 0.2 s and 150 MB. */
export function loadChdb(): ChdbModule {
  try {
    return createRequire(import.meta.url)('chdb') as ChdbModule;
  } catch (cause) {
    const message =
      'embedded ClickHouse (package chdb) does not load on this platform; ' +
      'set `clickhouse: http://user:password@host:8123` to a ClickHouse server instead';
    throw new TandemError('TDM_CLICKHOUSE_FAILED', message, { cause });
  }
}

/**
 * Calls run beside the packet engine: without bounds chDB takes nine tenths of the memory. A query
 * that needs more sorts and groups on disk, then fails; clients may set the query's bounds.
 */
export function connect(chdb: ChdbModule, directory: string): Connection {
  const server = Math.max(MIN_SERVER_BYTES, Math.floor(totalmem() / 2));
  const query = Math.floor(server / 2);
  const spill = Math.floor(query / 2);
  return new chdb.Session(directory, {
    connectionArgs: [
      `--max_server_memory_usage=${server}`,
      `--mark_cache_size=${MARK_CACHE_BYTES}`,
      `--max_memory_usage=${query}`,
      `--max_bytes_before_external_group_by=${spill}`,
      `--max_bytes_before_external_sort=${spill}`,
    ],
  });
}
