// What a search for call records may ask of the database: hours, days, rows
// (SERVER_QUERY_CDR_DENY_TIME, _CDR_MAX_DAY_INTERVAL, _MAX_SIZE, _ONE_PAGE_SIZE).
import { TandemError } from '../../engine/base/errors.ts';
import type { ServerParameterValues } from '../../engine/base/parameter-values.ts';
import { addLocalDays, localHour } from './local-time.ts';

export interface QueryLimits {
  readonly parameters: Pick<
    ServerParameterValues,
    | 'SERVER_QUERY_CDR_DENY_TIME'
    | 'SERVER_QUERY_CDR_MAX_DAY_INTERVAL'
    | 'SERVER_QUERY_MAX_SIZE'
    | 'SERVER_QUERY_ONE_PAGE_SIZE'
  >;
  /** Server time: the zone that the denied hours are in (`timezone` of tandem.yaml). */
  readonly timezone: string;
}

export interface LimitedSearch {
  readonly fromMs: number;
  readonly toMs: number;
  /** The zone of the search: a day of a clock change has 23 or 25 hours. */
  readonly timezone: string;
  /** Rows asked for. */
  readonly limit: number;
}

/** @throws TandemError TDM_QUERY_REFUSED with the parameter that says so */
export function checkQueryLimits(search: LimitedSearch, limits: QueryLimits, nowMs: number): void {
  const {
    SERVER_QUERY_CDR_DENY_TIME: deniedHours,
    SERVER_QUERY_CDR_MAX_DAY_INTERVAL: maxDays,
    SERVER_QUERY_ONE_PAGE_SIZE: pageRows,
  } = limits.parameters;
  const hour = localHour(nowMs, limits.timezone);
  if (deniedHours.includes(hour)) {
    throw refused(
      `call records are not searched in the hours ${deniedHours.join(', ')} ` +
        `(SERVER_QUERY_CDR_DENY_TIME); it is ${hour} o'clock in ${limits.timezone}`,
    );
  }
  if (search.toMs > addLocalDays(search.fromMs, maxDays, search.timezone)) {
    const days = Math.ceil((search.toMs - search.fromMs) / 86_400_000);
    throw refused(
      `${days} days are more than one search may cover, which is ${maxDays} ` +
        '(SERVER_QUERY_CDR_MAX_DAY_INTERVAL)',
    );
  }
  if (search.limit > pageRows) {
    throw refused(
      `${search.limit} rows are more than a page may have, which is ${pageRows} ` +
        '(SERVER_QUERY_ONE_PAGE_SIZE)',
    );
  }
}

function refused(message: string): TandemError {
  return new TandemError('TDM_QUERY_REFUSED', message);
}
