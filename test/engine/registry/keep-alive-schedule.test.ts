// The schedule of heartbeats in virtual time against what NAT-04 to NAT-09 and NAT-13 demand of it,
// for any settings and any number of terminals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { keepAliveCoverage, type KeepAlivePace } from '../../../engine/base/keep-alive-sums.ts';
import { Crowd } from './paced-crowd.ts';

const START_MS = 1000;

/** Cycles of few batches, so that a test can run many of them. */
const pace: fc.Arbitrary<KeepAlivePace> = fc
  .record({
    intervalMs: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 10_000 })),
    intervals: fc.integer({ min: 1, max: 40 }),
    restMs: fc.integer({ min: 0, max: 300 }),
    oneTime: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ intervalMs, intervals, restMs, oneTime }) => ({
    periodMs: intervals * intervalMs + Math.min(restMs, intervalMs - 1),
    intervalMs,
    oneTime,
  }));

function assertWithinLimits(crowd: Crowd, { intervalMs, oneTime }: KeepAlivePace): void {
  crowd.batches.forEach(({ atMs, places }, i) => {
    assert.ok(places.length <= oneTime, `${places.length} heartbeats at ${atMs}`);
    if (i > 0) assert.ok(atMs - crowd.batches[i - 1]!.atMs >= intervalMs - 1e-6, `at ${atMs}`);
  });
}

test('the default settings: 180,000 terminals, each once in 30 s, 3000 every half second', () => {
  const settings = { periodMs: 30_000, intervalMs: 500, oneTime: 3000 };
  const crowd = Crowd.of(180_000, settings);
  crowd.run(START_MS + 60_000);
  assert.deepEqual(
    crowd.cycles.map(({ reached, missed, lengthMs }) => [reached, missed, lengthMs]),
    [
      [180_000, 0, 30_000],
      [180_000, 0, 30_000],
    ],
  );
  assert.ok(crowd.served(START_MS, START_MS + 30_000).every((times) => times === 1));
  assert.deepEqual(
    crowd.batches.slice(0, 61).map(({ atMs, places }) => [atMs, places.length]),
    Array.from({ length: 61 }, (_, i) => [START_MS + i * 500, 3000]),
  );
});

test('one terminal more than fits is missed, reported, and first in the next cycle', () => {
  const settings = { periodMs: 30_000, intervalMs: 500, oneTime: 3000 };
  const crowd = Crowd.of(180_001, settings);
  crowd.run(START_MS + 30_000);
  assert.equal(crowd.cycles[0]!.missed, 1);
  const next = crowd.batches.find(({ atMs }) => atMs === START_MS + 30_000);
  assert.equal(next?.places[0], 180_000);
});

test('1000 terminals are spread over the cycle instead of leaving in one batch', () => {
  const crowd = Crowd.of(1000, { periodMs: 30_000, intervalMs: 500, oneTime: 3000 });
  crowd.run(START_MS + 29_999);
  assert.equal(crowd.batches.length, 60);
  assert.ok(crowd.batches.every(({ places }) => places.length === 16 || places.length === 17));
});

test('three terminals: one every ten seconds', () => {
  const crowd = Crowd.of(3, { periodMs: 30_000, intervalMs: 500, oneTime: 3000 });
  crowd.run(START_MS + 59_999);
  assert.deepEqual(
    crowd.batches.map(({ atMs }) => atMs - START_MS),
    [0, 10_000, 20_000, 30_000, 40_000, 50_000],
  );
});

test('whoever fits: each exactly once a cycle, batches no larger than needed', () => {
  fc.assert(
    fc.property(pace, fc.double({ min: 0, max: 1, noNaN: true }), (settings, part) => {
      const coverage = keepAliveCoverage(settings);
      const devices = Math.round(coverage * part);
      const crowd = Crowd.of(devices, settings);
      const endMs = START_MS + 3 * settings.periodMs;
      crowd.run(endMs - 1e-3);
      assertWithinLimits(crowd, settings);
      for (let from = START_MS; from < endMs - 1; from += settings.periodMs) {
        const served = crowd.served(from, from + settings.periodMs);
        assert.ok(
          served.every((times) => times === 1),
          String(served),
        );
      }
      assert.ok(crowd.cycles.every(({ missed, reached }) => missed === 0 && reached === devices));
      if (settings.intervalMs < 20) return;
      const batches = coverage / settings.oneTime;
      const largest = Math.max(0, ...crowd.batches.map(({ places }) => places.length));
      assert.ok(largest <= Math.ceil(devices / batches), `${largest} at once`);
    }),
    { numRuns: 300 },
  );
});

test('too many: as many as fit are served, the others reported, none starved twice', () => {
  fc.assert(
    fc.property(pace, fc.double({ min: 1, max: 3.5, noNaN: true }), (settings, times) => {
      const coverage = keepAliveCoverage(settings);
      const devices = Math.floor(coverage * times) + 1;
      const crowd = Crowd.of(devices, settings);
      const cycles = 8;
      crowd.run(START_MS + cycles * settings.periodMs);
      assertWithinLimits(crowd, settings);
      const missedInARow = new Array<number>(devices).fill(0);
      const allowed = Math.ceil(devices / coverage) - 1;
      for (let i = 0; i < cycles; i++) {
        const from = START_MS + i * settings.periodMs;
        const served = crowd.served(from, from + settings.periodMs);
        const missed = served.filter((count) => count === 0).length;
        assert.equal(missed, devices - coverage);
        assert.deepEqual(
          { missed: crowd.cycles[i]?.missed, reached: crowd.cycles[i]?.reached },
          { missed, reached: coverage },
        );
        served.forEach((count, place) => {
          assert.ok(count <= 1);
          missedInARow[place] = count === 0 ? missedInARow[place]! + 1 : 0;
          assert.ok(missedInARow[place] <= allowed, `${place} missed ${missedInARow[place]} times`);
        });
      }
    }),
    { numRuns: 200 },
  );
});

test('terminals that come and go: who stays is served each cycle, who is gone never', () => {
  const step = fc.record({
    part: fc.double({ min: 0, max: 1, noNaN: true }),
    place: fc.nat(),
    comes: fc.boolean(),
  });
  fc.assert(
    fc.property(pace, fc.array(step, { maxLength: 80 }), (settings, steps) => {
      // Half of what fits: whoever comes finds room.
      const places = Math.ceil(keepAliveCoverage(settings) / 2);
      const crowd = new Crowd(
        Array.from({ length: places }, (_, i) => i % 2 === 0),
        settings,
      );
      const ordered = [...steps].sort((a, b) => a.part - b.part);
      for (let cycle = 0; cycle < 5; cycle++) {
        for (const { part, place, comes } of ordered) {
          crowd.run(START_MS + (cycle + part) * settings.periodMs);
          crowd.set(place % places, comes);
        }
        crowd.run(START_MS + (cycle + 1) * settings.periodMs);
      }
      assert.ok(crowd.cycles.length >= 3);
      for (const { served, stayed } of crowd.cycles) {
        served.forEach((times, place) => {
          assert.ok(times <= 1);
          if (stayed[place] === true) assert.equal(times, 1, `${place}`);
        });
      }
      assertWithinLimits(crowd, settings);
    }),
    { numRuns: 200 },
  );
});

test('nobody there, then one comes: it is served within half a second', () => {
  const settings = { periodMs: 30_000, intervalMs: 100, oneTime: 3000 };
  const crowd = new Crowd([false, false], settings);
  crowd.run(START_MS + 7321);
  crowd.set(1, true);
  crowd.run(START_MS + 7321 + 500);
  assert.deepEqual(
    crowd.batches.map(({ places }) => places),
    [[1]],
  );
});

test('late wake-ups: no burst to catch up, and punctual ones do not add up', () => {
  fc.assert(
    fc.property(
      pace,
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (settings, s) => {
        const lateness = (): number => {
          const value = s.next().value as number;
          return value > 0.9 ? value * 3 * settings.intervalMs : value * 0.5 * settings.intervalMs;
        };
        const crowd = Crowd.of(keepAliveCoverage(settings), settings);
        crowd.run(START_MS + 4 * settings.periodMs, lateness);
        crowd.batches.forEach(({ atMs, places }, i) => {
          assert.ok(places.length <= settings.oneTime);
          const before = crowd.batches[i - 1];
          if (before === undefined) return;
          assert.ok(atMs - before.atMs >= settings.intervalMs * 0.5 - 1e-6);
        });
      },
    ),
  );
  const settings = { periodMs: 30_000, intervalMs: 500, oneTime: 30 };
  const punctual = Crowd.of(1800, settings);
  punctual.run(START_MS + 300_000, () => 200);
  assert.equal(punctual.schedule.late, 0);
  assert.ok(punctual.cycles.length >= 9);
  assert.ok(punctual.cycles.every(({ missed }) => missed === 0));
});

test('a change acts at once and keeps the new interval from the last batch', () => {
  const crowd = Crowd.of(600, { periodMs: 60_000, intervalMs: 10_000, oneTime: 100 });
  crowd.run(START_MS + 10_100);
  assert.equal(crowd.batches.length, 2);
  crowd.change({ periodMs: 10_000, intervalMs: 1000, oneTime: 60 });
  crowd.run(START_MS + 20_500);
  const after = crowd.batches.slice(2);
  assert.deepEqual(after.map(({ atMs, places }) => [atMs - START_MS, places.length]).slice(0, 3), [
    [11_000, 60],
    [12_000, 60],
    [13_000, 60],
  ]);
  assert.equal(after[0]!.places[0], 200, 'first whom the broken cycle did not come to');
  assert.deepEqual(crowd.cycles, [], 'a broken cycle has missed nobody');
});
