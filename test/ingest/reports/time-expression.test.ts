// Times as typed, in zones with and without clock changes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTime } from '../../../ingest/reports/time-expression.ts';

const now = Date.parse('2026-03-29T10:20:30.400Z');

const cases: [text: string, edge: 'from' | 'to', zone: string, expected: string | undefined][] = [
  ['now', 'to', 'UTC', '2026-03-29T10:20:30.400Z'],
  ['-1h', 'from', 'Asia/Dhaka', '2026-03-29T09:20:30.400Z'],
  ['-90s', 'from', 'UTC', '2026-03-29T10:19:00.400Z'],
  ['-7d', 'from', 'UTC', '2026-03-22T10:20:30.400Z'],
  ['today', 'from', 'UTC', '2026-03-29T00:00:00.000Z'],
  ['today', 'to', 'UTC', '2026-03-30T00:00:00.000Z'],
  ['yesterday', 'from', 'Asia/Dhaka', '2026-03-27T18:00:00.000Z'],
  ['yesterday', 'to', 'Asia/Dhaka', '2026-03-28T18:00:00.000Z'],
  // Berlin's clocks went from 02:00 to 03:00 on that day: it has 23 hours.
  ['today', 'from', 'Europe/Berlin', '2026-03-28T23:00:00.000Z'],
  ['today', 'to', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
  ['2026-03-01', 'from', 'America/New_York', '2026-03-01T05:00:00.000Z'],
  ['2026-03-31', 'to', 'UTC', '2026-04-01T00:00:00.000Z'],
  ['2026-03-01T12:30', 'from', 'Asia/Kathmandu', '2026-03-01T06:45:00.000Z'],
  ['2026-03-01 12:30:15.5', 'to', 'UTC', '2026-03-01T12:30:15.500Z'],
  ['2026-03-01T12:30:00Z', 'from', 'Asia/Dhaka', '2026-03-01T12:30:00.000Z'],
  ['2026-03-01T12:30:00+06:00', 'from', 'UTC', '2026-03-01T06:30:00.000Z'],
  ['2026-02-31', 'from', 'UTC', undefined],
  ['2026-03-01T25:00', 'from', 'UTC', undefined],
  ['2026-03-01T12:75', 'from', 'UTC', undefined],
  ['1h', 'from', 'UTC', undefined],
  ['tomorrow', 'from', 'UTC', undefined],
  ['', 'from', 'UTC', undefined],
];

for (const [text, edge, zone, expected] of cases) {
  test(`--${edge} '${text}' in ${zone}`, () => {
    const parsed = parseTime(text, edge, zone, now);
    assert.equal(parsed === undefined ? undefined : new Date(parsed).toISOString(), expected);
  });
}

test('a local time reads back as itself in any zone, away from clock changes', () => {
  const zones = ['UTC', 'Asia/Dhaka', 'Asia/Kathmandu', 'America/St_Johns', 'Australia/Lord_Howe'];
  fc.assert(
    fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 364 }), (zone, day) => {
      const text = `${new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)}T12:00:00`;
      const parsed = parseTime(text, 'from', zone, now);
      assert.ok(parsed !== undefined);
      const shown = new Intl.DateTimeFormat('sv-SE', {
        timeZone: zone,
        dateStyle: 'short',
        timeStyle: 'medium',
      });
      assert.equal(shown.format(parsed), text.replace('T', ' '));
    }),
    { numRuns: 200 },
  );
});
