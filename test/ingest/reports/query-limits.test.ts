// The limits of searches: denied hours of server time, days, rows of a page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import { checkQueryLimits } from '../../../ingest/reports/query-limits.ts';
import { parseTime } from '../../../ingest/reports/time-expression.ts';

const NOW = Date.parse('2026-11-22T12:30:00Z');

const parameters = {
  SERVER_QUERY_CDR_DENY_TIME: [18, 19],
  SERVER_QUERY_CDR_MAX_DAY_INTERVAL: 31,
  SERVER_QUERY_MAX_SIZE: 1000,
  SERVER_QUERY_ONE_PAGE_SIZE: 100,
};

const search = { fromMs: NOW - 1000, toMs: NOW, timezone: 'UTC', limit: 100 };

function refused(run: () => void, says: RegExp): void {
  assert.throws(
    run,
    (error) =>
      error instanceof TandemError &&
      error.code === 'TDM_QUERY_REFUSED' &&
      says.test(error.message),
  );
}

test('hours of server time, not of the search', () => {
  const limits = { parameters, timezone: 'Asia/Dhaka' };
  // 12:30 UTC is 18:30 in Dhaka.
  refused(() => {
    checkQueryLimits(search, limits, NOW);
  }, /hours 18, 19 \(SERVER_QUERY_CDR_DENY_TIME\).*18 o'clock in Asia\/Dhaka/);
  checkQueryLimits(search, limits, NOW - 3_600_000);
  checkQueryLimits(search, limits, NOW + 2 * 3_600_000);
  checkQueryLimits({ ...search, timezone: 'Asia/Dhaka' }, { parameters, timezone: 'UTC' }, NOW);
});

test('31 days pass, 32 are refused, also over a change of clocks', () => {
  for (const timezone of ['UTC', 'Europe/Berlin', 'America/New_York']) {
    const days = (from: string, to: string): void => {
      const fromMs = parseTime(from, 'from', timezone, NOW)!;
      const toMs = parseTime(to, 'to', timezone, NOW)!;
      checkQueryLimits({ ...search, fromMs, toMs, timezone }, { parameters, timezone: 'UTC' }, NOW);
    };
    // The clocks of Berlin and New York went back on 25 October and 1 November.
    days('2026-10-05', '2026-11-04');
    refused(() => {
      days('2026-10-05', '2026-11-05');
    }, /^TDM_QUERY_REFUSED: 3[23] days .*31 .*SERVER_QUERY_CDR_MAX_DAY_INTERVAL/);
  }
});

test('rows of a page', () => {
  const limits = { parameters, timezone: 'UTC' };
  checkQueryLimits(search, limits, NOW);
  refused(() => {
    checkQueryLimits({ ...search, limit: 101 }, limits, NOW);
  }, /101 rows.*100.*SERVER_QUERY_ONE_PAGE_SIZE/);
});
