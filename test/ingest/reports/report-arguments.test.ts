// The command line: what it accepts, and that every refusal says what would be accepted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import {
  parseReportArguments,
  readReportOptions,
} from '../../../ingest/reports/report-arguments.ts';
import type { ReportCommand } from '../../../ingest/reports/report-arguments.ts';

const now = Date.parse('2026-03-29T10:00:00Z');

function parse(args: readonly string[], serverTimezone = 'UTC'): ReportCommand {
  return parseReportArguments(readReportOptions(args), now, serverTimezone);
}

test('defaults: the last 24 hours, server time, a table', () => {
  assert.deepEqual(parse(['gateways'], 'Asia/Dhaka'), {
    kind: 'report',
    format: 'table',
    request: {
      name: 'gateways',
      fromMs: now - 86_400_000,
      toMs: now,
      timezone: 'Asia/Dhaka',
      filters: {},
    },
  });
});

test('options in any place, with = or a space, also a negative time', () => {
  const command = parse(
    ['--from', '-1h', 'asr-acd', '--area=London', '--by', 'account', '--bucket', 'hour'].concat(
      '--format',
      'csv',
    ),
  );
  assert.ok(command.kind === 'report');
  const { request, format } = command;
  assert.equal(request.fromMs, now - 3_600_000);
  assert.deepEqual(request.filters, { area: 'London' });
  assert.equal(request.by, 'account');
  assert.equal(request.bucket, 'hour');
  assert.equal(format, 'csv');
});

test('days are those of --timezone', () => {
  const day = ['hours', '--from', '2026-03-29', '--to', '2026-03-29'];
  const command = parse([...day, '--timezone', 'Europe/Berlin']);
  assert.ok(command.kind === 'report');
  // Berlin's clocks went forward.
  assert.equal(command.request.toMs - command.request.fromMs, 23 * 3_600_000);
});

test('a balance counts from the beginning', () => {
  const command = parse(['account-balance', '--to', 'yesterday']);
  assert.ok(command.kind === 'report');
  assert.ok(command.request.fromMs <= 86_400_000);
});

test('the search of call records, by both names', () => {
  const expected = {
    kind: 'search',
    all: false,
    format: 'table',
    search: {
      fromMs: now - 86_400_000,
      toMs: now,
      timezone: 'UTC',
      filters: { caller: '44*', code: '486' },
      limit: 7,
      page: 'abc',
    },
  };
  const options = ['--caller=44*', '--code', '486', '--limit', '7', '--page', 'abc'];
  assert.deepEqual(parse(['calls', ...options]), expected);
  assert.deepEqual(parse(['cdr-search', ...options]), expected);
  const all = parse(['cdr-search', '--all', '--format', 'csv']);
  assert.ok(all.kind === 'search' && all.all && all.search.limit === 50);
});

test('generate takes a day', () => {
  assert.deepEqual(parse(['generate', '--day', '2026-11-22']), {
    kind: 'generate',
    day: '2026-11-22',
  });
});

test('--config and --clickhouse are kept for whoever connects', () => {
  const { texts } = readReportOptions(['codes', '--config', 'x.yaml', '--clickhouse', 'http://h']);
  assert.deepEqual(texts, { config: 'x.yaml', clickhouse: 'http://h' });
});

const refused: [args: string[], says: RegExp][] = [
  [[], /which report\?/],
  [['gateway'], /no report 'gateway'[\s\S]*gateways[\s\S]*codes[\s\S]*cdr-search/],
  [['constructor'], /no report 'constructor'/],
  [['calls', 'codes'], /one report at a time/],
  [['calls', '--colour', 'red'], /--colour/],
  [['calls', '--from'], /--from/],
  [['calls', '--from', 'noon'], /--from 'noon' is not a time[\s\S]*yesterday/],
  [['calls', '--from', 'now', '--to', '-1h'], /--from must be before --to/],
  [['calls', '--timezone', 'Mars'], /IANA/],
  [['calls', '--format', 'xml'], /table, json, csv/],
  [['calls', '--limit', '0'], /1 to 100000/],
  [['calls', '--code', '99'], /100 to 699/],
  [['calls', '--caller', "44'%"], /calling number/],
  [['calls', '--by', 'area'], /takes no --by/],
  [['calls', '--all'], /--format csv/],
  [['codes', '--all'], /codes takes no --all/],
  [['hours', '--caller', '44'], /hours takes no --caller/],
  [['hours', '--bucket', 'day'], /hours takes no --bucket/],
  [['codes', '--by', 'area'], /codes takes no --by/],
  [['profit', '--by', 'colour'], /--by must be one of account, mapping-gateway/],
  [['profit', '--by', 'toString'], /--by must be one of/],
  [['asr-acd', '--bucket', 'week'], /all, minute, hour, day/],
  [['generate'], /--day '' is not a day/],
  [['generate', '--day', '2026-02-30'], /2026-02-30/],
  [['generate', '--day', '2026-02-20', '--timezone', 'UTC'], /--day alone/],
  [['calls', '--clickhouse', 'tcp://x'], /http:\/\//],
];

for (const [args, says] of refused) {
  test(`refused: ${args.join(' ')}`, () => {
    assert.throws(
      () => parse(args),
      (error) =>
        error instanceof TandemError &&
        error.code === 'TDM_REPORT_ARGUMENTS' &&
        says.test(error.message) &&
        error.message.includes('usage: npm run report'),
    );
  });
}
