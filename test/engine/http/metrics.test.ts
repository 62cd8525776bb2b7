// What /metrics prints for given shared counters.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  C,
  countCode,
  observe,
  PARSE_RESULT,
  PDD_MS,
  REQUESTS_RECEIVED,
  RESPONSES_SENT,
} from '../../../engine/base/counter-names.ts';
import { createMetrics } from '../../../engine/http/metrics.ts';
import { Method } from '../../../engine/sip/message/methods.ts';
import { ParseResult } from '../../../engine/sip/message/parse-result.ts';
import { fakeMetricsSource } from './fake-metrics-source.ts';

/** Asserts that each line stands in the text as it is. */
function assertLines(text: string, lines: readonly string[]): void {
  const printed = new Set(text.split('\n'));
  for (const line of lines) assert.ok(printed.has(line), `not printed: ${line}`);
}

test('counters are summed over shards or labelled by shard, in base units', async () => {
  const { source, rows } = fakeMetricsSource();
  rows[0]!.add(C.callsStarted, 3);
  rows[1]!.add(C.callsStarted, 4);
  rows[1]!.add(C.loopBusyMs, 2500);
  rows[0]!.add(C.callsRefusedOverload, 2);
  rows[0]!.set(C.callsActive, 5);
  rows[1]!.set(C.callsActive, 6);
  rows[0]!.set(C.queueAgeMs, 20);
  assertLines(await createMetrics(source).metrics(), [
    'tandem_calls_started_total 7',
    'tandem_shard_busy_seconds_total{shard="1"} 2.5',
    'tandem_calls_refused_total{reason="overload"} 2',
    'tandem_calls_refused_total{reason="no_route"} 0',
    'tandem_calls_active 11',
    'tandem_queue_age_seconds{shard="0"} 0.02',
    'tandem_exceptions_total 0',
  ]);
});

test('messages are labelled by method, code and direction; unseen codes are left out', async () => {
  const { source, rows } = fakeMetricsSource();
  countCode(rows[0]!, REQUESTS_RECEIVED, Method.Invite);
  countCode(rows[1]!, REQUESTS_RECEIVED, Method.Invite);
  countCode(rows[1]!, REQUESTS_RECEIVED, Method.Unknown);
  countCode(rows[0]!, RESPONSES_SENT, 486);
  countCode(rows[0]!, PARSE_RESULT, ParseResult.BadRequest);
  countCode(rows[0]!, PARSE_RESULT, ParseResult.Ok);
  const text = await createMetrics(source).metrics();
  assertLines(text, [
    'tandem_sip_requests_total{method="INVITE",direction="received"} 2',
    'tandem_sip_requests_total{method="other",direction="received"} 1',
    'tandem_sip_responses_total{code="486",direction="sent"} 1',
    'tandem_sip_parse_failures_total{kind="bad_request"} 1',
  ]);
  assert.doesNotMatch(text, /kind="ok"|code="487"/);
});

test('a second scrape gives the new values, not their sum', async () => {
  const { source, rows } = fakeMetricsSource();
  const metrics = createMetrics(source);
  rows[0]!.add(C.callsAnswered, 1);
  await metrics.metrics();
  rows[0]!.add(C.callsAnswered, 1);
  assertLines(await metrics.metrics(), ['tandem_calls_answered_total 2']);
});

test('a histogram is cumulative over its buckets and in seconds', async () => {
  const { source, rows } = fakeMetricsSource();
  for (const ms of [5, 40, 60_000]) observe(rows[0]!, PDD_MS, ms);
  observe(rows[1]!, PDD_MS, 7);
  assertLines(await createMetrics(source).metrics(), [
    '# TYPE tandem_pdd_seconds histogram',
    'tandem_pdd_seconds_bucket{le="0.01"} 2',
    'tandem_pdd_seconds_bucket{le="0.05"} 3',
    'tandem_pdd_seconds_bucket{le="20"} 3',
    'tandem_pdd_seconds_bucket{le="+Inf"} 4',
    'tandem_pdd_seconds_sum 60.052',
    'tandem_pdd_seconds_count 4',
  ]);
});
