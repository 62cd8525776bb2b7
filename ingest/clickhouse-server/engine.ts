// chDB behind the HTTP front: one data directory, one connection per request, reads and writes in
// lanes of their own.
//
// Why a connection per request: settings and `param_*` are state of a chDB connection, and a
// connection costs 0.5 ms while the directory is open. The `keeper` connection holds it open.
// chDB cannot interrupt a call, but KILL QUERY works from another connection: each query carries
// its id in `log_comment`, by which it is found again.
import { TandemError } from '../../engine/base/errors.ts';
import { connect, literal, loadChdb } from './chdb-connection.ts';
import type { Connection } from './chdb-connection.ts';
import { createLane } from './lane.ts';
import { ServerException } from './server-exception.ts';

/** Of libuv's four threads, at most this many wait in chDB: files stay writable meanwhile. */
const READ_WIDTH = 2;
const WRITE_WIDTH = 1;
const MAX_WAITING = 256;

export interface EngineQuery {
  /** Reads may be killed when the client leaves; writes always run to their end. */
  readonly kind: 'read' | 'write' | 'kill';
  readonly sql: string;
  /** Output format where the statement names none. */
  readonly format: string;
  /** Settings and `param_*` values, as text, applied to the connection before the statement. */
  readonly settings: ReadonlyMap<string, string>;
  readonly database: string | undefined;
  /** Unique among running queries. */
  readonly id: string;
  /** Fires when the client is gone. */
  readonly signal: AbortSignal;
}

export interface EngineResult {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
  readonly elapsedSeconds: number;
}

export interface Engine {
  /** ClickHouse's version, such as `26.7.2.1`. */
  readonly version: string;
  /** Server time zone, an IANA name. */
  readonly timezone: string;
  /** A connection of the caller's own, for an HTTP session; close it with `close()`. */
  connect(): Connection;
  /** Runs one statement, on `connection` or on a fresh one. Rejects with chDB's exception text. */
  run(query: EngineQuery, connection?: Connection): Promise<EngineResult>;
  /** Refuses new queries, kills running reads, waits for running writes. */
  drain(): Promise<void>;
  /** Closes the directory; after `drain`, and when all connections of `connect` are closed. */
  close(): Promise<void>;
}

/** A name that can stand in SET; anything else would change the statement. */
const SETTING_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

function setStatement(query: EngineQuery): string {
  const parts: string[] = [];
  for (const [name, value] of query.settings) {
    if (!SETTING_NAME.test(name)) {
      throw new ServerException(`Setting name '${name}' is not an identifier`, 'BAD_ARGUMENTS');
    }
    // After `readonly` no further setting is accepted: it comes last.
    if (name !== 'readonly') parts.push(`${name}=${literal(value)}`);
  }
  parts.push(`log_comment=${literal(query.id)}`);
  const readonly = query.settings.get('readonly');
  if (readonly !== undefined) parts.push(`readonly=${literal(readonly)}`);
  return `SET ${parts.join(', ')}`;
}

async function runOn(connection: Connection, query: EngineQuery): Promise<EngineResult> {
  if (query.database !== undefined) {
    await connection.queryAsync(`USE \`${query.database.replaceAll('`', '``')}\``);
  }
  await connection.queryAsync(setStatement(query));
  const result = await connection.queryAsync(query.sql, { format: query.format });
  return {
    bytes: result.bytes(),
    rowsRead: result.rowsRead,
    bytesRead: result.bytesRead,
    elapsedSeconds: result.elapsed,
  };
}

/**
 * Kills the query with an id. One at a time, so that many leaving clients do not take all threads.
 * Best effort: the query may just have ended, and its own result decides what the client sees.
 */
function createKill(keeper: Connection): (id: string) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (id) => {
    const sql = `KILL QUERY WHERE Settings['log_comment'] = ${literal(id)} ASYNC`;
    last = last.then(() => keeper.queryAsync(sql)).catch(() => undefined);
    return last;
  };
}

/**
 * Opens `directory` (created if missing) in this process. One process at a time may hold it.
 * @throws TandemError TDM_CLICKHOUSE_FAILED when chDB does not load or refuses the directory
 */
export async function openEngine(directory: string): Promise<Engine> {
  const chdb = loadChdb();
  let keeper: Connection;
  try {
    keeper = connect(chdb, directory);
  } catch (cause) {
    // chDB prints the reason on stderr, not into its error.
    const message =
      `embedded ClickHouse cannot open ${directory}; another process may hold it, ` +
      'or it cannot be written (the line before this one says which)';
    throw new TandemError('TDM_CLICKHOUSE_FAILED', message, { cause });
  }
  const about = await keeper.queryAsync('SELECT version(), timezone()', { format: 'TSV' });
  const [version = '', timezone = ''] = about.text().trim().split('\t');
  const lanes = {
    read: createLane(READ_WIDTH, MAX_WAITING),
    write: createLane(WRITE_WIDTH, MAX_WAITING),
    kill: createLane(1, MAX_WAITING),
  };
  const reading = new Set<string>();
  const running = new Set<Promise<unknown>>();
  let closing = false;

  const kill = createKill(keeper);

  const execute = async (query: EngineQuery, given?: Connection): Promise<EngineResult> => {
    if (closing) throw new ServerException('The server is shutting down', 'ABORTED');
    const connection = given ?? connect(chdb, directory);
    const onGone = (): void => void kill(query.id);
    if (query.kind === 'read') {
      reading.add(query.id);
      query.signal.addEventListener('abort', onGone, { once: true });
    }
    try {
      return await runOn(connection, query);
    } finally {
      reading.delete(query.id);
      query.signal.removeEventListener('abort', onGone);
      if (given === undefined) connection.close();
    }
  };

  return {
    version,
    timezone,
    connect: () => connect(chdb, directory),
    run(query, connection) {
      const done = lanes[query.kind].run(query.signal, () => execute(query, connection));
      running.add(done);
      const forget = (): void => void running.delete(done);
      done.then(forget, forget);
      return done;
    },
    async drain() {
      closing = true;
      await Promise.all([...reading].map(kill));
      await Promise.allSettled(running);
    },
    async close() {
      // Closing a connection under a running call aborts the whole process: wait for all of them.
      await chdb.drainPending();
      keeper.close();
      await chdb.drainPending();
    },
  };
}
