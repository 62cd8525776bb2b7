// The sums of NAT-06 and NAT-07, and the presets' coverage.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  keepAliveCoverage,
  keepAlivePayload,
  shortestPeriodMs,
} from '../../../engine/base/keep-alive-sums.ts';

test('the presets of NAT-16 to NAT-20 cover what is said of them', () => {
  const presets: [number, number, number, number][] = [
    [20, 500, 3000, 120_000],
    [30, 500, 3000, 180_000],
    [30, 500, 1500, 90_000],
    [15, 200, 3000, 225_000],
    [30, 1000, 1000, 30_000],
  ];
  for (const [period, intervalMs, oneTime, coverage] of presets) {
    assert.equal(keepAliveCoverage({ periodMs: period * 1000, intervalMs, oneTime }), coverage);
  }
});

test('a period that ends within an interval covers whole batches only, but at least one', () => {
  assert.equal(keepAliveCoverage({ periodMs: 10_000, intervalMs: 3000, oneTime: 7 }), 21);
  assert.equal(keepAliveCoverage({ periodMs: 10_000, intervalMs: 10_000, oneTime: 7 }), 7);
});

test('the shortest period of NAT-07', () => {
  const pace = { intervalMs: 500, oneTime: 3000 };
  assert.equal(shortestPeriodMs(1000, pace), 500);
  assert.equal(shortestPeriodMs(180_000, pace), 30_000);
  assert.equal(shortestPeriodMs(180_001, pace), 30_500);
  assert.equal(shortestPeriodMs(0, pace), 0);
});

test('escapes of the message', () => {
  assert.equal(keepAlivePayload('HELLO'), 'HELLO');
  assert.equal(keepAlivePayload('\\r\\n\\r\\n'), '\r\n\r\n');
  assert.equal(keepAlivePayload('a\\\\nb\\t'), 'a\\nb\\t');
  assert.equal(keepAlivePayload(''), '');
});
