// The report command as a user runs it, in a process of its own, against the embedded server with
// a day of known traffic; also on an empty database and without any ClickHouse.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
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
  assert.equal((await report('calls', '--format', 'json')).stdout, '[]\n');
  assert.match((await report('hours', '--format', 'csv')).stdout, /^hour,utc_offset,[^\n]*\r\n$/);
  await insertSampleCalls(server.client);
});

test('JSON: money as exact text, figures as numbers', async () => {
  const output = await report('revenue-details', ...DAY, '--format', 'json', '--account', 'acme');
  const rows = JSON.parse(output.stdout) as Record<string, unknown>[];
  assert.deepEqual(
    rows.map((row) => [row['call_level'], row['calls'], row['customer_fee']]),
    [
      ['', 1, '0'],
      ['international', 1, '1000000000000.000000001'],
      ['local', 2, '0.123456789'],
    ],
  );
});

test('table and CSV: aligned, quoted', async () => {
  const table = await report('gateways', ...DAY);
  const lines = table.stdout.trimEnd().split('\n');
  assert.equal(lines.at(-1), '4 rows');
  assert.match(lines[2]!, /^mapping {2}acme-1 +4 +2 +50 +90 +2333 +3$/);
  const csv = await report('gateways', ...DAY, '--format', 'csv', '--gateway', 'beta, "inc"');
  assert.equal(csv.stdout.split('\r\n')[1], 'mapping,"beta, ""inc""",1,0,0,,,0');
});

test('search: a page, the next one by its name, all of them as CSV', async () => {
  const first = await report('calls', ...DAY, '--limit', '3', '--format', 'json');
  const page = /^next page: --page (\S+)\n$/.exec(first.stderr)?.[1];
  assert.ok(page !== undefined);
  const second = await report('calls', ...DAY, '--limit', '3', '--format', 'json', '--page', page);
  assert.equal(second.stderr, '');
  const ids = [first, second].flatMap(({ stdout }) =>
    (JSON.parse(stdout) as { id: string }[]).map(({ id }) => id),
  );
  assert.equal(new Set(ids).size, 5);
  const all = await report('cdr-search', ...DAY, '--all', '--format', 'csv');
  const lines = all.stdout.trimEnd().split('\r\n').slice(1);
  assert.deepEqual(
    lines.map((line) => line.slice(line.lastIndexOf(',') + 1)),
    ids,
  );
});

test('generate: makes the tables of a day', async () => {
  const output = await report('generate', '--day', '2026-03-02');
  assert.equal(output.code, 0, output.stderr);
  assert.match(output.stdout, /^tandem\.report_revenue_details: 4 rows\n/);
  assert.doesNotMatch(output.stdout, /report_clearing/);
});

test('parameters and server time come from the configuration', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-report-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const hour = new Date().getUTCHours();
  // Both hours, should the clock pass from one to the next now; Dhaka is six hours ahead.
  const hours = [(hour + 6) % 24, (hour + 7) % 24].sort((a, b) => a - b);
  writeFileSync(join(folder, 'tandem.yaml'), 'timezone: Asia/Dhaka\n');
  writeFileSync(
    join(folder, 'provision.yaml'),
    `parameters: { SERVER_QUERY_CDR_DENY_TIME: '${hours.join(',')}' }\n`,
  );
  const output = await report('calls', '--config', join(folder, 'tandem.yaml'));
  assert.equal(output.code, 1);
  assert.match(output.stderr, /TDM_QUERY_REFUSED: .*SERVER_QUERY_CDR_DENY_TIME.*Asia\/Dhaka/);
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
