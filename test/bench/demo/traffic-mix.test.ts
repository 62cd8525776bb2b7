// The demo's mix holds its shares, and its calls fit what the vendors' agents take.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextCall, nextGapMs, vendorPlan } from '../../../bench/demo/traffic-mix.ts';
import { seededRandom } from '../../../engine/base/random.ts';

const DRAWS = 20_000;

function share(draw: () => boolean): number {
  let hits = 0;
  for (let i = 0; i < DRAWS; i++) if (draw()) hits++;
  return hits / DRAWS;
}

function assertNear(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not near ${expected}`);
}

test('vendors answer about two calls in three; the first is more often congested', () => {
  const random = seededRandom(3);
  const answered = share(() => vendorPlan(random, 0).finalStatus === 200);
  assertNear(answered, (0.9 * 66) / 96, 0.02);
  assertNear(
    share(() => vendorPlan(random, 0).finalStatus === 503),
    0.1,
    0.01,
  );
  assertNear(
    share(() => vendorPlan(random, 1).finalStatus === 503),
    0.03,
    0.01,
  );
});

test('every plan of a vendor is one that can be played', () => {
  const random = seededRandom(4);
  for (let i = 0; i < DRAWS; i++) {
    const plan = vendorPlan(random, i % 3);
    assert.ok(plan.finalMs >= plan.progressMs);
    assert.ok(plan.finalStatus >= 200 && plan.finalStatus < 700);
    if (plan.finalStatus === 200) assert.ok(plan.talkMs >= 1000 && plan.talkMs <= 120_000);
  }
});

test('calls have numbers of digits, patience and a talk time; a few have no route', () => {
  const random = seededRandom(5);
  let withoutRoute = 0;
  for (let i = 0; i < DRAWS; i++) {
    const call = nextCall(random);
    assert.match(call.caller, /^\d{11,12}$/);
    assert.match(call.callee, /^\d{11,13}$/);
    assert.ok(call.patienceMs >= 300 && call.patienceMs <= 20_000);
    if (call.callee.startsWith('999')) withoutRoute++;
  }
  assertNear(withoutRoute / DRAWS, 0.02, 0.005);
});

test('gaps between calls have the mean of the rate', () => {
  const random = seededRandom(6);
  let sum = 0;
  for (let i = 0; i < DRAWS; i++) sum += nextGapMs(random, 5);
  assertNear(sum / DRAWS, 200, 5);
});

test('the same seed gives the same traffic', () => {
  const [a, b] = [seededRandom(7), seededRandom(7)];
  for (let i = 0; i < 100; i++) assert.deepEqual(nextCall(a), nextCall(b));
});
