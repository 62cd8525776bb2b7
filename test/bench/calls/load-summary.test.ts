// Paired ratios, cleanliness and the rule of a clean round: what RESULTS.md and the bars rest on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isClean } from '../../../bench/calls/find-maximum.ts';
import type { LoadResult } from '../../../bench/calls/load-round.ts';
import { formatRounds, summarise } from '../../../bench/calls/load-summary.ts';

function round(target: string, cpuUsPerCall: number, more: Partial<LoadResult> = {}): LoadResult {
  return {
    target,
    rate: 1000,
    calls: 10_000,
    failed: 0,
    retransmissions: 0,
    cpuUsPerCall,
    recordCpuUsPerCall: 10,
    trying: undefined,
    ringing: undefined,
    answer: { count: 10_000, p50Ms: 104, p99Ms: 112, maxMs: 120 },
    peakCalls: 1600,
    cpuPressure: 0.5,
    warmUpFailed: 0,
    residentBytes: 100 * 1_048_576,
    dropsAtTarget: 0,
    dropsAtSipp: 0,
    lostRecords: 0,
    doubleRecords: 0,
    errors: '',
    ...more,
  };
}

describe('summarise', () => {
  it('pairs the rounds in their order, so that a noisy pair moves the median little', () => {
    const rounds = [
      ...[round('a', 100), round('b', 200)],
      ...[round('a', 90), round('b', 100)],
      ...[round('a', 300), round('b', 500)],
    ];
    const summary = summarise(rounds);
    assert.deepEqual(summary.ratios, [0.5, 0.9, 0.6]);
    assert.equal(summary.medianRatio, 0.6);
    assert.deepEqual(summary.medianCpuUs, { a: 100, b: 200 });
    assert.equal(summary.clean, true);
  });

  it('has no ratio with one target, and is not clean with one loss', () => {
    assert.deepEqual(summarise([round('a', 1)]).ratios, []);
    assert.equal(summarise([round('a', 1, { failed: 1 })]).clean, false);
    assert.equal(summarise([round('a', 1, { lostRecords: 1 })]).clean, false);
    assert.equal(summarise([round('a', 1, { doubleRecords: 1 })]).clean, false);
    assert.equal(summarise([round('a', 1, { lostRecords: undefined })]).clean, true);
  });

  it('prints one line a round under a head', () => {
    const lines = formatRounds([round('a', 12.34), round('b', 5)]).split('\n');
    assert.equal(lines.length, 4);
    assert.match(lines[2]!, /^a +1000 +10000 +12\.3 .*104\/112.*100 MiB/);
  });
});

describe('isClean', () => {
  it('allows under 0.1 % of the messages again, and no failed call or record', () => {
    assert.equal(isClean(round('a', 1, { retransmissions: 69 })), true);
    assert.equal(isClean(round('a', 1, { retransmissions: 70 })), false);
    assert.equal(isClean(round('a', 1, { failed: 1 })), false);
    assert.equal(isClean(round('a', 1, { lostRecords: 1 })), false);
    assert.equal(isClean(round('a', 1, { calls: 0 })), false);
    assert.equal(isClean(round('a', 1, { warmUpFailed: 1 })), false);
  });
});
