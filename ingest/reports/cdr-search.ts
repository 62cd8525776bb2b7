// Search for call records by number, gateway, account, code and time, page by page, newest first.
// A page begins behind the last record of the one before it (its time and id), not at a count: new
// records change nothing in the pages to come.
import type { ClickHouseClient } from '@clickhouse/client';
import { TandemError } from '../../engine/base/errors.ts';
import type { FilterName } from './filters.ts';
import { FILTERS } from './filters.ts';
import type { QueryLimits } from './query-limits.ts';
import { checkQueryLimits } from './query-limits.ts';
import type { Columns, ReportValue, RowOf } from './report-types.ts';
import { readSql, withGivenFilters } from './report-sql.ts';
import { queryRows, queryTime } from './run-report.ts';

export const SEARCH_FILTERS = [
  'number',
  'caller',
  'callee',
  'gateway',
  'account',
  'area',
  'phone',
  'code',
] as const satisfies readonly FilterName[];

const SEARCH_COLUMNS = {
  started_at_local: 'time',
  answered_at_local: 'time',
  ended_at_local: 'time',
  mapping_gateway: 'text',
  account: 'text',
  routing_gateway: 'text',
  clearing_account: 'text',
  caller: 'text',
  callee: 'text',
  caller_out: 'text',
  callee_out: 'text',
  area: 'text',
  call_level: 'text',
  talk_ms: 'ms',
  billed_ms: 'ms',
  pdd_ms: 'ms?',
  end_code: 'count',
  end_reason: 'text',
  end_side: 'text',
  end_evidence: 'text',
  attempts: 'count',
  customer_fee: 'money',
  vendor_fee: 'money',
  agent_fee: 'money',
  call_id_in: 'text',
  node: 'text',
  id: 'text',
} as const satisfies Columns;

export type FoundCdr = RowOf<typeof SEARCH_COLUMNS>;

export interface CdrSearch {
  /** UTC epoch milliseconds, of the start of calls: `fromMs` inclusive, `toMs` exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
  /** IANA name, of the times shown. */
  readonly timezone: string;
  /** Checked values, as FILTERS allows them. */
  readonly filters: Partial<Record<(typeof SEARCH_FILTERS)[number], string>>;
  /** Rows of a page. */
  readonly limit: number;
  /** `next` of the page before; absent for the first one. */
  readonly page?: string;
}

export interface CdrPage {
  readonly columns: Columns;
  readonly rows: readonly FoundCdr[];
  /** Names the page after this one; null after the last. */
  readonly next: string | null;
  /** SERVER_QUERY_MAX_SIZE rows were given and there are more. */
  readonly cutShort: boolean;
}

/** Where a page begins: behind this record, which was the `rows`-th of the search. */
interface Position {
  readonly startedAtMs: number;
  readonly id: string;
  readonly rows: number;
}

/** Before every record, in the order of the search: nothing starts after it. */
const FIRST: Position = {
  startedAtMs: Date.UTC(2299, 0, 1),
  id: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  rows: 0,
};

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function encodePage({ startedAtMs, id, rows }: Position): string {
  return Buffer.from(`${startedAtMs} ${id} ${rows}`).toString('base64url');
}

function decodePage(page: string): Position {
  const [time = '', id = '', rows = '', more] = Buffer.from(page, 'base64url')
    .toString()
    .split(' ');
  const isWhole = /^\d{1,14}$/.test(time) && UUID.test(id) && /^\d{1,9}$/.test(rows);
  if (!isWhole || more !== undefined) {
    throw new TandemError('TDM_REPORT_ARGUMENTS', `'${page}' names no page of a search`);
  }
  return { startedAtMs: Number(time), id, rows: Number(rows) };
}

/**
 * One page.
 * @param nowMs UTC epoch milliseconds, against the hours in which searches are refused
 * @throws TandemError TDM_QUERY_REFUSED by a limit, TDM_REPORT_ARGUMENTS for a wrong page,
 *   TDM_CLICKHOUSE_FAILED
 */
export async function searchCdrs(
  client: ClickHouseClient,
  search: CdrSearch,
  limits: QueryLimits,
  nowMs: number,
): Promise<CdrPage> {
  checkQueryLimits(search, limits, nowMs);
  const from = search.page === undefined ? FIRST : decodePage(search.page);
  const left = Math.max(0, limits.parameters.SERVER_QUERY_MAX_SIZE - from.rows);
  const size = Math.min(search.limit, left);
  // One more than the page: is there another one?
  const found = await searchBackwards(client, search, from, size + 1);
  const rows = found.slice(0, size);
  return { columns: SEARCH_COLUMNS, ...pageOf(rows, found.length > size, from, left) };
}

type Found = Readonly<Record<string, ReportValue>>;

/** Searched first is the last hour, then a piece six times as long before it, and so on. */
const FIRST_PIECE_MS = 3_600_000;
const PIECE_GROWTH = 6;

/**
 * The first `size` records behind `from`. Newest first means that a page which fills soon needs a
 * short piece of the period only; a rare number is looked for in all of it, by a few statements.
 */
async function searchBackwards(
  client: ClickHouseClient,
  search: CdrSearch,
  from: Position,
  size: number,
): Promise<Found[]> {
  const columns = { ...SEARCH_COLUMNS, started_at_ms: 'ms' } as const;
  const parameters: Record<string, string> = {
    timezone: search.timezone,
    before: queryTime(from.startedAtMs),
    beforeId: from.id,
  };
  for (const filter of SEARCH_FILTERS) {
    Object.assign(parameters, FILTERS[filter].parameters(search.filters[filter]));
  }
  const query = withGivenFilters(await readSql('cdr-search'), parameters);
  const found: Found[] = [];
  let pieceMs = FIRST_PIECE_MS;
  let toMs = Math.min(search.toMs, from.startedAtMs + 1);
  while (found.length < size && toMs > search.fromMs) {
    const fromMs = Math.max(search.fromMs, toMs - pieceMs);
    const piece = { from: queryTime(fromMs), to: queryTime(toMs) };
    const rows = String(size - found.length);
    const part = await queryRows(client, query, { ...parameters, ...piece, rows }, columns);
    found.push(...part.rows);
    toMs = fromMs;
    pieceMs *= PIECE_GROWTH;
  }
  return found;
}

function pageOf(
  rows: readonly Found[],
  hasMore: boolean,
  from: Position,
  left: number,
): Omit<CdrPage, 'columns'> {
  const last = rows.at(-1);
  const cutShort = hasMore && rows.length === left;
  const found = rows.map(({ started_at_ms: _, ...row }) => row as unknown as FoundCdr);
  if (last === undefined || !hasMore || cutShort) return { rows: found, next: null, cutShort };
  const next = encodePage({
    startedAtMs: Number(last['started_at_ms']),
    id: String(last['id']),
    rows: from.rows + rows.length,
  });
  return { rows: found, next, cutShort };
}
