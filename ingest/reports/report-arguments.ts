// The command line of `npm run report` → a checked request. Every error lists what is possible.
import { parseArgs } from 'node:util';
import { TandemError } from '../../engine/base/errors.ts';
import { FILTERS, REPORTS, isReportName } from './catalogue.ts';
import type { FilterName, ReportName } from './catalogue.ts';
import { REPORT_FORMATS } from './render-report.ts';
import type { ReportFormat } from './render-report.ts';
import type { ReportRequest } from './run-report.ts';
import { TIME_FORMS, isTimeZone, parseTime } from './time-expression.ts';

export interface ReportCommand {
  readonly request: ReportRequest;
  readonly format: ReportFormat;
  /** Path of tandem.yaml; undefined for the default one. */
  readonly config: string | undefined;
  /** `http://user:password@host:8123`, instead of the one in the configuration. */
  readonly clickhouse: string | undefined;
}

const COMMON_OPTIONS = ['from', 'to', 'timezone', 'format', 'config', 'clickhouse'] as const;
const FILTER_NAMES = Object.keys(FILTERS) as FilterName[];

/** How to call the command, with every report and its filters. */
function reportUsage(): string {
  const reports = Object.entries(REPORTS).map(([name, { about, filters }]) => {
    const options = filters.map((filter) => `--${filter}`).join(' ');
    return `  ${name.padEnd(10)}${about} (${options})`;
  });
  return [
    'usage: npm run report -- NAME [--from T] [--to T] [--timezone ZONE] [--format table|json|csv]',
    '                              [--config FILE | --clickhouse URL] [filters]',
    `T: ${TIME_FORMS}; default: the last 24 hours`,
    'reports and their filters:',
    ...reports,
  ].join('\n');
}

function wrong(problem: string): TandemError {
  return new TandemError('TDM_REPORT_ARGUMENTS', `${problem}\n${reportUsage()}`);
}

type Options = Partial<Record<string, string>>;

function readOptions(args: readonly string[]): { options: Options; names: string[] } {
  const known = [...COMMON_OPTIONS, ...FILTER_NAMES];
  // `--from -1h` would read as a missing value followed by the flags -1 and -h.
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const isTime = args[i] === '--from' || args[i] === '--to';
    if (isTime && args[i + 1] !== undefined) joined.push(`${args[i]!}=${args[++i]!}`);
    else joined.push(args[i]!);
  }
  try {
    const options = Object.fromEntries(known.map((name) => [name, { type: 'string' as const }]));
    const { values, positionals } = parseArgs({ args: joined, options, allowPositionals: true });
    return { options: values, names: positionals };
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

function readFilters(name: ReportName, options: Options): ReportRequest['filters'] {
  const filters: Partial<Record<FilterName, string>> = {};
  const taken: readonly FilterName[] = REPORTS[name].filters;
  for (const filter of FILTER_NAMES) {
    const text = options[filter];
    if (text === undefined) continue;
    if (!taken.includes(filter)) throw wrong(`report ${name} takes no --${filter}`);
    const { pattern, allowed } = FILTERS[filter];
    if (!pattern.test(text)) throw wrong(`--${filter} '${text}' is not a ${allowed}`);
    filters[filter] = text;
  }
  return filters;
}

/**
 * @param args without node and script
 * @param nowMs UTC epoch milliseconds, for relative times
 * @throws TandemError TDM_REPORT_ARGUMENTS
 */
export function parseReportArguments(args: readonly string[], nowMs: number): ReportCommand {
  const { options, names } = readOptions(args);
  const [name, ...more] = names;
  if (name === undefined) throw wrong('which report?');
  if (!isReportName(name)) throw wrong(`there is no report '${name}'`);
  if (more.length > 0) throw wrong(`one report at a time, not also '${more.join(' ')}'`);
  const timezone = options['timezone'] ?? 'UTC';
  if (!isTimeZone(timezone)) {
    throw wrong(`--timezone '${timezone}' is not an IANA time zone such as Asia/Dhaka or UTC`);
  }
  const time = (edge: 'from' | 'to', text: string): number => {
    const parsed = parseTime(text, edge, timezone, nowMs);
    if (parsed === undefined) throw wrong(`--${edge} '${text}' is not a time`);
    return parsed;
  };
  const fromMs = time('from', options['from'] ?? '-24h');
  const toMs = time('to', options['to'] ?? 'now');
  if (fromMs >= toMs) throw wrong(`--from must be before --to`);
  const format = REPORT_FORMATS.find((known) => known === (options['format'] ?? 'table'));
  if (format === undefined) {
    throw wrong(`--format '${options['format'] ?? ''}' is not one of ${REPORT_FORMATS.join(', ')}`);
  }
  const { config, clickhouse } = options;
  if (clickhouse !== undefined && !/^https?:\/\//.test(clickhouse)) {
    throw wrong(`--clickhouse '${clickhouse}' is not http://user:password@host:8123`);
  }
  const filters = readFilters(name, options);
  return { request: { name, fromMs, toMs, timezone, filters }, format, config, clickhouse };
}
