// The command line: what it accepts, and that every refusal says what would be accepted.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import { parseReportArguments } from '../../../ingest/reports/report-arguments.ts';

const now = Date.parse('2026-03-29T10:00:00Z');

test('defaults: the last 24 hours, UTC, a table', () => {
  const { request, format, config } = parseReportArguments(['gateways'], now);
  assert.deepEqual(request, {
    name: 'gateways',
    fromMs: now - 86_400_000,
    toMs: now,
    timezone: 'UTC',
    filters: {},
  });
  assert.equal(format, 'table');
  assert.equal(config, undefined);
});

test('options in any place, with = or a space, also a negative time', () => {
  const command = parseReportArguments(
    [
      '--from',
      '-1h',
      'calls',
      '--caller=44*',
      '--code',
      '486',
      '--limit',
      '7',
      '--format',
      'csv',
      '--clickhouse',
      'http://u:p@h:1',
    ],
    now,
  );
  assert.equal(command.request.fromMs, now - 3_600_000);
  assert.deepEqual(command.request.filters, { caller: '44*', code: '486', limit: '7' });
  assert.equal(command.format, 'csv');
  assert.equal(command.clickhouse, 'http://u:p@h:1');
});

const refused: [args: string[], says: RegExp][] = [
  [[], /which report\?/],
  [['gateway'], /no report 'gateway'[\s\S]*gateways[\s\S]*calls[\s\S]*codes[\s\S]*hours/],
  [['constructor'], /no report 'constructor'/],
  [['calls', 'codes'], /one report at a time/],
  [['calls', '--colour', 'red'], /--colour/],
  [['calls', '--from'], /--from/],
  [['calls', '--from', 'noon'], /--from 'noon' is not a time[\s\S]*yesterday/],
  [['calls', '--from', 'now', '--to', '-1h'], /--from must be before --to/],
  [['calls', '--timezone', 'Mars'], /IANA/],
  [['calls', '--format', 'xml'], /table, json, csv/],
  [['calls', '--limit', '0'], /1 to 10000/],
  [['calls', '--code', '99'], /100 to 699/],
  [['calls', '--caller', "44'%"], /calling number/],
  [['hours', '--caller', '44'], /hours takes no --caller/],
  [['calls', '--clickhouse', 'tcp://x'], /http:\/\//],
];

for (const [args, says] of refused) {
  test(`refused: ${args.join(' ')}`, () => {
    assert.throws(
      () => parseReportArguments(args, now),
      (error) =>
        error instanceof TandemError &&
        error.code === 'TDM_REPORT_ARGUMENTS' &&
        says.test(error.message) &&
        error.message.includes('usage: npm run report'),
    );
  });
}
