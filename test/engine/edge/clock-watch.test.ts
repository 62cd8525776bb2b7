// A clock that is set is counted and told, one that drifts is not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockWatch } from '../../../engine/edge/clock-watch.ts';

test('steps in both directions are counted and told, slewing and a late look are not', () => {
  let [wall, mono] = [1_000_000, 0];
  const told: object[] = [];
  const log = { error: (figures: object) => told.push(figures) };
  const watch = new ClockWatch({ wallMs: () => wall, monoMs: () => mono }, log);
  const pass = (ms: number, stepMs: number): void => {
    wall += ms + stepMs;
    mono += ms;
    watch.sample();
  };
  for (let n = 0; n < 2000; n++) pass(1000, 1);
  pass(60_000, 0);
  assert.equal(watch.steps, 0);
  pass(1000, -3_600_000);
  pass(1000, 0);
  pass(1000, 600);
  assert.equal(watch.steps, 2);
  assert.deepEqual(told, [{ stepMs: -3_600_000 }, { stepMs: 600 }]);
});
