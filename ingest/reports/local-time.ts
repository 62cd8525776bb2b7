// Local days and hours of a time zone ↔ UTC milliseconds, right across clock changes. Zones exist
// only at the border: the reports, their nightly run and the hours in which searches are refused.

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Making one costs more than using it a hundred times. */
function formatOf(timezone: string): Intl.DateTimeFormat {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
    formats.set(timezone, format);
  }
  return format;
}

/** How far local time is ahead of UTC at `utcMs`, in milliseconds. */
function offsetMs(utcMs: number, timezone: string): number {
  const parts = new Map(
    formatOf(timezone)
      .formatToParts(utcMs)
      .map((part) => [part.type, Number(part.value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local - Math.floor(utcMs / 1000) * 1000;
}

/** Local time as if it were UTC: what `new Date(...).getUTC…()` then reads is local. */
function toLocal(utcMs: number, timezone: string): number {
  return utcMs + offsetMs(utcMs, timezone);
}

/**
 * @param localMs local time as if it were UTC
 * @returns UTC epoch milliseconds. A local time that a clock change repeats is the first of the
 *   two; one that it skips is as much later: 02:30 becomes 03:30.
 */
export function fromLocal(localMs: number, timezone: string): number {
  const before = localMs - offsetMs(localMs - DAY_MS, timezone);
  if (toLocal(before, timezone) === localMs) return before;
  const after = localMs - offsetMs(localMs + DAY_MS, timezone);
  return toLocal(after, timezone) === localMs ? after : before;
}

/** Midnight, `addDays` after the local day of `utcMs`; where midnight is skipped, what follows. */
export function startOfDay(utcMs: number, timezone: string, addDays: number): number {
  const local = new Date(toLocal(utcMs, timezone));
  const midnight = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate());
  return fromLocal(midnight + addDays * DAY_MS, timezone);
}

/** The same local time `days` later: 23 to 25 hours each. */
export function addLocalDays(utcMs: number, days: number, timezone: string): number {
  return fromLocal(toLocal(utcMs, timezone) + days * DAY_MS, timezone);
}

/** Hour of the local day, 0 to 23. */
export function localHour(utcMs: number, timezone: string): number {
  return new Date(toLocal(utcMs, timezone)).getUTCHours();
}

/** The local day as `2026-11-22`. */
export function localDay(utcMs: number, timezone: string): string {
  return new Date(toLocal(utcMs, timezone)).toISOString().slice(0, 10);
}

/** First and last millisecond of a local day; the end is exclusive. Undefined: no such day. */
export function dayBounds(
  day: string,
  timezone: string,
): { fromMs: number; toMs: number } | undefined {
  const midnight = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(midnight) || new Date(midnight).toISOString().slice(0, 10) !== day) {
    return undefined;
  }
  return {
    fromMs: fromLocal(midnight, timezone),
    toMs: fromLocal(midnight + DAY_MS, timezone),
  };
}

/** `2026-11-22` and 1 → `2026-11-23`. */
export function addDaysTo(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

/**
 * The longest step, up to a day, on whose multiples (of UTC) every local hour of the period begins,
 * and for a day every local day: a day for UTC, an hour for Dhaka, 15 minutes for Kathmandu.
 */
export function zoneStepMs(fromMs: number, toMs: number, timezone: string): number {
  let step = DAY_MS;
  // No zone changes its clocks twice within a week.
  for (let at = fromMs; ; at = Math.min(at + 7 * DAY_MS, toMs)) {
    step = greatestCommonDivisor(step, Math.abs(offsetMs(at, timezone)));
    if (at >= toMs) return step;
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
