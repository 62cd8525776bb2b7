// Retries of the writer against an HTTP server that misbehaves first. What the real ClickHouse
// does with the same insert is tested in ingest.test.ts.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { test } from 'node:test';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import { attemptColumns, cdrColumns, COLUMN_DEFAULTS } from '../../engine/cdr/schema.ts';
import { clickHouseProblem } from '../../ingest/clickhouse-problem.ts';
import { ClickHouseWriter } from '../../ingest/clickhouse-writer.ts';
import { newIngestState } from '../../ingest/ingest-state.ts';
import { RowBlock, rowLayout } from '../../ingest/row-binary.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

const refuse: Answer = (_request, response) => {
  response.writeHead(500, { 'X-ClickHouse-Exception-Code': '241' });
  response.end('Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)');
};
const reset: Answer = (request) => request.socket.destroy();
const hang: Answer = () => undefined;
const accept: Answer = (_request, response) => response.end();

interface Bench {
  readonly writer: ClickHouseWriter;
  readonly state: ReturnType<typeof newIngestState>;
  /** One line a request: table, token, body. */
  readonly requests: string[];
  readonly warnings: object[];
}

/** A server that gives `answers` in turn and accepts from then on. */
async function bench(t: TestContext, answers: Answer[]): Promise<Bench> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url!, 'http://localhost');
      const query = url.searchParams.get('query') ?? '';
      const table = /INTO (\S+)/.exec(query)?.[1];
      const token = url.searchParams.get('insert_deduplication_token');
      requests.push(`${table} ${token} ${Buffer.concat(chunks).toString()}`);
      (answers.shift() ?? accept)(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const log = { level: ClickHouseLogLevel.OFF };
  const client = createClient({ url: `http://127.0.0.1:${port}`, request_timeout: 200, log });
  t.after(async () => {
    await client.close();
    server.closeAllConnections();
    server.close();
  });
  const state = newIngestState();
  const warnings: object[] = [];
  const ignore = (): void => undefined;
  const warn = (figures: object): unknown => warnings.push(figures);
  const writer = new ClickHouseWriter(client, state, { info: ignore, error: ignore, warn });
  return { writer, state, requests, warnings };
}

const CDR = cdrColumns.map(({ name, type, optional }) => {
  if (name === 'id') return '019caa00-0000-7000-8000-000000000001';
  if (optional) return null;
  return type === 'text' ? name : COLUMN_DEFAULTS[type];
});
const ATTEMPT = attemptColumns.map(({ name, type, optional }) => {
  if (name === 'id') return '019caa00-0000-7000-8000-000000000001';
  if (optional) return null;
  return type === 'text' ? name : COLUMN_DEFAULTS[type];
});
const cdrs = new RowBlock(rowLayout(cdrColumns));
cdrs.add(CDR);
const attempts = new RowBlock(rowLayout(attemptColumns));
attempts.add(ATTEMPT);
const batch = { token: 'edge-1:1.5:24-99', cdrs, attempts };

test('the same batch goes again under the same token until it is taken', async (t) => {
  const { writer, state, requests, warnings } = await bench(t, [refuse, reset, hang]);
  assert.equal(await writer.write(batch, new AbortController().signal), true);
  const cdr = 'tandem.cdr edge-1:1.5:24-99 ';
  const attempt = 'tandem.cdr_attempt edge-1:1.5:24-99 ';
  const bytes = cdrs.bytes.toString();
  assert.deepEqual(requests.slice(0, 4), Array<string>(4).fill(cdr + bytes));
  assert.equal(requests.length, 5);
  assert.ok(requests[4]?.startsWith(attempt));
  assert.equal(warnings.length, 3);
  assert.equal(state.insertErrors, 3);
  assert.deepEqual([state.insertedCdrs, state.insertedAttempts], [1, 1]);
  assert.deepEqual([state.clickHouseOk, state.lastError], [true, '']);
});

test('what is refused is told with what to do', async (t) => {
  const answers: [number, string, RegExp][] = [
    [516, 'tandem: Authentication failed. (AUTHENTICATION_FAILED)', /correct them in `clickhouse`/],
    [497, 'tandem: Not enough privileges. (ACCESS_DENIED)', /GRANT SELECT, INSERT/],
    [16, 'No such column tax in table. (NO_SUCH_COLUMN_IN_TABLE)', /tables are of another version/],
    [252, 'Too many parts. (TOO_MANY_PARTS)', /takes inserts again/],
  ];
  for (const [code, said, advice] of answers) {
    const refused: Answer = (_request, response) => {
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': String(code) });
      response.end(`Code: ${code}. DB::Exception: ${said}`);
    };
    const { writer, warnings } = await bench(t, [refused]);
    assert.equal(await writer.write(batch, new AbortController().signal), true);
    const [{ error }] = warnings as [{ error: string }];
    assert.match(error, advice);
  }
});

test('a server that is away is named, and gets the batch when it is back', async (t) => {
  const { writer, state, requests } = await bench(t, Array<Answer>(6).fill(reset));
  assert.equal(await writer.write(batch, new AbortController().signal), true);
  assert.equal(state.insertErrors, 6);
  assert.equal(new Set(requests.slice(0, 7)).size, 1, 'the same bytes each time');
  assert.match(
    clickHouseProblem(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
    /start ClickHouse/,
  );
});

test('while ClickHouse refuses the state says so, and an abort ends the trying', async (t) => {
  const { writer, state } = await bench(t, Array<Answer>(100).fill(refuse));
  const abort = new AbortController();
  const writing = writer.write(batch, abort.signal);
  while (state.insertErrors < 2) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(state.clickHouseOk, false);
  assert.match(state.lastError, /Memory limit exceeded/);
  abort.abort();
  assert.equal(await writing, false);
  assert.equal(state.insertedCdrs, 0);
});

test('a table without rows is left alone', async (t) => {
  const { writer, requests } = await bench(t, []);
  const none = new RowBlock(rowLayout(attemptColumns));
  await writer.write({ ...batch, attempts: none }, new AbortController().signal);
  assert.equal(requests.length, 1);
});
