// Gates: exact limits alone and between racing threads, rate windows over clock steps, and what a
// dead shard held.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createGates, MAX_RATE_PER_SECOND, SharedGates } from '../../../engine/shm/gates.ts';

const SECOND = 1000;

function twoShards(slots = 4): [SharedGates, SharedGates] {
  const memory = createGates(slots, 2);
  return [new SharedGates(memory, slots, 0), new SharedGates(memory, slots, 1)];
}

test('capacity holds over all shards, slot by slot', () => {
  const [a, b] = twoShards();
  assert.equal(a.tryEnter(1, 2), true);
  assert.equal(b.tryEnter(1, 2), true);
  assert.equal(a.tryEnter(1, 2), false);
  assert.equal(a.occupied(1), 2);
  assert.equal(a.occupied(0), 0);
  assert.equal(a.tryEnter(0, 0), false, 'capacity 0 admits nothing');
  b.leave(1);
  assert.equal(a.tryEnter(1, 2), true);
  assert.equal(a.tryEnter(1, 1), false, 'a capacity lowered under what is taken admits nothing');
});

test('a shard cannot give back what it does not hold', () => {
  const [a, b] = twoShards();
  a.tryEnter(2, 5);
  b.leave(2);
  assert.equal(a.occupied(2), 1);
  a.leave(2);
  a.leave(2);
  assert.equal(a.occupied(2), 0);
  assert.equal(a.held(2), 0);
});

test('what a dead shard held comes back, and only that', () => {
  const [a, b] = twoShards();
  for (let i = 0; i < 3; i++) a.tryEnter(0, 10);
  a.tryEnter(3, 10);
  b.tryEnter(0, 10);
  a.releaseAll();
  assert.deepEqual([b.occupied(0), b.occupied(3), b.held(0)], [1, 0, 1]);
  a.releaseAll();
  assert.equal(b.occupied(0), 1);
});

test('a rate is counted per clock second, over all shards', () => {
  const [a, b] = twoShards();
  const now = 1_790_000_000_123;
  assert.deepEqual([a.tryRate(0, 2, now), b.tryRate(0, 2, now + 800)], [true, true]);
  assert.equal(a.tryRate(0, 2, now + 876), false);
  assert.equal(a.tryRate(1, 2, now + 876), true, 'another slot');
  assert.equal(a.tryRate(0, 2, now + 877), true, 'the next second');
  assert.equal(a.tryRate(0, 0, now + 5 * SECOND), false, 'limit 0 admits nothing');
});

test('a shard whose clock is read a moment earlier does not open the old window again', () => {
  const [a, b] = twoShards();
  const now = 1_790_000_000_000;
  assert.equal(a.tryRate(0, 1, now), true);
  assert.equal(b.tryRate(0, 1, now - 1), false);
  assert.equal(a.tryRate(0, 1, now), false);
});

test('a clock set back an hour starts a new window instead of blocking', () => {
  const [a] = twoShards();
  const now = 1_790_000_000_000;
  assert.equal(a.tryRate(0, 1, now), true);
  assert.equal(a.tryRate(0, 1, now - 3600 * SECOND), true);
  assert.equal(a.tryRate(0, 1, now - 3600 * SECOND), false);
});

test('the count stops at the highest countable rate', () => {
  const [a] = twoShards();
  let admitted = 0;
  for (let i = 0; i < MAX_RATE_PER_SECOND + 100; i++) if (a.tryRate(0, 1e9, 0)) admitted++;
  assert.equal(admitted, MAX_RATE_PER_SECOND);
  assert.equal(a.tryRate(0, 1e9, SECOND), true);
});

test('racing threads never exceed a limit and end at zero', async () => {
  const threads = 3;
  const slots = 2;
  const memory = createGates(slots, threads);
  const tally = new SharedArrayBuffer(64);
  const workers = Array.from({ length: threads }, (_, shard) => {
    const workerData = { memory, tally, slots, shard, rounds: 60_000, capacity: 2, perSecond: 500 };
    return new Worker(new URL('./gates-racer.thread.js', import.meta.url), { workerData });
  });
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual(codes, [[0], [0], [0]]);
  const [inside, most, exceeded, entered, rated] = new Int32Array(tally);
  assert.equal(inside, 0);
  assert.equal(exceeded, 0, 'more inside than the capacity');
  assert.equal(most, 2, 'the threads did meet inside');
  assert.ok(entered! > 0);
  // Every thread walks through the same 10 seconds; each second admits 500 of them all.
  assert.equal(rated, 10 * 500);
  const gates = new SharedGates(memory, slots, 0);
  assert.deepEqual([gates.occupied(0), gates.held(0)], [0, 0]);
});
