// Times as an operator types them (`today`, `-1h`, `2026-03-01`, ISO 8601) → UTC milliseconds.
// What is behind this file is UTC.
import { fromLocal, startOfDay } from './local-time.ts';

const UNIT_MS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?)?$/;
const ZONED = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/** What a time may look like, for error messages. */
export const TIME_FORMS =
  'now, today, yesterday, -90s, -15m, -1h, -7d, 2026-03-01, ' +
  '2026-03-01T12:30[:00] or 2026-03-01T12:30:00Z';

/**
 * @param edge a day as `to` means its end, so that `--from 2026-03-01 --to 2026-03-31` is the month
 * @returns UTC epoch milliseconds; undefined when `text` is none of TIME_FORMS
 */
export function parseTime(
  text: string,
  edge: 'from' | 'to',
  timezone: string,
  nowMs: number,
): number | undefined {
  const extraDay = edge === 'to' ? 1 : 0;
  if (text === 'now') return nowMs;
  if (text === 'today') return startOfDay(nowMs, timezone, extraDay);
  if (text === 'yesterday') return startOfDay(nowMs, timezone, extraDay - 1);
  const relative = /^-(\d{1,9})([smhd])$/.exec(text);
  if (relative !== null) return nowMs - Number(relative[1]) * (UNIT_MS[relative[2]!] ?? 0);
  if (ZONED.test(text)) {
    const parsed = Date.parse(text);
    return Number.isNaN(parsed) ? undefined : parsed;
  }
  const match = LOCAL.exec(text);
  if (match === null) return undefined;
  const groups: (string | undefined)[] = match.slice(1, 7);
  const [year, month, day, hour, minute, second] = groups.map((group) => Number(group ?? 0));
  const fraction = Number((match[7] ?? '').padEnd(3, '0'));
  const local = new Date(Date.UTC(year!, month! - 1, day, hour, minute, second, fraction));
  // Date.UTC turns 31 February into March.
  if (local.getUTCDate() !== day || local.getUTCHours() !== hour || minute! > 59) return undefined;
  const wholeDay = match[4] === undefined;
  return fromLocal(local.getTime() + (wholeDay ? extraDay * 86_400_000 : 0), timezone);
}
