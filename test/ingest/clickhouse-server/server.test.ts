// The HTTP interface as a client and as curl see it: formats, inserts, parameters, settings,
// sessions, compression, read-only GET, errors, and /ping beside a long query.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { ClickHouseError, createClient } from '@clickhouse/client';
import { startScratchServer } from './scratch-server.ts';
import type { ScratchServer } from './scratch-server.ts';

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({});
});
after(() => server.close());

interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
}

/** Plain HTTP, as curl does it: no client library between. */
function http(
  method: string,
  parameters: Record<string, string>,
  body: string | Buffer = '',
  headers: Record<string, string> = {},
): Promise<Reply> {
  const url = `${server.url}/?${new URLSearchParams(parameters).toString()}`;
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        const status = response.statusCode ?? 0;
        resolve({ status, headers: response.headers, bytes, text: bytes.toString() });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

test('the client pings, creates, inserts arrays and streams, selects in text formats', async () => {
  const { client } = server;
  assert.deepEqual(await client.ping(), { success: true });
  assert.deepEqual(await client.ping({ select: true }), { success: true });
  await client.command({
    query: 'CREATE TABLE people (id UInt32, name String) ENGINE = MergeTree ORDER BY id',
  });
  const inserted = await client.insert({
    table: 'people',
    values: [
      { id: 1, name: "O'Neil \\ \t ü" },
      { id: 2, name: '' },
    ],
    format: 'JSONEachRow',
  });
  assert.equal(inserted.summary?.written_rows, '2');
  await client.insert({
    table: 'people',
    values: Readable.from([[3, 'c']]),
    format: 'JSONCompactEachRow',
  });
  await client.insert({
    table: 'people',
    values: Readable.from(['4,"d\ne"\n'], { objectMode: false }),
    format: 'CSV',
    columns: ['id', 'name'],
  });
  const query = 'SELECT id, name FROM people ORDER BY id';
  const names = ["O'Neil \\ \t ü", '', 'c', 'd\ne'];
  const rows = names.map((name, i) => ({ id: i + 1, name }));
  const json = await client.query({ query, format: 'JSON' });
  assert.deepEqual((await json.json<{ id: number; name: string }>()).data, rows);
  const eachRow = await client.query({ query, format: 'JSONEachRow' });
  assert.deepEqual(await eachRow.json(), rows);
  const compact = await client.query({ query, format: 'JSONCompact' });
  assert.deepEqual(
    (await compact.json<unknown[]>()).data,
    rows.map((r) => [r.id, r.name]),
  );
  const streamed: unknown[] = [];
  const stream = (await client.query({ query, format: 'JSONEachRow' })).stream();
  for await (const part of stream) for (const row of part) streamed.push(row.json());
  assert.deepEqual(streamed, rows);
  const csv = await client.query({ query, format: 'CSVWithNames' });
  assert.equal(await csv.text(), '"id","name"\n1,"O\'Neil \\ \t ü"\n2,""\n3,"c"\n4,"d\ne"\n');
  const tsv = await client.query({ query: `${query} LIMIT 1`, format: 'TabSeparated' });
  assert.equal(await tsv.text(), "1\tO\\'Neil \\\\ \\t ü\n");
  const exec = await client.exec({ query: 'SELECT 42 FORMAT TSV' });
  let text = '';
  for await (const part of exec.stream) text += String(part);
  assert.equal(text, '42\n');
});

test('query parameters are bound, in the URL and in a form', async () => {
  const query =
    'SELECT {s:String} AS s, {n:Int64} AS n, {a:Array(String)} AS a, {z:Nullable(String)} AS z';
  const query_params = { s: "tab\t'q' \\", n: '-9007199254740993', a: ["x'", 'y'], z: null };
  const clickhouse_settings = { output_format_json_quote_64bit_integers: 1 } as const;
  const expected = [{ ...query_params }];
  for (const use_multipart_params of [false, true]) {
    const result = await server.client.query({
      query,
      query_params,
      use_multipart_params,
      clickhouse_settings,
      format: 'JSONEachRow',
    });
    assert.deepEqual(await result.json(), expected);
  }
  const form = { 'Content-Type': 'multipart/form-data; boundary=B' };
  const file =
    '--B\r\nContent-Disposition: form-data; name="t"; filename="t"\r\n\r\n1\r\n--B--\r\n';
  assert.equal((await http('POST', { query: 'SELECT 1' }, file, form)).status, 501);
  assert.equal((await http('POST', { query: 'SELECT 1' }, file.slice(0, -6), form)).status, 400);
  const missing = await http('POST', {}, 'SELECT {s:String}');
  assert.equal(missing.headers['x-clickhouse-exception-code'], '456');
});

test('curl style: query in URL, in body, in both; headers as the real server', async () => {
  const inUrl = await http('GET', {
    query: 'SELECT 1 AS a, 2 AS b',
    default_format: 'JSONCompactEachRow',
    query_id: 'q-1',
  });
  assert.equal(inUrl.text, '[1, 2]\n');
  assert.equal(inUrl.headers['content-type'], 'application/x-ndjson; charset=UTF-8');
  assert.equal(inUrl.headers['x-clickhouse-query-id'], 'q-1');
  assert.equal(inUrl.headers['x-clickhouse-format'], 'JSONCompactEachRow');
  assert.match(String(inUrl.headers['x-clickhouse-server-display-name']), /./);
  const summary = JSON.parse(String(inUrl.headers['x-clickhouse-summary'])) as Record<
    string,
    string
  >;
  assert.equal(summary['read_rows'], '1');
  assert.equal((await http('POST', {}, 'SELECT 1')).text, '1\n');
  assert.equal((await http('POST', { query: 'SELECT 1' }, ' + 1')).text, '2\n');
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  assert.equal((await http('POST', {}, 'SELECT 1 + 1', form)).text, '2\n');
  assert.equal(
    (await http('POST', {}, 'SELECT 1 FORMAT CSV')).headers['content-type'],
    'text/csv; charset=UTF-8; header=absent',
  );
  assert.equal((await http('GET', {})).text, 'Ok.\n');
  assert.equal((await http('HEAD', { query: 'SELECT 1' })).status, 200);
});

test('inserts: data in URL, in body, behind the statement, in binary formats', async () => {
  await http('POST', {}, 'CREATE TABLE shapes (a UInt32, b String) ENGINE = MergeTree ORDER BY a');
  await http('POST', { query: "INSERT INTO shapes VALUES (1, 'url')" });
  await http('POST', { query: 'INSERT INTO shapes FORMAT TSV' }, '2\tbody\n');
  await http(
    'POST',
    { param_n: '4' },
    "INSERT INTO shapes VALUES (3, upper('both')), ({n:UInt32}, '𝄞')",
  );
  const native = await http('POST', {}, "SELECT toUInt32(5) AS a, '\\0\\xff' AS b FORMAT Native");
  await http(
    'POST',
    {},
    Buffer.concat([Buffer.from('INSERT INTO shapes FORMAT Native\n'), native.bytes]),
  );
  await http(
    'POST',
    { query: 'INSERT INTO shapes FORMAT RowBinary' },
    Buffer.from([6, 0, 0, 0, 1, 0xfe]),
  );
  const select = await http(
    'POST',
    {},
    'INSERT INTO shapes SELECT 7, toString(number) FROM numbers(1)',
  );
  assert.equal(select.status, 200);
  const rows = await http('POST', {}, 'SELECT a, hex(b) FROM shapes ORDER BY a');
  const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase();
  const expected = [
    ['1', hex('url')],
    ['2', hex('body')],
    ['3', hex('BOTH')],
    ['4', hex('𝄞')],
    ['5', '00FF'],
    ['6', 'FE'],
    ['7', hex('0')],
  ];
  assert.equal(rows.text, expected.map((row) => `${row.join('\t')}\n`).join(''));
});

test('a body far longer than its head arrives whole, compressed or not', async () => {
  await http('POST', {}, 'CREATE TABLE long (n UInt32, s String) ENGINE = MergeTree ORDER BY n');
  const lines = Array.from({ length: 20_000 }, (_, n) => `${n}\t${'x'.repeat(40)}\n`).join('');
  await http('POST', {}, `INSERT INTO long FORMAT TSV\n${lines}`);
  await http('POST', { query: 'INSERT INTO long FORMAT TSV' }, gzipSync(lines), {
    'Content-Encoding': 'gzip',
  });
  const compressing = createClient({
    url: server.url,
    compression: { request: true, response: true },
  });
  const values = Array.from({ length: 5 }, (_, n) => ({ n, s: 'y' }));
  await compressing.insert({ table: 'long', values, format: 'JSONEachRow' });
  const counted = await compressing.query({
    query: 'SELECT count() AS c, sum(n) AS s FROM long',
    format: 'JSONEachRow',
  });
  assert.deepEqual(await counted.json(), [{ c: 40005, s: 2 * 199_990_000 + 10 }]);
  await compressing.close();
  const broken = await http(
    'POST',
    { query: 'INSERT INTO long FORMAT TSV' },
    gzipSync(lines).subarray(0, 3000),
    { 'Content-Encoding': 'gzip' },
  );
  assert.equal(broken.status, 500);
  const zstd = await http('POST', { query: 'SELECT 1' }, 'x', { 'Content-Encoding': 'zstd' });
  assert.equal(zstd.headers['x-clickhouse-exception-code'], '89');
  assert.equal((await http('POST', {}, 'SELECT count() FROM long')).text, '40005\n');
});

test('answers are compressed only when the client asks twice', async () => {
  const query = 'SELECT repeat(toString(number), 10) FROM numbers(1000)';
  const plain = await http('POST', {}, query, { 'Accept-Encoding': 'gzip' });
  assert.equal(plain.headers['content-encoding'], undefined);
  const gzip = await http('POST', { enable_http_compression: '1' }, query, {
    'Accept-Encoding': 'br;q=0, gzip;q=0.5',
  });
  assert.equal(gzip.headers['content-encoding'], 'gzip');
  assert.deepEqual(gunzipSync(gzip.bytes), plain.bytes);
  const brotli = await http('POST', { enable_http_compression: '1' }, query, {
    'Accept-Encoding': 'br',
  });
  assert.deepEqual(brotliDecompressSync(brotli.bytes), plain.bytes);
});

test('settings hold for one request; unknown ones are refused', async () => {
  const ask = "SELECT getSetting('max_result_rows')";
  assert.equal((await http('GET', { query: ask, max_result_rows: '77' })).text, '77\n');
  assert.equal((await http('GET', { query: ask })).text, '0\n');
  const unknown = await http('GET', { query: 'SELECT 1', no_such_setting: '1' });
  assert.equal(unknown.status, 404);
  assert.equal(unknown.headers['x-clickhouse-exception-code'], '115');
  const async = { async_insert: '1', wait_for_async_insert: '1' };
  assert.equal((await http('POST', async, "INSERT INTO people VALUES (50, 'async')")).status, 200);
  assert.equal((await http('POST', {}, 'SELECT count() FROM people WHERE id = 50')).text, '1\n');
  const injected = await http('GET', { query: 'SELECT 1', 'max_threads=1, x': '1' });
  assert.equal(injected.headers['x-clickhouse-exception-code'], '36');
});

test('GET never writes; errors have code, status and text of a ClickHouse server', async () => {
  const create = 'CREATE TABLE by_get (a Int32) ENGINE = Memory';
  const refused = await http('GET', { query: create });
  assert.equal(refused.status, 500);
  assert.equal(refused.headers['x-clickhouse-exception-code'], '164');
  const inSession = await http('GET', { query: create, session_id: 'get' });
  assert.equal(inSession.headers['x-clickhouse-exception-code'], '164');
  const insert = await http('GET', { query: 'INSERT INTO people VALUES (9, 9)' });
  assert.equal(insert.headers['x-clickhouse-exception-code'], '164');
  assert.equal((await http('POST', {}, 'EXISTS TABLE by_get')).text, '0\n');
  const missing = await http('POST', {}, 'SELECT * FROM missing');
  assert.equal(missing.status, 404);
  assert.match(
    missing.text,
    /^Code: 60\. DB::Exception: .*\(UNKNOWN_TABLE\) \(version [\d.]+\)\n$/,
  );
  assert.equal((await http('POST', {}, 'SELEKT 1')).status, 400);
  assert.equal((await http('POST', {}, '')).status, 400);
  const bad = await http(
    'POST',
    { query: 'INSERT INTO people FORMAT JSONEachRow' },
    '{"id":"x"}\n',
  );
  assert.equal(bad.status, 400);
  assert.match(bad.text, /^Code: \d+\. DB::Exception: (?!Code)/);
  assert.doesNotMatch(bad.text, /upload/);
  await assert.rejects(
    server.client.query({ query: 'SELECT nope' }),
    (error) =>
      error instanceof ClickHouseError &&
      error.code === '47' &&
      error.type === 'UNKNOWN_IDENTIFIER',
  );
});

test('database and session: USE and SET hold inside the session only', async () => {
  await http('POST', {}, 'CREATE DATABASE other');
  assert.equal(
    (await http('POST', { database: 'other' }, 'SELECT currentDatabase()')).text,
    'other\n',
  );
  assert.equal((await http('POST', {}, 'SELECT currentDatabase()')).text, 'default\n');
  assert.equal((await http('POST', { database: 'nowhere' }, 'SELECT 1')).status, 404);
  const session = { session_id: 's1' };
  await http('POST', session, 'CREATE TEMPORARY TABLE held (a Int32)');
  await http('POST', session, 'INSERT INTO held VALUES (5)');
  assert.equal((await http('GET', { ...session, query: 'SELECT a FROM held' })).text, '5\n');
  assert.equal((await http('POST', {}, 'SELECT a FROM held')).status, 404);
  const unknown = await http('POST', { session_id: 's2', session_check: '1' }, 'SELECT 1');
  assert.equal(unknown.headers['x-clickhouse-exception-code'], '372');
  const slow = http('POST', session, 'SELECT sleep(0.3)');
  const locked = await http('POST', session, 'SELECT 1');
  const first = await slow;
  assert.deepEqual(
    [locked.headers['x-clickhouse-exception-code'], first.status].sort(),
    [200, '373'].sort(),
  );
});

test('a long query blocks neither /ping nor others, and dies with its client', async () => {
  const endless = 'SELECT count() FROM numbers(1000000000000) WHERE number % 7 = 3';
  const leaving = new AbortController();
  const long = server.client.query({ query: endless, abort_signal: leaving.signal });
  const running = async (): Promise<number> => {
    const query = `SELECT count() FROM system.processes
      WHERE query LIKE '%1000000000000%' AND query NOT LIKE '%processes%'`;
    return Number((await http('POST', {}, query)).text);
  };
  while ((await running()) === 0);
  const started = performance.now();
  assert.deepEqual(await server.client.ping(), { success: true });
  assert.ok(performance.now() - started < 500);
  await http('POST', {}, 'CREATE TABLE beside (a Int32) ENGINE = Memory');
  leaving.abort();
  await assert.rejects(long);
  while ((await running()) !== 0);
});

test('a long URL is read, a statement without end is refused', async () => {
  const list = Array.from({ length: 20_000 }, (_, n) => n).join(',');
  assert.equal((await http('GET', { query: `SELECT 1 IN (${list})` })).text, '1\n');
  const huge = await http('POST', {}, `SELECT 1 /* ${'x'.repeat(17 * 1024 * 1024)} */`);
  assert.equal(huge.status, 413);
});

test('unknown paths and methods', async () => {
  const reply = await fetch(`${server.url}/nothing`);
  assert.equal(reply.status, 404);
  await reply.text();
  assert.equal((await http('DELETE', {})).status, 404);
});
