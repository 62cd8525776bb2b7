// The command line of `npm run report` → a checked command. Every error lists what is possible.
import { parseArgs } from 'node:util';
import { TandemError } from '../../engine/base/errors.ts';
import { isTimeZone } from '../../engine/base/time-zone.ts';
import { definitionOf, isReportName } from './catalogue.ts';
import type { ReportName } from './catalogue.ts';
import { SEARCH_FILTERS } from './cdr-search.ts';
import type { CdrSearch } from './cdr-search.ts';
import { FILTER_NAMES, FILTERS } from './filters.ts';
import type { FilterName } from './filters.ts';
import { dayBounds } from './local-time.ts';
import { REPORT_FORMATS } from './render-report.ts';
import type { ReportFormat } from './render-report.ts';
import { BUCKETS } from './report-types.ts';
import { reportUsage } from './report-usage.ts';
import type { ReportRequest } from './run-report.ts';
import { parseTime } from './time-expression.ts';

/** Options as written, by name; `name` is the report's. */
export interface ReportOptions {
  readonly name: string;
  readonly all: boolean;
  readonly texts: Readonly<Partial<Record<string, string>>>;
}

export type ReportCommand =
  | { readonly kind: 'report'; readonly request: ReportRequest; readonly format: ReportFormat }
  | {
      readonly kind: 'search';
      readonly search: CdrSearch;
      /** Every page, not the first alone. */
      readonly all: boolean;
      readonly format: ReportFormat;
    }
  | { readonly kind: 'generate'; readonly day: string };

const COMMON = ['from', 'to', 'timezone', 'format', 'config', 'clickhouse'];
const SPECIAL = ['by', 'bucket', 'page', 'day'];

function wrong(problem: string): TandemError {
  return new TandemError('TDM_REPORT_ARGUMENTS', `${problem}\n${reportUsage()}`);
}

/**
 * @param args without node and script
 * @throws TandemError TDM_REPORT_ARGUMENTS
 */
export function readReportOptions(args: readonly string[]): ReportOptions {
  const known = [...COMMON, ...SPECIAL, ...FILTER_NAMES];
  // `--from -1h` would read as a missing value followed by the flags -1 and -h.
  const joined: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const isTime = args[i] === '--from' || args[i] === '--to';
    if (isTime && args[i + 1] !== undefined) joined.push(`${args[i]!}=${args[++i]!}`);
    else joined.push(args[i]!);
  }
  const { names, all, texts } = parseOptions(joined, known);
  const [name, ...more] = names;
  if (name === undefined) throw wrong('which report?');
  if (more.length > 0) throw wrong(`one report at a time, not also '${more.join(' ')}'`);
  const { clickhouse } = texts;
  if (clickhouse !== undefined && !/^https?:\/\//.test(clickhouse)) {
    throw wrong(`--clickhouse '${clickhouse}' is not http://user:password@host:8123`);
  }
  return { name, all, texts };
}

interface Given {
  readonly names: readonly string[];
  readonly all: boolean;
  readonly texts: ReportOptions['texts'];
}

function parseOptions(args: string[], known: readonly string[]): Given {
  try {
    const withValue = Object.fromEntries(known.map((name) => [name, { type: 'string' as const }]));
    const options = { ...withValue, all: { type: 'boolean' as const } };
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const { all = false, ...texts } = values;
    return { names: positionals, all, texts };
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param nowMs UTC epoch milliseconds, for relative times
 * @param serverTimezone of tandem.yaml: what holds without `--timezone`
 * @throws TandemError TDM_REPORT_ARGUMENTS
 */
export function parseReportArguments(
  options: ReportOptions,
  nowMs: number,
  serverTimezone: string,
): ReportCommand {
  const { name } = options;
  if (name === 'generate') return parseGenerate(options, serverTimezone);
  if (name === 'cdr-search' || name === 'calls') {
    return parseSearch(options, nowMs, serverTimezone);
  }
  if (!isReportName(name)) throw wrong(`there is no report '${name}'`);
  refuseOthers(options, ['by', 'bucket', ...definitionOf(name).filters]);
  const period = readPeriod(options, nowMs, serverTimezone, definitionOf(name).from);
  const filters = readFilters(definitionOf(name).filters, options);
  const request = { name, ...period, filters, ...readGrouping(name, options) };
  return { kind: 'report', request, format: readFormat(options) };
}

function parseSearch(options: ReportOptions, nowMs: number, serverTimezone: string): ReportCommand {
  refuseOthers(options, [...SEARCH_FILTERS, 'limit', 'page'], true);
  const { limit = '50', page } = options.texts;
  readFilters(['limit'], options);
  const search = {
    ...readPeriod(options, nowMs, serverTimezone),
    filters: readFilters(SEARCH_FILTERS, options),
    limit: Number(limit),
    ...(page === undefined ? {} : { page }),
  };
  const format = readFormat(options);
  // Millions of rows fit through a pipe, not into memory.
  if (options.all && format !== 'csv') throw wrong('--all goes with --format csv');
  return { kind: 'search', search, all: options.all, format };
}

function parseGenerate(options: ReportOptions, serverTimezone: string): ReportCommand {
  const { day, timezone, from, to, format } = options.texts;
  refuseOthers(options, ['day']);
  for (const given of [timezone, from, to, format]) {
    if (given !== undefined) {
      throw wrong('generate takes --day alone: days are those of `timezone` in tandem.yaml');
    }
  }
  if (day === undefined || dayBounds(day, serverTimezone) === undefined) {
    throw wrong(`--day '${day ?? ''}' is not a day such as 2026-11-22`);
  }
  return { kind: 'generate', day };
}

function refuseOthers(options: ReportOptions, taken: readonly string[], takesAll = false): void {
  const other = Object.keys(options.texts).find(
    (option) => !COMMON.includes(option) && !taken.includes(option),
  );
  if (other !== undefined) throw wrong(`report ${options.name} takes no --${other}`);
  if (options.all && !takesAll) throw wrong(`report ${options.name} takes no --all`);
}

function readFilters<F extends FilterName>(
  taken: readonly F[],
  { texts }: ReportOptions,
): Partial<Record<F, string>> {
  const filters: Partial<Record<F, string>> = {};
  for (const filter of taken) {
    const text = texts[filter];
    if (text === undefined) continue;
    const { pattern, allowed } = FILTERS[filter];
    if (!pattern.test(text)) throw wrong(`--${filter} '${text}' is not a ${allowed}`);
    filters[filter] = text;
  }
  return filters;
}

function readGrouping(
  name: ReportName,
  { texts: { by, bucket } }: ReportOptions,
): Pick<ReportRequest, 'by' | 'bucket'> {
  const definition = definitionOf(name);
  const choices = Object.keys(definition.by?.columns ?? {});
  if (by !== undefined && !choices.includes(by)) {
    const listed = choices.join(', ');
    throw wrong(listed === '' ? `report ${name} takes no --by` : `--by must be one of ${listed}`);
  }
  if (bucket !== undefined && definition.bucket === undefined) {
    throw wrong(`report ${name} takes no --bucket`);
  }
  const cut = BUCKETS.find((known) => known === bucket);
  if (bucket !== undefined && cut === undefined) {
    throw wrong(`--bucket '${bucket}' is not one of ${BUCKETS.join(', ')}`);
  }
  return {
    ...(by === undefined ? {} : { by }),
    ...(cut === undefined ? {} : { bucket: cut }),
  };
}

function readPeriod(
  { texts }: ReportOptions,
  nowMs: number,
  serverTimezone: string,
  start?: 'beginning',
): Pick<ReportRequest, 'fromMs' | 'toMs' | 'timezone'> {
  const timezone = texts['timezone'] ?? serverTimezone;
  if (!isTimeZone(timezone)) {
    throw wrong(`--timezone '${timezone}' is not an IANA time zone such as Asia/Dhaka or UTC`);
  }
  const time = (edge: 'from' | 'to', otherwise: string): number => {
    const text = texts[edge] ?? otherwise;
    const parsed = parseTime(text, edge, timezone, nowMs);
    if (parsed === undefined) throw wrong(`--${edge} '${text}' is not a time`);
    return parsed;
  };
  const fromMs = time('from', start === 'beginning' ? '1970-01-02' : '-24h');
  const toMs = time('to', 'now');
  if (fromMs >= toMs) throw wrong(`--from must be before --to`);
  return { fromMs, toMs, timezone };
}

function readFormat({ texts: { format = 'table' } }: ReportOptions): ReportFormat {
  const known = REPORT_FORMATS.find((name) => name === format);
  if (known === undefined) {
    throw wrong(`--format '${format}' is not one of ${REPORT_FORMATS.join(', ')}`);
  }
  return known;
}
