// Answers in the shape of a ClickHouse server: headers, Content-Type by format, compression.
// ClickHouse documentation, "HTTP Interface" (response headers) and "Formats".
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hostname } from 'node:os';
import { promisify } from 'node:util';
import { brotliCompress, constants, deflate, gzip } from 'node:zlib';
import { compressBlocks } from './block-compression.ts';
import type { ExceptionReply } from './server-exception.ts';

export interface Summary {
  readonly readRows: number;
  readonly readBytes: number;
  readonly writtenRows: number;
  readonly writtenBytes: number;
  readonly resultBytes: number;
  readonly elapsedSeconds: number;
}

const UTF8 = '; charset=UTF-8';

const TYPES: readonly (readonly [pattern: RegExp, type: string])[] = [
  [/^(TabSeparated|TSV)\w*WithNames/, `text/tab-separated-values${UTF8}; header=present`],
  [/^(TabSeparated|TSV)/, `text/tab-separated-values${UTF8}`],
  [/^CSVWithNames/, `text/csv${UTF8}; header=present`],
  [/^CSV/, `text/csv${UTF8}; header=absent`],
  [/^(JSON\w*EachRow\w*|NDJSON|JSONLines)$/, `application/x-ndjson${UTF8}`],
  [/^JSON/, `application/json${UTF8}`],
  [/^XML$/, `application/xml${UTF8}`],
  [/^Prometheus$/, `text/plain; version=0.0.4${UTF8}`],
  [
    /^(Native|RowBinary|Arrow|Parquet|ORC|Avro|MsgPack|BSONEachRow|Protobuf|CapnProto|Npy)/,
    'application/octet-stream',
  ],
];

/** `Content-Type` of an answer in `format`. */
export function contentType(format: string): string {
  return TYPES.find(([pattern]) => pattern.test(format))?.[1] ?? `text/plain${UTF8}`;
}

/** The `X-ClickHouse-Summary` value: counts are decimal strings, as the real server writes them. */
export function summaryHeader(summary: Summary): string {
  return JSON.stringify({
    read_rows: String(summary.readRows),
    read_bytes: String(summary.readBytes),
    written_rows: String(summary.writtenRows),
    written_bytes: String(summary.writtenBytes),
    total_rows_to_read: '0',
    result_rows: '0',
    result_bytes: String(summary.resultBytes),
    elapsed_ns: String(Math.round(summary.elapsedSeconds * 1e9)),
  });
}

type Compress = (bytes: Uint8Array) => Promise<Buffer>;

const brotli = promisify<Uint8Array, object, Buffer>(brotliCompress);
const COMPRESSORS: readonly (readonly [name: string, compress: Compress])[] = [
  ['gzip', promisify<Uint8Array, Buffer>(gzip)],
  ['deflate', promisify<Uint8Array, Buffer>(deflate)],
  // Brotli's default level takes seconds per 10 MB; 4 compares with gzip's default.
  ['br', (bytes) => brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })],
];

function accepted(request: IncomingMessage): (typeof COMPRESSORS)[number] | undefined {
  const offered = (request.headers['accept-encoding'] ?? '')
    .split(',')
    .filter((item) => !/;\s*q=0(\.0*)?\s*$/.test(item))
    .map((item) => item.split(';')[0]!.trim().toLowerCase());
  return COMPRESSORS.find(([name]) => offered.includes(name));
}

/**
 * Sends `bytes`.
 * @param compression `http`: in an encoding that the client accepts (`enable_http_compression`);
 *   `blocks`: in ClickHouse's own blocks within that (`compress`)
 */
export async function sendResult(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  compression: { readonly http: boolean; readonly blocks: boolean },
): Promise<void> {
  const chosen = compression.http ? accepted(request) : undefined;
  let body = compression.blocks ? compressBlocks(bytes) : bytes;
  if (chosen !== undefined) {
    response.setHeader('Content-Encoding', chosen[0]);
    body = await chosen[1](body);
  }
  response.setHeader('Content-Length', body.byteLength);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Sends an exception; the connection stays usable unless part of the request is still unread. */
export function sendException(
  request: IncomingMessage,
  response: ServerResponse,
  reply: ExceptionReply,
): void {
  if (response.headersSent || response.destroyed) return;
  response.statusCode = reply.status;
  response.setHeader('X-ClickHouse-Exception-Code', reply.code);
  response.setHeader('Content-Type', `text/plain${UTF8}`);
  if (!request.complete) response.setHeader('Connection', 'close');
  // The client decompresses whatever it gets.
  const isBlocks = /[?&]compress=1(&|$)/.test(request.url ?? '');
  const body = isBlocks ? compressBlocks(Buffer.from(reply.body)) : reply.body;
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Headers that every answer carries. */
export function setServerHeaders(response: ServerResponse, timezone: string): void {
  response.setHeader('X-ClickHouse-Server-Display-Name', hostname());
  response.setHeader('X-ClickHouse-Timezone', timezone);
}
