// `npm run report -- NAME ...`: prints one report. Exit code 2: arguments, 1: ClickHouse, the
// configuration or a limit, 0: printed, also when the report is empty.
import { once } from 'node:events';
import { createClient, ClickHouseLogLevel } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { systemClock } from '../../engine/base/clock.ts';
import { explain, TandemError } from '../../engine/base/errors.ts';
import { searchCdrs } from './cdr-search.ts';
import { generateDay } from './nightly/generate-day.ts';
import { renderCsvRows, renderReport } from './render-report.ts';
import { parseReportArguments, readReportOptions } from './report-arguments.ts';
import type { ReportCommand } from './report-arguments.ts';
import { openReportSettings } from './report-settings.ts';
import type { ReportSettings } from './report-settings.ts';
import { runReport } from './run-report.ts';

/** Ad-hoc reports over a year of calls take seconds, not minutes. */
const REQUEST_TIMEOUT_MS = 120_000;

type SearchCommand = Extract<ReportCommand, { kind: 'search' }>;

/** One page; with `--all` also those behind it. What remains is said on stderr. */
async function printSearch(
  client: ClickHouseClient,
  { search, all, format }: SearchCommand,
  { limits }: ReportSettings,
): Promise<void> {
  const limit = all ? limits.parameters.SERVER_QUERY_ONE_PAGE_SIZE : search.limit;
  let found = await searchCdrs(client, { ...search, limit }, limits, systemClock.wallMs());
  await print(renderReport(found.columns, found.rows, format));
  while (all && found.next !== null) {
    const next = { ...search, limit, page: found.next };
    found = await searchCdrs(client, next, limits, systemClock.wallMs());
    await print(renderCsvRows(found.columns, found.rows));
  }
  if (found.next !== null) process.stderr.write(`next page: --page ${found.next}\n`);
  if (found.cutShort) {
    process.stderr.write('there are more: SERVER_QUERY_MAX_SIZE ends the search here\n');
  }
}

async function print(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

async function run(
  client: ClickHouseClient,
  command: ReportCommand,
  settings: ReportSettings,
): Promise<void> {
  if (command.kind === 'search') return printSearch(client, command, settings);
  if (command.kind === 'generate') {
    const { parameters, timezone } = settings;
    const made = await generateDay(client, { day: command.day, timezone, parameters });
    for (const { table, rows } of made) process.stdout.write(`tandem.${table}: ${rows} rows\n`);
    return;
  }
  const result = await runReport(client, command.request, systemClock.wallMs());
  process.stdout.write(renderReport(result.columns, result.rows, command.format));
}

async function main(args: readonly string[]): Promise<void> {
  const options = readReportOptions(args);
  const settings = await openReportSettings(options.texts);
  const command = parseReportArguments(options, systemClock.wallMs(), settings.timezone);
  const client: ClickHouseClient = createClient({
    ...settings.target,
    request_timeout: REQUEST_TIMEOUT_MS,
    application: 'tandem-report',
    // Failures are told once, below.
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    await run(client, command, settings);
  } catch (error) {
    if (!(error instanceof TandemError) || error.code !== 'TDM_CLICKHOUSE_FAILED') throw error;
    throw new Error(`${explain(error)}\nClickHouse: ${settings.target.url}; is ingest running?`, {
      cause: error,
    });
  } finally {
    await client.close();
  }
}

function describe(error: unknown): string {
  if (error instanceof TandemError) return explain(error);
  return error instanceof Error ? error.message : String(error);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  const badArguments = error instanceof TandemError && error.code === 'TDM_REPORT_ARGUMENTS';
  process.exitCode = badArguments ? 2 : 1;
}
