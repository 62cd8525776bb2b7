// One HTTP request as a query: the statement (from the URL, the body or both), its data, database,
// settings and parameters. ClickHouse documentation, "HTTP Interface".
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { readForm } from './form-body.ts';
import { openBody } from './request-body.ts';
import type { RequestBody } from './request-body.ts';
import { ServerException } from './server-exception.ts';
import { parseStatement } from './statement.ts';
import type { InsertWithData, PlainStatement } from './statement.ts';

/** URL parameters that are no settings. */
const RESERVED = new Set([
  ...['query', 'database', 'default_format', 'user', 'password', 'quota_key', 'query_id'],
  ...['session_id', 'session_timeout', 'session_check', 'close_session'],
  // The answer is always buffered to its end, so these hold already.
  ...['buffer_size', 'wait_end_of_query', 'stacktrace'],
  ...['compress', 'decompress', 'client_protocol_version'],
]);
export interface QueryRequest {
  readonly queryId: string;
  readonly statement: InsertWithData | PlainStatement;
  /** The statement's text; for an INSERT it may go on with (the beginning of) its data. */
  readonly text: string;
  /** For an INSERT: data that stood in the URL, and where in the body the data goes on. */
  readonly dataPrefix: Buffer;
  readonly dataFrom: number;
  readonly body: RequestBody;
  readonly database: string | undefined;
  readonly defaultFormat: string;
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: URLSearchParams;
  /** Answer in ClickHouse's own compressed blocks. */
  readonly compress: boolean;
  /** Revision of the Native format that the client reads; 0: the first. */
  readonly clientRevision: number;
}

/** Clients send empty parameters and headers for what they leave out. */
function given(value: string | string[] | null | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function clientRevisionOf(parameters: URLSearchParams): number {
  const text = parameters.get('client_protocol_version') ?? '';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function settingsOf(request: IncomingMessage, parameters: URLSearchParams): Map<string, string> {
  const settings = new Map<string, string>();
  for (const [name, value] of parameters) {
    if (RESERVED.has(name)) continue;
    if (name === 'role') {
      throw new ServerException('Roles are not supported: there is one user', 'NOT_IMPLEMENTED');
    }
    settings.set(name, value);
  }
  // As the real server: GET and HEAD never change anything. A session's connection would stay
  // read-only for good, so there the statement is refused by its kind instead.
  const readonly = settings.get('readonly') ?? '0';
  const guarded = request.method !== 'POST' && !parameters.has('session_id');
  if (guarded && readonly === '0') settings.set('readonly', '2');
  return settings;
}

/** Statement in the URL: the body goes on with an INSERT's data, else with the text. */
async function fromUrl(
  query: string,
  body: RequestBody,
): Promise<Pick<QueryRequest, 'statement' | 'text' | 'dataPrefix' | 'dataFrom'>> {
  const statement = parseStatement(query);
  if (statement.kind === 'insert') {
    const dataPrefix = Buffer.from(query.slice(statement.dataAt));
    return { statement, text: query, dataPrefix, dataFrom: 0 };
  }
  const rest = await body.readAll();
  if (rest.length === 0) return { statement, text: query, dataPrefix: rest, dataFrom: 0 };
  const text = `${query}\n${rest.toString('utf8')}`;
  return { statement: parseStatement(text), text, dataPrefix: Buffer.alloc(0), dataFrom: 0 };
}

async function fromBody(
  body: RequestBody,
): Promise<Pick<QueryRequest, 'statement' | 'text' | 'dataPrefix' | 'dataFrom'>> {
  // Data may be binary: seen as latin1, offsets in the text are offsets in bytes.
  const seen = body.head.toString('latin1');
  const insert = /^[\s(]*(?:--|#|\/\*|insert)/i.test(seen) ? parseStatement(seen) : undefined;
  const dataPrefix = Buffer.alloc(0);
  if (insert?.kind === 'insert' && insert.format !== undefined) {
    const text = body.head.subarray(0, insert.dataAt).toString('utf8');
    return { statement: parseStatement(text), text, dataPrefix, dataFrom: insert.dataAt };
  }
  const text = (await body.readAll()).toString('utf8');
  if (text.trim() === '') throw new ServerException('Empty query', 'SYNTAX_ERROR');
  return { statement: parseStatement(text), text, dataPrefix, dataFrom: body.head.length };
}

/**
 * Reads `request` up to the point where an INSERT's data begins.
 * @param parameters of the URL; fields of a form body are added to it
 * @throws ServerException
 */
export async function readQueryRequest(
  request: IncomingMessage,
  parameters: URLSearchParams,
): Promise<QueryRequest> {
  const body = await openBody(request, parameters.get('decompress') === '1');
  const type = request.headers['content-type'] ?? '';
  const isForm = /^multipart\/form-data/i.test(type);
  if (isForm) {
    for (const [name, value] of readForm(await body.readAll(), type)) parameters.set(name, value);
  }
  const query = parameters.get('query') ?? '';
  const empty: RequestBody = {
    head: Buffer.alloc(0),
    readAll: () => Promise.resolve(Buffer.alloc(0)),
    save: (file, prefix) => body.save(file, prefix, body.head.length),
  };
  const source = isForm ? empty : body;
  const found = query === '' ? await fromBody(source) : await fromUrl(query, source);
  return {
    ...found,
    body: source,
    queryId: given(parameters.get('query_id')) ?? randomUUID(),
    database: given(parameters.get('database')) ?? given(request.headers['x-clickhouse-database']),
    defaultFormat:
      given(parameters.get('default_format')) ??
      given(request.headers['x-clickhouse-format']) ??
      'TabSeparated',
    settings: settingsOf(request, parameters),
    parameters,
    compress: parameters.get('compress') === '1',
    clientRevision: clientRevisionOf(parameters),
  };
}
