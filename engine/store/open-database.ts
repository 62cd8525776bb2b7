// Opens the SQLite file through libsql, which ships its binaries and speaks better-sqlite3's API.
// The only file that knows the driver.
import Libsql from 'libsql';

const OPEN_PATIENCE_MS = 2000;

/** What Kysely needs of a statement. */
type Statement = Pick<Libsql.Statement, 'reader' | 'all' | 'run' | 'iterate'>;

/** What Kysely needs of a database, and the pragma that tells of other connections' changes. */
export interface OpenDatabase {
  prepare(sql: string): Statement;
  dataVersion(): number;
  close(): void;
}

/** @throws what libsql throws */
export function openDatabase(path: string): OpenDatabase {
  const database = new Libsql(path);
  try {
    // Another process may just be repairing the file after a crash. Later waits do not block.
    database.exec(`pragma busy_timeout = ${OPEN_PATIENCE_MS}`);
    // A commit that was acknowledged is on disk, also when the power fails.
    database.exec('pragma journal_mode = wal; pragma synchronous = full');
    database.exec('pragma busy_timeout = 0');
    const version = database.prepare('pragma data_version');
    return {
      prepare: (sql) => (sql === 'begin' ? beginning(database) : database.prepare(sql)),
      dataVersion: () => (version.get() as { data_version: number }).data_version,
      close: () => {
        if (database.open) database.close();
      },
    };
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Takes the write lock at once: a transaction that begins by reading could not become a writing one
 * beside another writer. Not as a prepared statement: when the lock is taken, such a one would keep
 * what it can see, and so all of the connection, at that moment until it is collected as garbage.
 */
function beginning(database: Libsql.Database): Statement {
  const run = (): Libsql.RunResult => {
    database.exec('begin immediate');
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, run, all: () => [], iterate: () => [].values() };
}
