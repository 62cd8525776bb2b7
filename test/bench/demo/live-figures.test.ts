// The live line of the demo from /metrics text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figuresLine, readFigures } from '../../../bench/demo/live-figures.ts';

const METRICS = `# TYPE tandem_calls_started_total counter
tandem_calls_started_total 120
tandem_calls_answered_total 45
tandem_calls_unanswered_total{reason="canceled"} 10
tandem_calls_unanswered_total{reason="failed"} 20
tandem_attempts_failed_over_total 7
tandem_calls_active 33
tandem_ingest_rows_total 170
process_cpu_seconds_total 2.5
`;

test('rates are per second between two scrapes, ASR over decided calls', () => {
  const now = readFigures(METRICS, 3000);
  const before = { ...now, atMs: 1000, started: 110, cpuSeconds: 2.4 };
  const line = figuresLine(now, before);
  assert.match(line, /calls up +33 /);
  assert.match(line, /new\/s +5\.0 /);
  assert.match(line, /ASR +60\.0% /);
  assert.match(line, /failed over +7 /);
  assert.match(line, /CPU +5\.0%/);
  assert.match(line, /rows in ClickHouse 170$/);
});

test('before the first call there is no ASR', () => {
  const nothing = readFigures('', 0);
  assert.match(figuresLine(nothing, nothing), /ASR +- /);
});
