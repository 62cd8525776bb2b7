// HTTP sessions (`session_id`): a chDB connection that outlives the request, so that SET, USE and
// temporary tables hold. ClickHouse documentation, "HTTP Interface", sessions.
import type { Connection } from './chdb-connection.ts';
import type { Engine } from './engine.ts';
import { ServerException } from './server-exception.ts';

const DEFAULT_TIMEOUT_S = 60;
const MAX_TIMEOUT_S = 3600;
const MAX_SESSIONS = 64;

interface HttpSession {
  readonly connection: Connection;
  busy: boolean;
  expiry: NodeJS.Timeout | undefined;
}

export interface HttpSessions {
  /**
   * Runs `task` with the session's connection; a session serves one request at a time.
   * @param parameters URL parameters: `session_id`, `session_timeout` (seconds), `session_check`
   * @throws ServerException SESSION_IS_LOCKED, SESSION_NOT_FOUND, BAD_ARGUMENTS (timeout),
   *   TOO_MANY_SIMULTANEOUS_QUERIES (sessions)
   */
  run<T>(parameters: URLSearchParams, task: (connection: Connection) => Promise<T>): Promise<T>;
  /** Closes all connections; call it when nothing runs any more. */
  close(): void;
}

function timeoutOf(parameters: URLSearchParams): number {
  const text = parameters.get('session_timeout') ?? String(DEFAULT_TIMEOUT_S);
  const seconds = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(seconds <= MAX_TIMEOUT_S)) {
    const message = `Invalid session timeout: '${text}', allowed are 0 to ${MAX_TIMEOUT_S} seconds`;
    throw new ServerException(message, 'BAD_ARGUMENTS');
  }
  return seconds * 1000;
}

export function createHttpSessions(engine: Engine): HttpSessions {
  const sessions = new Map<string, HttpSession>();

  const find = (id: string, mustExist: boolean): HttpSession => {
    const known = sessions.get(id);
    if (known !== undefined) return known;
    if (mustExist) throw new ServerException(`Session ${id} not found`, 'SESSION_NOT_FOUND');
    if (sessions.size >= MAX_SESSIONS) {
      const message = `Too many sessions. Maximum: ${MAX_SESSIONS}`;
      throw new ServerException(message, 'TOO_MANY_SIMULTANEOUS_QUERIES');
    }
    const session = { connection: engine.connect(), busy: false, expiry: undefined };
    sessions.set(id, session);
    return session;
  };

  const drop = (id: string, session: HttpSession): void => {
    clearTimeout(session.expiry);
    sessions.delete(id);
    session.connection.close();
  };

  return {
    async run(parameters, task) {
      const id = parameters.get('session_id') ?? '';
      const timeoutMs = timeoutOf(parameters);
      const session = find(id, parameters.get('session_check') === '1');
      if (session.busy) {
        const message = `Session ${id} is locked by a concurrent client`;
        throw new ServerException(message, 'SESSION_IS_LOCKED');
      }
      session.busy = true;
      clearTimeout(session.expiry);
      try {
        return await task(session.connection);
      } finally {
        session.busy = false;
        session.expiry = setTimeout(() => drop(id, session), timeoutMs).unref();
      }
    },
    close() {
      for (const [id, session] of sessions) drop(id, session);
    },
  };
}
