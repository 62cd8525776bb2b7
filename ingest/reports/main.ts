// `npm run report -- NAME ...`: prints one report. Exit code 2: arguments, 1: ClickHouse or the
// configuration, 0: printed, also when the report is empty.
import { createClient, ClickHouseLogLevel } from '@clickhouse/client';
import type { ClickHouseClient } from '@clickhouse/client';
import { systemClock } from '../../engine/base/clock.ts';
import { explain, TandemError } from '../../engine/base/errors.ts';
import { loadConfig } from '../../engine/config/load.ts';
import { renderReport } from './render-report.ts';
import { parseReportArguments } from './report-arguments.ts';
import type { ReportCommand } from './report-arguments.ts';
import { runReport } from './run-report.ts';

/** Ad-hoc reports over a year of calls take seconds, not minutes. */
const REQUEST_TIMEOUT_MS = 120_000;

function targetOf(command: ReportCommand): { url: string; username: string; password: string } {
  if (command.clickhouse === undefined) {
    const { url, user, password } = loadConfig(command.config).clickhouse;
    return { url, username: user, password };
  }
  const url = new URL(command.clickhouse);
  const username = decodeURIComponent(url.username) || 'default';
  const password = decodeURIComponent(url.password);
  return { url: url.origin, username, password };
}

async function printReport(command: ReportCommand): Promise<void> {
  const target = targetOf(command);
  const client: ClickHouseClient = createClient({
    ...target,
    request_timeout: REQUEST_TIMEOUT_MS,
    application: 'tandem-report',
    // Failures are told once, below.
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    const result = await runReport(client, command.request);
    process.stdout.write(renderReport(result, command.format));
  } catch (error) {
    if (!(error instanceof TandemError)) throw error;
    throw new Error(`${explain(error)}\nClickHouse: ${target.url}; is ingest running?`, {
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
  await printReport(parseReportArguments(process.argv.slice(2), systemClock.wallMs()));
} catch (error) {
  process.stderr.write(`${describe(error)}\n`);
  const badArguments = error instanceof TandemError && error.code === 'TDM_REPORT_ARGUMENTS';
  process.exitCode = badArguments ? 2 : 1;
}
