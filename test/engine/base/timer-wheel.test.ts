// The timer wheel against a list that is searched in full: never early, at most a tick late.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TICK_MS, Timer, TimerWheel, type Expiring } from '../../../engine/base/timer-wheel.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

class Probe implements Expiring {
  readonly timer = new Timer(this);
  readonly id: number;
  readonly #fired: (id: number) => void;

  constructor(id: number, fired: (id: number) => void) {
    this.id = id;
    this.#fired = fired;
  }

  expire(): void {
    this.#fired(this.id);
  }
}

type Step =
  | { readonly kind: 'start'; readonly timer: number; readonly delayMs: number }
  | { readonly kind: 'stop'; readonly timer: number }
  | { readonly kind: 'advance'; readonly byMs: number };

/** Quarters of a millisecond: between ticks, and exact in floating point. */
function quarters(maxMs: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: maxMs * 4 }).map((n) => n / 4);
}

/** Delays that land on every level of the wheel and on both sides of each border. */
const delayMs = fc.oneof(
  { weight: 5, arbitrary: quarters(60) },
  { weight: 1, arbitrary: fc.integer({ min: 2500, max: 2620 }) },
  { weight: 1, arbitrary: fc.integer({ min: 163_000, max: 165_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 40_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10_480_000, max: 10_490_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 7 * DAY_MS }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('start' as const),
      timer: fc.nat(15),
      delayMs,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('stop' as const), timer: fc.nat(15) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      byMs: fc.oneof(
        { weight: 12, arbitrary: quarters(15) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 3000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: HOUR_MS }) },
      ),
    }),
  },
);

test('fires like a list that is searched in full', () => {
  const run = (startMs: number, steps: readonly Step[]): void => {
    let nowMs = startMs;
    let previousMs = startMs;
    const wheel = new TimerWheel(nowMs);
    const dueMs = new Map<number, number>();
    const fired: number[] = [];
    const probes = Array.from({ length: 16 }, (_, id) => new Probe(id, (i) => fired.push(i)));
    for (const s of steps) {
      if (s.kind === 'start') {
        wheel.start(probes[s.timer]!.timer, s.delayMs);
        dueMs.set(s.timer, nowMs + s.delayMs);
      } else if (s.kind === 'stop') {
        wheel.stop(probes[s.timer]!.timer);
        dueMs.delete(s.timer);
      } else {
        previousMs = nowMs;
        nowMs += s.byMs;
        wheel.advance(nowMs);
        let lastDueMs = 0;
        for (const id of fired) {
          const due = dueMs.get(id);
          assert.ok(due !== undefined, `timer ${id} was not armed`);
          assert.ok(due <= nowMs + 1e-6, `timer ${id} is ${due - nowMs} ms early`);
          assert.ok(due > previousMs - TICK_MS - 1e-6, `timer ${id} is a whole turn late`);
          assert.ok(due > lastDueMs - TICK_MS - 1e-6, 'timers fire in the order of their time');
          lastDueMs = due;
          dueMs.delete(id);
        }
        fired.length = 0;
        for (const [id, due] of dueMs) {
          assert.ok(due > nowMs - TICK_MS - 1e-6, `timer ${id} is ${nowMs - due} ms late`);
        }
      }
      assert.equal(wheel.armed, dueMs.size);
    }
  };
  fc.assert(
    fc.property(quarters(1000), fc.array(step, { minLength: 1, maxLength: 120, size: 'max' }), run),
    {
      numRuns: 100,
    },
  );
});

test('a timer started between two ticks does not fire early', () => {
  const wheel = new TimerWheel(0);
  let fired = 0;
  const probe = new Probe(0, () => fired++);
  wheel.advance(1009);
  wheel.start(probe.timer, 10);
  wheel.advance(1018);
  assert.equal(fired, 0);
  wheel.advance(1020);
  assert.equal(fired, 1);
});

test('every border between levels is crossed on time', () => {
  for (const ticks of [1, 255, 256, 257, 16_383, 16_384, 16_385, 1_048_575, 1_048_576, 1_048_577]) {
    for (const beforeMs of [70, 2550, 163_840]) {
      const wheel = new TimerWheel(0);
      let fired = 0;
      const keeper = new Probe(1, () => undefined);
      const probe = new Probe(0, () => fired++);
      wheel.start(keeper.timer, 6 * DAY_MS);
      wheel.advance(beforeMs);
      wheel.start(probe.timer, ticks * TICK_MS);
      wheel.advance(beforeMs + ticks * TICK_MS - 1);
      assert.equal(fired, 0, `${ticks} ticks after ${beforeMs} ms: early`);
      wheel.advance(beforeMs + ticks * TICK_MS);
      assert.equal(fired, 1, `${ticks} ticks after ${beforeMs} ms: late`);
    }
  }
});

test('a timer that arms itself in expire beats on', () => {
  const wheel = new TimerWheel(0);
  let nowMs = 0;
  const beats: number[] = [];
  const probe: Probe = new Probe(0, () => {
    beats.push(nowMs);
    if (beats.length < 5) wheel.start(probe.timer, 500);
  });
  wheel.start(probe.timer, 500);
  for (; nowMs <= 4000; nowMs += 10) wheel.advance(nowMs);
  assert.deepEqual(beats, [500, 1000, 1500, 2000, 2500]);
  assert.equal(wheel.armed, 0);
});

test('after a stall a repeated timer does not catch up in a burst', () => {
  const wheel = new TimerWheel(0);
  let fired = 0;
  const probe: Probe = new Probe(0, () => {
    fired++;
    wheel.start(probe.timer, 500);
  });
  wheel.start(probe.timer, 500);
  wheel.advance(3 * HOUR_MS);
  assert.equal(fired, 1);
  wheel.advance(3 * HOUR_MS + 490);
  assert.equal(fired, 1);
  wheel.advance(3 * HOUR_MS + 500);
  assert.equal(fired, 2);
});

test('timers stop and start each other while they fire', () => {
  const wheel = new TimerWheel(0);
  const fired: number[] = [];
  const probes: Probe[] = Array.from(
    { length: 3 },
    (_, id) =>
      new Probe(id, (i) => {
        fired.push(i);
        wheel.stop(probes[1]!.timer);
        wheel.start(probes[2]!.timer, 20);
      }),
  );
  for (const probe of probes) wheel.start(probe.timer, 100);
  wheel.advance(100);
  assert.deepEqual(fired, [0]);
  assert.equal(wheel.armed, 1);
  wheel.advance(120);
  assert.deepEqual(fired, [0, 2]);
});

test('an exception in one timer does not delay the others of its tick', () => {
  const wheel = new TimerWheel(0);
  let fired = 0;
  const bad = new Probe(0, () => {
    throw new Error('expire failed');
  });
  const good = new Probe(1, () => fired++);
  wheel.start(bad.timer, 100);
  wheel.start(good.timer, 100);
  assert.throws(() => {
    wheel.advance(100);
  }, /expire failed/);
  wheel.advance(110);
  assert.equal(fired, 1);
  assert.equal(wheel.armed, 0);
});

test('elapsed time is counted in ticks', () => {
  const wheel = new TimerWheel(5);
  wheel.advance(1005);
  const { tick } = wheel;
  wheel.advance(3005);
  assert.equal(wheel.elapsedMs(tick), 2000);
});
