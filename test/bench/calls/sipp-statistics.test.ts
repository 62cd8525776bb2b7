// What SIPp writes is read right: counts from the last row, peaks over all rows, percentiles.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  median,
  parseResponseTimes,
  parseSippCounts,
  percentile,
} from '../../../bench/calls/sipp-statistics.ts';

const HEAD =
  'StartTime;TotalCallCreated;CurrentCall;SuccessfulCall(P);SuccessfulCall(C);' +
  'FailedCall(C);OutOfCallMsgs(C);Retransmissions(C);';

describe('parseSippCounts', () => {
  it('takes totals from the last row and the peak from all', () => {
    const rows = [
      HEAD,
      'x;100;40;60;60;0;0;0;',
      'x;250;90;100;160;0;1;2;',
      'x;300;0;90;297;3;2;5;',
    ];
    assert.deepEqual(parseSippCounts(`${rows.join('\n')}\n`), {
      created: 300,
      successful: 297,
      failed: 3,
      retransmissions: 5,
      outOfCall: 2,
      peakCalls: 90,
    });
  });

  it('counts nothing without rows and refuses a table without its columns', () => {
    assert.equal(parseSippCounts('').created, 0);
    assert.equal(parseSippCounts(`${HEAD}\n`).created, 0);
    assert.throws(() => parseSippCounts('A;B;\n1;2;\n'), /no column/);
  });
});

describe('parseResponseTimes', () => {
  it('keeps the timers apart', () => {
    const rows = ['Date_ms;response_time_ms;rtd_no', '8.0;4;1', '8.1;8;1', '8.2;100;3'];
    const latency = parseResponseTimes(`${rows.join('\n')}\n`);
    assert.deepEqual(latency.get('1'), { count: 2, p50Ms: 4, p99Ms: 8, maxMs: 8 });
    assert.deepEqual(latency.get('3'), { count: 1, p50Ms: 100, p99Ms: 100, maxMs: 100 });
    assert.equal(latency.get('2'), undefined);
  });
});

describe('percentile and median', () => {
  it('gives a value that at least the share of values do not exceed', () => {
    const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (list, share) => {
        const sorted = [...list].sort((a, b) => a - b);
        const value = percentile(sorted, share);
        const notAbove = sorted.filter((other) => other <= value).length;
        assert.ok(sorted.includes(value));
        assert.ok(notAbove >= share * sorted.length - 1e-9);
      }),
    );
  });

  it('takes the middle, or the mean of the two in the middle', () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.ok(Number.isNaN(median([])));
  });
});
