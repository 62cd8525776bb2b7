// ClickHouse for one node without a ClickHouse: chDB in this process behind ClickHouse's HTTP
// interface, so that the writer, the reports, curl and Grafana speak to it as to a real cluster.
//
// Known limits, besides chDB's own (one process per directory, no users, no query_log):
// - answers are built whole in memory before the first byte is sent (no streaming, no progress);
// - not served: external tables, roles, INSERT ... SELECT FROM input(), blocks and Content-Encoding
//   of ZSTD (Node 20 has none), `query_id` in KILL QUERY;
// - Native for clients with client_protocol_version lacks the types whose data this front cannot
//   step over (Variant, Dynamic, JSON, AggregateFunction), and the zone in DateTime('...');
// - settings in the URL of a session stay set for that session;
// - file(), url() and the like reach what the process reaches: keep it on loopback.
import { randomUUID } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { hostPort } from '../../engine/base/endpoint.ts';
import { TandemError } from '../../engine/base/errors.ts';
import { refuseAccess } from './authentication.ts';
import type { Credentials } from './authentication.ts';
import { literal } from './chdb-connection.ts';
import type { Connection } from './chdb-connection.ts';
import { openEngine } from './engine.ts';
import type { Engine, EngineQuery, EngineResult } from './engine.ts';
import { createHttpSessions } from './http-sessions.ts';
import type { HttpSessions } from './http-sessions.ts';
import { nativeForRevision } from './native-revision.ts';
import { readQueryRequest } from './query-request.ts';
import type { QueryRequest } from './query-request.ts';
import { withUpload } from './request-body.ts';
import {
  contentType,
  sendException,
  sendResult,
  setServerHeaders,
  summaryHeader,
} from './response.ts';
import { ServerException, exceptionReply } from './server-exception.ts';

export interface EmbeddedClickHouseOptions {
  /** Directory of the database; created if missing. One process at a time. */
  readonly dataDir: string;
  /** IP address to listen on; keep it on loopback unless a password is set. */
  readonly host: string;
  /** TCP port; 0 takes a free one. */
  readonly port: number;
  /** Default: user `default` with an empty password. */
  readonly user?: string;
  readonly password?: string;
  readonly log: { info(fields: object, message: string): void };
}

export interface EmbeddedClickHouse {
  /** `http://host:port` as bound. */
  readonly url: string;
  /** Refuses new queries, kills reads, finishes writes, closes the database. */
  close(): Promise<void>;
}

const CLOSE_TIMEOUT_MS = 2000;
/** ClickHouse's `http_max_uri_size` (1 MiB) and room for the headers; Node's default is 16 KiB. */
const MAX_HEADER_BYTES = 1024 * 1024 + 65_536;

interface Context {
  readonly engine: Engine;
  readonly sessions: HttpSessions;
  readonly uploadDir: string;
  readonly credentials: Credentials;
}

async function runStatement(
  context: Context,
  query: QueryRequest,
  signal: AbortSignal,
  connection: Connection | undefined,
): Promise<EngineResult> {
  const { statement, settings, database } = query;
  const base = { settings, database, signal, id: randomUUID() };
  const run = (engineQuery: EngineQuery): Promise<EngineResult> =>
    context.engine.run(engineQuery, connection);
  if (statement.kind !== 'insert') {
    const format = query.defaultFormat;
    return run({ ...base, kind: statement.kind, sql: query.text, format });
  }
  const format = statement.format ?? query.defaultFormat;
  if (!/^\w+$/.test(format)) {
    throw new ServerException(`Format name '${format}' is not an identifier`, 'BAD_ARGUMENTS');
  }
  return withUpload(context.uploadDir, base.id, async (file) => {
    await query.body.save(file, query.dataPrefix, query.dataFrom);
    // Line ends, because a part may end in a comment.
    const parts = [
      statement.target,
      `FROM INFILE ${literal(file)}`,
      statement.settings,
      `FORMAT ${format}`,
    ];
    const sql = parts.join('\n');
    return run({ ...base, kind: 'write', sql, format: 'Null' });
  });
}

function setQueryHeaders(
  response: ServerResponse,
  query: QueryRequest,
  result: EngineResult,
): void {
  const { statement } = query;
  const wrote = statement.kind === 'insert';
  const summary = summaryHeader({
    readRows: result.rowsRead,
    readBytes: result.bytesRead,
    writtenRows: wrote ? result.rowsRead : 0,
    writtenBytes: wrote ? result.bytesRead : 0,
    resultBytes: result.bytes.byteLength,
    elapsedSeconds: result.elapsedSeconds,
  });
  response.setHeader('X-ClickHouse-Summary', summary);
  const format = wrote ? undefined : (statement.format ?? query.defaultFormat);
  if (format !== undefined && result.bytes.byteLength > 0) {
    response.setHeader('X-ClickHouse-Format', format);
    response.setHeader('Content-Type', contentType(format));
  } else {
    response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  }
}

/** Native as the client's revision of the protocol has it; other formats as they are. */
function inRevision(
  { statement, defaultFormat, clientRevision }: QueryRequest,
  bytes: Uint8Array,
): Uint8Array {
  if (statement.kind === 'insert' || (statement.format ?? defaultFormat) !== 'Native') return bytes;
  const native = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return nativeForRevision(native, clientRevision);
}

async function answerQuery(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
  parameters: URLSearchParams,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const query = await readQueryRequest(request, parameters);
  response.setHeader('X-ClickHouse-Query-Id', query.queryId);
  const inSession = parameters.has('session_id');
  if (inSession && request.method !== 'POST' && query.statement.kind !== 'read') {
    throw new ServerException('Cannot execute query in readonly mode', 'READONLY');
  }
  const result = inSession
    ? await context.sessions.run(parameters, (connection) =>
        runStatement(context, query, gone.signal, connection),
      )
    : await runStatement(context, query, gone.signal, undefined);
  setQueryHeaders(response, query, result);
  const http = query.settings.get('enable_http_compression') === '1';
  const bytes = inRevision(query, result.bytes);
  await sendResult(request, response, bytes, { http, blocks: query.compress });
}

function sendText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/html; charset=UTF-8' });
  response.end(text);
}

async function answer(
  context: Context,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { engine } = context;
  setServerHeaders(response, engine.timezone);
  const url = new URL(request.url ?? '/', 'http://localhost');
  const reads = request.method === 'GET' || request.method === 'HEAD';
  if (reads && (url.pathname === '/ping' || url.pathname === '/replicas_status')) {
    sendText(response, 200, 'Ok.\n');
  } else if (reads && url.pathname === '/' && url.search === '') {
    sendText(response, 200, 'Ok.\n');
  } else if (url.pathname !== '/' || !(reads || request.method === 'POST')) {
    sendText(response, 404, `There is no handle ${url.pathname}\n`);
  } else {
    const refused = refuseAccess(request, url.searchParams, context.credentials);
    if (refused?.askBasic === true) {
      response.setHeader('WWW-Authenticate', 'Basic realm="ClickHouse server HTTP API"');
      const reply = exceptionReply(refused.exception, engine.version);
      sendException(request, response, { ...reply, status: 401 });
      return;
    }
    if (refused !== undefined) throw refused.exception;
    await answerQuery(context, request, response, url.searchParams);
  }
}

function listen(server: Server, host: string, port: number): Promise<AddressInfo> {
  return new Promise((done, fail) => {
    const onError = (cause: Error): void => {
      const message = `embedded ClickHouse cannot listen on ${host}:${port}: ${cause.message}`;
      fail(new TandemError('TDM_LISTEN_FAILED', message, { cause }));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      done(server.address() as AddressInfo);
    });
  });
}

/**
 * Opens the database and serves it.
 * @throws TandemError TDM_CLICKHOUSE_FAILED (chDB, data directory), TDM_LISTEN_FAILED (port)
 */
export async function startEmbeddedClickHouse(
  options: EmbeddedClickHouseOptions,
): Promise<EmbeddedClickHouse> {
  const dataDir = resolve(options.dataDir);
  const uploadDir = join(dataDir, 'upload');
  if (/[*?{}]/.test(uploadDir)) {
    // chDB reads an upload's path as a pattern.
    const message = `the data directory ${dataDir} has one of the characters * ? { } in its path`;
    throw new TandemError('TDM_CLICKHOUSE_FAILED', message);
  }
  await mkdir(dataDir, { recursive: true });
  const engine = await openEngine(join(dataDir, 'chdb'));
  // Whatever a killed process left here was never acknowledged.
  await rm(uploadDir, { recursive: true, force: true });
  await mkdir(uploadDir);
  const sessions = createHttpSessions(engine);
  const credentials = { user: options.user ?? 'default', password: options.password ?? '' };
  const context = { engine, sessions, uploadDir, credentials };
  const server = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
    answer(context, request, response).catch((error: unknown) =>
      sendException(request, response, exceptionReply(error, engine.version)),
    );
  });
  // A query may run for minutes before its first byte; only the request itself is bounded.
  server.requestTimeout = 300_000;
  server.keepAliveTimeout = 10_000;
  let address: AddressInfo;
  try {
    address = await listen(server, options.host, options.port);
  } catch (error) {
    await engine.close();
    throw error;
  }
  const family = address.family === 'IPv6' ? 6 : 4;
  const url = `http://${hostPort({ family, ip: address.address, port: address.port })}`;
  options.log.info({ url, dataDir, version: engine.version }, 'embedded ClickHouse serves');
  return {
    url,
    async close() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      server.closeIdleConnections();
      await engine.drain();
      sessions.close();
      await engine.close();
      // Answers of the last queries are still on their way out: a client that does not read is cut.
      const cut = setTimeout(() => server.closeAllConnections(), CLOSE_TIMEOUT_MS);
      await closed;
      clearTimeout(cut);
    },
  };
}
