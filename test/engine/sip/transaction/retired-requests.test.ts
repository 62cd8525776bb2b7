// Retired requests: a map whose entries leave after their time, whatever hashes and numbers come.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TICK_MS, TimerWheel } from '../../../../engine/base/timer-wheel.ts';
import {
  ABSORB,
  NOT_RETIRED,
  RetiredRequests,
} from '../../../../engine/sip/transaction/retired-requests.ts';
import type { ServerKey } from '../../../../engine/sip/transaction/server-table.ts';

const LIFETIME_MS = 1000;
/** Entries that the queue holds before it grows. */
const FIRST_CAPACITY = 1024;

interface Entry extends ServerKey {
  readonly status: number;
  readonly dueMs: number;
}

/** The requests next to a model of them: everything ever added, with the time when it must go. */
class Model {
  nowMs = 0;
  readonly timers = new TimerWheel(0);
  readonly requests = new RetiredRequests(this.timers);
  readonly entries = new Map<string, Entry>();

  add(high: number, low: number, status = 200, lifetimeMs = LIFETIME_MS): void {
    const key = `${high},${low}`;
    // A request that is still known does not retire again.
    if (this.nowMs < (this.entries.get(key)?.dueMs ?? 0)) return;
    this.requests.add(high, low, status, lifetimeMs);
    this.entries.set(key, { high, low, status, dueMs: this.nowMs + lifetimeMs });
  }

  /** Time passes, tick by tick. */
  pass(ms: number): void {
    for (const end = this.nowMs + ms; this.nowMs < end;) {
      this.nowMs += TICK_MS;
      this.timers.advance(this.nowMs);
    }
  }

  check(): void {
    let live = 0;
    for (const entry of this.entries.values()) {
      const known = this.nowMs < entry.dueMs;
      if (known) live++;
      assert.equal(this.requests.statusOf(entry), known ? entry.status : NOT_RETIRED);
    }
    assert.equal(this.requests.size, live);
    assert.equal(this.timers.armed, live === 0 ? 0 : 1);
  }

  /** After the lifetime of the youngest nothing is left. */
  checkEnd(): void {
    this.pass(LIFETIME_MS - TICK_MS);
    this.check();
    this.pass(TICK_MS);
    this.check();
    assert.deepEqual([this.requests.size, this.timers.armed], [0, 0]);
  }
}

/** The low hash of the n-th request: spread out, or falling on few places of the index. */
const LOW_HASHES: Record<string, (n: number) => number> = {
  spread: (n) => Math.imul(n, 0x9e3779b1),
  equal: () => 0x7fffffff,
  'last places': (n) => (n << 16) | 0xffff | (n & 1),
  'around the end': (n) => ((n << 16) - (n & 3)) | 0,
  'next to each other': (n) => n & 63,
};

const status = fc.constantFrom(ABSORB, 200, 481, 699);
const hashes = fc.constantFrom(...Object.keys(LOW_HASHES));
const few = fc.record({ count: fc.integer({ min: 1, max: 40 }), hashes, status });
const many = fc.record({
  count: fc.integer({ min: 300, max: 900 }),
  hashes: fc.constant('spread'),
  status,
});
const wait = fc.record({ ticks: fc.integer({ min: 1, max: 70 }) });
const commands = fc.array(fc.oneof(few, many, wait), { maxLength: 14 });

test('behaves like a map whose entries have times, also while it grows and wraps', () => {
  fc.assert(
    fc.property(commands, (steps) => {
      const model = new Model();
      let n = 0;
      for (const step of steps) {
        if ('ticks' in step) model.pass(step.ticks * TICK_MS);
        else {
          const low = LOW_HASHES[step.hashes]!;
          for (const end = n + step.count; n < end; n++) model.add(n, low(n), step.status);
        }
        model.check();
      }
      model.checkEnd();
    }),
    { numRuns: 60 },
  );
});

test('crowded places are freed in any pattern without losing a neighbour', () => {
  // Homes within 8 places around the end of the index of 2048, each entry alone in its tick or not.
  const arrival = fc.record({ home: fc.integer({ min: -4, max: 3 }), ticks: fc.nat(2) });
  fc.assert(
    fc.property(fc.array(arrival, { minLength: 2, maxLength: 60 }), (arrivals) => {
      const model = new Model();
      for (const [n, { home, ticks }] of arrivals.entries()) {
        model.pass(ticks * TICK_MS);
        model.add(n, home);
      }
      for (let tick = 0; model.requests.size > 0; tick++) {
        assert.ok(tick <= LIFETIME_MS / TICK_MS);
        model.check();
        model.pass(TICK_MS);
      }
      model.check();
    }),
    { numRuns: 60 },
  );
});

test('grows in the middle of its circle and keeps order, statuses and times', () => {
  const model = new Model();
  for (let n = 0; n < 700; n++) model.add(n, LOW_HASHES['spread']!(n), 200 + (n % 500));
  model.pass(500);
  for (let n = 700; n < FIRST_CAPACITY; n++) model.add(n, LOW_HASHES['spread']!(n), ABSORB);
  model.pass(500);
  assert.equal(model.requests.size, FIRST_CAPACITY - 700);
  // The queue now begins at place 700; these wrap around its end and then double it, twice.
  for (let n = 3000; n < 6000; n++) model.add(n, LOW_HASHES['spread']!(n), 200 + (n % 500));
  model.check();
  model.pass(500);
  assert.equal(model.requests.size, 3000);
  model.check();
  model.pass(500);
  model.check();
  assert.deepEqual([model.requests.size, model.timers.armed], [0, 0]);
});

test('with the queue just full, an unknown request is found to be unknown', () => {
  const model = new Model();
  for (const size of [FIRST_CAPACITY, FIRST_CAPACITY * 2]) {
    for (let n = model.requests.size; n < size; n++) model.add(n, LOW_HASHES['spread']!(n));
    for (let low = 0; low < 2 * size; low++) {
      assert.equal(model.requests.statusOf({ high: -1, low }), NOT_RETIRED);
    }
    model.check();
  }
  model.checkEnd();
});

test('a steady stream goes many times around the circle', () => {
  const model = new Model();
  for (let n = 0; n < 6000; n++) {
    model.add(n, LOW_HASHES['spread']!(n), 200 + (n % 500));
    if (n % 8 === 7) model.pass(TICK_MS);
    if (n % 1000 === 999) model.check();
  }
  // 8 in each of the last 100 ticks, the ones of this very tick gone.
  assert.equal(model.requests.size, 8 * (LIFETIME_MS / TICK_MS - 1));
  model.checkEnd();
});

test('both hashes count, with their signs', () => {
  const model = new Model();
  model.add(-1, 5, 481);
  model.add(1, 5, 200);
  model.add(-1, -5, ABSORB);
  model.check();
  for (const [high, low] of [
    [0, 5],
    [5, -1],
    [1, -5],
    [-1, 5 + 2048],
  ] as const) {
    assert.equal(model.requests.statusOf({ high, low }), NOT_RETIRED);
  }
});

test('a request that comes back after its time is known anew, for its whole lifetime', () => {
  const model = new Model();
  model.add(7, 7, 200);
  model.pass(LIFETIME_MS);
  model.check();
  model.add(7, 7, 481);
  model.check();
  model.checkEnd();
});

test('a shorter lifetime behind a longer one lasts as asked, and goes with the longer', () => {
  const { timers, requests } = new Model();
  requests.add(1, 1, 200, 1000);
  requests.add(2, 2, 481, 400);
  timers.advance(390);
  assert.equal(requests.statusOf({ high: 2, low: 2 }), 481);
  timers.advance(990);
  assert.equal(requests.statusOf({ high: 1, low: 1 }), 200);
  timers.advance(1000);
  assert.deepEqual([requests.size, timers.armed], [0, 0]);
});

test('after a stalled thread what is due leaves, what is not stays', () => {
  const { timers, requests } = new Model();
  requests.add(1, 1, 200, 1000);
  timers.advance(15);
  requests.add(2, 2, 200, 1000);
  timers.advance(900);
  requests.add(3, 3, 200, 1000);
  // One step of 800 ms over the ends of the first two, then a short one for what it left.
  timers.advance(1700);
  timers.advance(1720);
  assert.equal(requests.statusOf({ high: 3, low: 3 }), 200);
  assert.equal(requests.statusOf({ high: 1, low: 1 }), NOT_RETIRED);
  timers.advance(1899);
  assert.equal(requests.statusOf({ high: 3, low: 3 }), 200);
  timers.advance(3000);
  timers.advance(4000);
  assert.deepEqual([requests.size, timers.armed], [0, 0]);
});
