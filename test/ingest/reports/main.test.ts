// The report command as a user runs it, in a process of its own, against the embedded server with
// a day of known traffic; also on an empty database and without any ClickHouse.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { renderReport } from '../../../ingest/reports/render-report.ts';
import { parseReportArguments } from '../../../ingest/reports/report-arguments.ts';
import { runReport } from '../../../ingest/reports/run-report.ts';
import { migrate } from '../../../ingest/migrations/migrate.ts';
import { startScratchServer } from '../clickhouse-server/scratch-server.ts';
import type { ScratchServer } from '../clickhouse-server/scratch-server.ts';
import { insertSampleCalls } from './sample-calls.ts';

const main = fileURLToPath(new URL('../../../ingest/reports/main.js', import.meta.url));
const DAY = ['--from', '2026-03-02', '--to', '2026-03-02'];

let server: ScratchServer;
before(async () => {
  server = await startScratchServer({ user: 'reader', password: 'p@ss' });
});
after(() => server.close());

interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

function report(...args: string[]): Promise<Output> {
  const url = server.url.replace('http://', 'http://reader:p%40ss@');
  return runMain([...args, '--clickhouse', url]);
}

function runMain(args: string[]): Promise<Output> {
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
  });
}

/** The same path without the cost of a process per report. */
async function rows(...args: string[]): Promise<Record<string, unknown>[]> {
  const { request } = parseReportArguments(args, Date.now());
  const result = await runReport(server.client, request);
  return JSON.parse(renderReport(result, 'json')) as Record<string, unknown>[];
}

test('before ingest ever ran, the error says what is missing', async () => {
  const output = await report('calls');
  assert.equal(output.code, 1);
  assert.match(output.stderr, /TDM_CLICKHOUSE_FAILED.*ingest creates the tables/);
});

test('empty results print a header and 0 rows', async () => {
  await migrate(server.client);
  const output = await report('gateways');
  assert.equal(output.code, 0);
  assert.match(
    output.stdout,
    /^side +gateway +calls +answered +asr_percent[^\n]*\n[- ]+\n0 rows\n$/,
  );
  assert.deepEqual(await rows('calls'), []);
  assert.match((await report('hours', '--format', 'csv')).stdout, /^hour,calls,[^\n]*\r\n$/);
  await insertSampleCalls(server.client);
});

test('gateways: figures worked out by hand, nothing of the neighbouring days', async () => {
  assert.deepEqual(await rows('gateways', ...DAY), [
    // 60 s and 120 s answered of 4 calls; PDD of the three that rang: 1, 2, 4 s.
    {
      side: 'mapping',
      gateway: 'acme-1',
      calls: 4,
      answered: 2,
      asr_percent: 50,
      acd_seconds: 90,
      pdd_mean_ms: 2333,
      pdd_p95_ms: 4000,
      minutes: 3,
    },
    {
      side: 'mapping',
      gateway: 'beta, "inc"',
      calls: 1,
      answered: 0,
      asr_percent: 0,
      acd_seconds: null,
      pdd_mean_ms: null,
      pdd_p95_ms: null,
      minutes: 0,
    },
    {
      side: 'routing',
      gateway: 'alpha-1',
      calls: 3,
      answered: 2,
      asr_percent: 66.67,
      acd_seconds: 90,
      pdd_mean_ms: 2333,
      pdd_p95_ms: 4000,
      minutes: 3,
    },
    {
      side: 'routing',
      gateway: 'omega',
      calls: 2,
      answered: 0,
      asr_percent: 0,
      acd_seconds: null,
      pdd_mean_ms: null,
      pdd_p95_ms: null,
      minutes: 0,
    },
  ]);
  const one = await rows('gateways', ...DAY, '--gateway', 'omega');
  assert.deepEqual(
    one.map((row) => row['calls']),
    [2],
  );
});

test('calls: newest first, filtered, limited, money exact, times in the zone', async () => {
  const all = await rows('calls', ...DAY, '--timezone', 'UTC');
  assert.equal(all.length, 5);
  assert.equal(all[0]!['started_at_local'], '2026-03-02 23:00:00.000');
  assert.equal(all.at(-1)!['customer_fee'], '0.123456789');
  assert.equal((await rows('calls', ...DAY, '--limit', '2')).length, 2);
  assert.equal((await rows('calls', ...DAY, '--gateway', 'omega')).length, 1);
  assert.equal((await rows('calls', ...DAY, '--code', '486')).length, 2);
  assert.equal((await rows('calls', ...DAY, '--callee', '8801999')).length, 1);
  assert.equal((await rows('calls', ...DAY, '--callee', '8801*')).length, 5);
  assert.equal((await rows('calls', ...DAY, '--callee', '008801999')).length, 1);
  assert.equal((await rows('calls', ...DAY, '--callee', '8801')).length, 0);
  assert.equal((await rows('calls', ...DAY, '--account', "o'none")).length, 0);
  const dhaka = await rows(
    'calls',
    '--from',
    '2026-03-03',
    '--to',
    '2026-03-03',
    '--timezone',
    'Asia/Dhaka',
  );
  assert.deepEqual(
    dhaka.map((row) => row['started_at_local']),
    ['2026-03-03 06:00:00.000', '2026-03-03 05:00:00.000'],
  );
});

test('codes: release causes and their share on each side', async () => {
  const shares = (await rows('codes', ...DAY)).map((row) => [
    row['side'],
    row['code'],
    row['calls'],
    row['share_percent'],
  ]);
  assert.deepEqual(shares, [
    ['mapping', 200, 2, 40],
    ['mapping', 486, 2, 40],
    ['mapping', 503, 1, 20],
    ['routing', 200, 2, 40],
    ['routing', 486, 2, 40],
    ['routing', 503, 1, 20],
  ]);
});

test('hours: buckets in the zone asked for', async () => {
  const hours = await rows('hours', ...DAY);
  assert.deepEqual(
    hours.map((row) => [row['hour'], row['calls'], row['answered'], row['minutes']]),
    [
      ['2026-03-02 00:00:00', 2, 2, 3],
      ['2026-03-02 01:00:00', 2, 0, 0],
      ['2026-03-02 23:00:00', 1, 0, 0],
    ],
  );
  const local = await rows(
    'hours',
    '--from',
    '2026-03-02T00:00:00Z',
    '--to',
    '2026-03-02T00:30:00Z',
    '--timezone',
    'Asia/Kathmandu',
  );
  assert.deepEqual(
    local.map((row) => row['hour']),
    ['2026-03-02 05:00:00'],
  );
});

test('JSON: the command prints the rows', async () => {
  const output = await report('codes', ...DAY, '--format', 'json');
  assert.deepEqual(JSON.parse(output.stdout), await rows('codes', ...DAY));
});

test('table and CSV: aligned, quoted', async () => {
  const table = await report('gateways', ...DAY);
  const lines = table.stdout.trimEnd().split('\n');
  assert.equal(lines.at(-1), '4 rows');
  assert.match(lines[2]!, /^mapping {2}acme-1 +4 +2 +50 +90 +2333 +4000 +3$/);
  const csv = await report('gateways', ...DAY, '--format', 'csv', '--gateway', 'beta, "inc"');
  assert.equal(csv.stdout.split('\r\n')[1], 'mapping,"beta, ""inc""",1,0,0,,,,0');
});

test('wrong arguments exit 2 and list what is possible', async () => {
  const output = await runMain(['gatways']);
  assert.equal(output.code, 2);
  assert.equal(output.stdout, '');
  assert.match(output.stderr, /TDM_REPORT_ARGUMENTS: there is no report 'gatways'[\s\S]*gateways/);
  assert.match(output.stderr, /\nwhat to do: [^\n]+\n$/);
});

test('without ClickHouse the error names the address, without the password', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await new Promise((done) => holder.once('listening', done));
  const { port } = holder.address() as AddressInfo;
  await new Promise((done) => holder.close(done));
  const output = await runMain(['calls', '--clickhouse', `http://u:secret@127.0.0.1:${port}`]);
  assert.equal(output.code, 1);
  assert.match(output.stderr, /TDM_CLICKHOUSE_FAILED: ClickHouse does not answer \(ECONNREFUSED\)/);
  assert.match(output.stderr, /\nwhat to do: [^\n]*`clickhouse`/);
  assert.match(output.stderr, new RegExp(`http://127\\.0\\.0\\.1:${port}`));
  assert.doesNotMatch(output.stderr, /secret/);
});
