// `npm run bench -- reports`: fills an embedded ClickHouse with a month of calls, times each report
// over all of them and fails when one is slower than its bar.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClickHouseLogLevel, createClient } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { startEmbeddedClickHouse } from '../../ingest/clickhouse-server/server.ts';
import { migrate } from '../../ingest/migrations/migrate.ts';
import { numberOf, parseArguments } from '../calls/arguments.ts';
import { machineLine } from '../calls/machine.ts';
import { formatTable } from '../calls/table.ts';
import { reportCases } from './report-cases.ts';
import type { ReportCase } from './report-cases.ts';
import { fillRecords } from './report-data.ts';

export const REPORTS_USAGE =
  'reports [--rows 20000000] [--rounds 5] [--only TEXT] [--data DIR (kept)] [--json]';

interface Timing {
  readonly report: string;
  readonly rows: number;
  /** First run, and the median of those after it. */
  readonly firstMs: number;
  readonly medianMs: number;
  /** CPU of one run, all threads, server included: what a busy machine does not change. */
  readonly cpuMs: number;
  readonly barMs: number;
}

async function time(client: ClickHouseClient, one: ReportCase, rounds: number): Promise<Timing> {
  const times: number[] = [];
  let rows = 0;
  let cpu = process.cpuUsage();
  for (let i = 0; i <= rounds; i++) {
    const before = performance.now();
    rows = await one.run(client);
    times.push(performance.now() - before);
    if (i === 0) cpu = process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(cpu);
  const cpuMs = (user + system) / 1000 / rounds;
  const [firstMs = 0, ...warm] = times;
  warm.sort((a, b) => a - b);
  const medianMs = warm[Math.floor(warm.length / 2)] ?? firstMs;
  return { report: one.name, rows, firstMs, medianMs, cpuMs, barMs: one.barMs };
}

function render(timings: readonly Timing[]): string {
  const rows = timings.map(({ report, rows: count, firstMs, medianMs, cpuMs, barMs }) => [
    report,
    String(count),
    firstMs.toFixed(0),
    medianMs.toFixed(0),
    cpuMs.toFixed(0),
    String(barMs),
    medianMs <= barMs ? 'ok' : 'TOO SLOW',
  ]);
  return formatTable([
    ['report', 'rows', 'first ms', 'median ms', 'CPU ms', 'bar ms', ''],
    ...rows,
  ]);
}

/** @returns 1 when a report is slower than its bar */
export async function runReports(words: readonly string[]): Promise<number> {
  const given = parseArguments(words, {
    rows: 'value',
    rounds: 'value',
    only: 'value',
    data: 'value',
    json: 'flag',
  });
  const count = numberOf(given, 'rows', 20_000_000, 1000);
  const rounds = numberOf(given, 'rounds', 5);
  const kept = given.get('data');
  const only = String(given.get('only') ?? '');
  const dataDir = kept === undefined ? await mkdtemp(join(tmpdir(), 'tandem-bench-')) : `${kept}`;
  const log = { info: (): void => undefined };
  const server = await startEmbeddedClickHouse({ dataDir, host: '127.0.0.1', port: 0, log });
  const client = createClient({
    url: server.url,
    request_timeout: 600_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
  const began = performance.now();
  try {
    await migrate(client);
    await fillRecords(client, count, (text) => {
      process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0)} s: ${text}\n`);
    });
    const timings: Timing[] = [];
    for (const one of reportCases().filter(({ name }) => name.includes(only))) {
      timings.push(await time(client, one, rounds));
    }
    if (given.has('json')) process.stdout.write(`${JSON.stringify(timings)}\n`);
    else process.stdout.write(`${count} calls, ${machineLine()}\n${render(timings)}\n`);
    return timings.every(({ medianMs, barMs }) => medianMs <= barMs) ? 0 : 1;
  } finally {
    await client.close();
    await server.close();
    if (kept === undefined) await rm(dataDir, { recursive: true, force: true });
  }
}
