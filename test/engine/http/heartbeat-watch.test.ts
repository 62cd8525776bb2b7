// A hanging thread is noticed, a living one never.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeartbeatWatch } from '../../../engine/http/heartbeat-watch.ts';

function watched(staleMs: number): {
  watch: HeartbeatWatch;
  pass: (ms: number, beats: boolean) => void;
} {
  let now = 1000;
  let beat = 7;
  const clock = { wallMs: () => 0, monoMs: () => now };
  const watch = new HeartbeatWatch(() => beat, clock, staleMs);
  const pass = (ms: number, beats: boolean): void => {
    now += ms;
    if (beats) beat++;
    watch.sample();
  };
  return { watch, pass };
}

test('a heartbeat that changes is no problem, however long', () => {
  const { watch, pass } = watched(3000);
  for (let second = 0; second < 100; second++) {
    pass(1000, true);
    assert.equal(watch.problem(), undefined);
  }
});

test('a heartbeat that stops is a problem after the time, and none once it beats again', () => {
  const { watch, pass } = watched(3000);
  pass(1000, true);
  pass(1000, true);
  pass(3000, false);
  assert.equal(watch.problem(), undefined);
  pass(1, false);
  assert.equal(watch.problem(), 'no heartbeat for 3001 ms');
  pass(1000, true);
  assert.equal(watch.problem(), undefined);
});

test('a thread that never beats is noticed, whatever stands in its word', () => {
  const { watch, pass } = watched(3000);
  for (let second = 0; second < 4; second++) pass(1000, false);
  assert.equal(watch.problem(), 'no heartbeat for 4000 ms');
});
