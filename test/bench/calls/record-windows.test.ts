// What keeping records costs comes out of windows, whatever drifts or breaks out meanwhile.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOfKeeping, isKept, windowAt, WINDOW_MS } from '../../../bench/calls/record-windows.ts';

function costs(count: number, costOf: (window: number) => number) {
  return Array.from({ length: count }, (_, i) => ({ window: 7 + i, cost: costOf(7 + i) }));
}

test('windows follow each other and take turns', () => {
  const first = windowAt(1_700_000_000_000);
  assert.equal(windowAt(1_700_000_000_000 + WINDOW_MS), first + 1);
  assert.notEqual(isKept(first), isKept(first + 1));
  assert.equal(isKept(first), isKept(first + 2));
});

test('the difference is found under a drift that is larger', () => {
  const { mean, error } = costOfKeeping(costs(80, (w) => 80 + 3 * w + (isKept(w) ? 8 : 0)));
  // Neighbours stand 3 apart, in every block the same way.
  assert.ok(Math.abs(mean - 8) <= 3);
  assert.ok(error < 1e-9);
});

test('no difference is none', () => {
  assert.equal(costOfKeeping(costs(80, () => 90)).mean, 0);
});

test('a window in which the machine was busy elsewhere moves nothing', () => {
  const quiet = (w: number): number => 90 + (isKept(w) ? 6 : 0);
  const { mean } = costOfKeeping(costs(119, (w) => quiet(w) + (w === 20 ? 500 : 0)));
  assert.ok(Math.abs(mean - 6) < 1e-9);
});

test('collections of garbage, on both sides alike, move nothing', () => {
  const noise = (w: number): number => ((w * w * 31) % 17) / 10;
  const cost = (w: number): number => 90 + (isKept(w) ? 6 : 0) + noise(w);
  const { mean } = costOfKeeping(costs(400, cost));
  const collected = costOfKeeping(costs(400, (w) => cost(w) + (w % 11 === 3 ? 60 : 0)));
  assert.ok(Math.abs(collected.mean - mean) < 0.2);
});

test('the error grows with the noise', () => {
  const noise = (w: number): number => ((w * w * 31) % 17) - 8;
  const calm = costOfKeeping(costs(120, (w) => 90 + (isKept(w) ? 6 : 0) + 0.1 * noise(w)));
  const rough = costOfKeeping(costs(120, (w) => 90 + (isKept(w) ? 6 : 0) + noise(w)));
  assert.ok(Math.abs(rough.error / calm.error - 10) < 1e-6);
});
