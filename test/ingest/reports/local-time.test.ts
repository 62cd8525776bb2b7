// Local days and hours, where clocks change, where offsets are odd, and everywhere else.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addDaysTo,
  addLocalDays,
  dayBounds,
  fromLocal,
  localDay,
  localHour,
  zoneStepMs,
} from '../../../ingest/reports/local-time.ts';

const HOUR = 3_600_000;
const utc = (text: string): number => Date.parse(text);
const at = (ms: number): string => new Date(ms).toISOString();

function hoursOf(day: string, timezone: string): number {
  const { fromMs, toMs } = dayBounds(day, timezone)!;
  return (toMs - fromMs) / HOUR;
}

test('days of 23, 24, 24.5 and 25 hours', () => {
  assert.equal(hoursOf('2026-03-29', 'Europe/Berlin'), 23);
  assert.equal(hoursOf('2026-10-25', 'Europe/Berlin'), 25);
  assert.equal(hoursOf('2026-10-26', 'Europe/Berlin'), 24);
  assert.equal(hoursOf('2026-04-05', 'Australia/Lord_Howe'), 24.5);
  assert.equal(hoursOf('2026-03-29', 'Asia/Dhaka'), 24);
});

test('a day whose midnight is skipped begins with what follows', () => {
  // Beirut's clocks go from 00:00 to 01:00 on 29 March 2026.
  const { fromMs, toMs } = dayBounds('2026-03-29', 'Asia/Beirut')!;
  assert.equal(at(fromMs), '2026-03-28T22:00:00.000Z');
  assert.equal((toMs - fromMs) / HOUR, 23);
});

test('local times that are skipped and repeated', () => {
  const berlin = (text: string): string => at(fromLocal(utc(text), 'Europe/Berlin'));
  assert.equal(berlin('2026-03-29T02:30:00Z'), '2026-03-29T01:30:00.000Z');
  assert.equal(berlin('2026-10-25T02:30:00Z'), '2026-10-25T00:30:00.000Z');
});

test('a day that does not exist has no bounds', () => {
  for (const day of ['2026-02-30', '2026-13-01', 'today', '2026-1-1', '']) {
    assert.equal(dayBounds(day, 'UTC'), undefined, day);
  }
});

test('adding days keeps the local time', () => {
  const start = utc('2026-10-20T10:00:00Z');
  const later = addLocalDays(start, 7, 'Europe/Berlin');
  assert.equal(later - start, 7 * 24 * HOUR + HOUR);
  assert.equal(addDaysTo('2026-02-28', 1), '2026-03-01');
  assert.equal(addDaysTo('2026-01-01', -1), '2025-12-31');
});

test('hours and days are local', () => {
  const time = utc('2026-11-22T18:20:00Z');
  assert.equal(localHour(time, 'Asia/Kathmandu'), 0);
  assert.equal(localDay(time, 'Asia/Kathmandu'), '2026-11-23');
  assert.equal(localHour(time, 'America/New_York'), 13);
});

test('days of a zone follow each other without gap and overlap', () => {
  const zones = fc.constantFrom('Europe/London', 'America/Santiago', 'Asia/Beirut', 'Asia/Dhaka');
  fc.assert(
    fc.property(zones, fc.integer({ min: 0, max: 800 }), (timezone, n) => {
      const day = addDaysTo('2025-06-01', n);
      const { fromMs, toMs } = dayBounds(day, timezone)!;
      assert.equal(toMs, dayBounds(addDaysTo(day, 1), timezone)!.fromMs);
      assert.equal(localDay(fromMs, timezone), day);
      assert.equal(localDay(toMs - 1, timezone), day);
    }),
  );
});

test('the step that all local hours lie on', () => {
  const from = utc('2026-03-01T00:00:00Z');
  const to = utc('2026-05-01T00:00:00Z');
  assert.equal(zoneStepMs(from, to, 'UTC'), 24 * HOUR);
  assert.equal(zoneStepMs(from, to, 'Asia/Dhaka'), 6 * HOUR);
  assert.equal(zoneStepMs(from, to, 'Europe/Berlin'), HOUR);
  assert.equal(zoneStepMs(from, to, 'Asia/Kathmandu'), HOUR / 4);
  assert.equal(zoneStepMs(from, to, 'Europe/London'), HOUR);
  assert.equal(zoneStepMs(from, from, 'Europe/London'), 24 * HOUR);
});
