// Sleep and wake: no wake-up is lost, whenever it comes; a bound ends every sleep.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createWakers, Sleeper, wakeSleeper } from '../../../engine/shm/waker.ts';

const LONG_MS = 20_000;

test('a wake between two sleeps ends the next one at once, and only that one', () => {
  const memory = createWakers(2);
  const sleeper = new Sleeper(memory, 1);
  wakeSleeper(memory, 1);
  const start = performance.now();
  sleeper.sleep(LONG_MS);
  assert.ok(performance.now() - start < 1000);
  wakeSleeper(memory, 0);
  sleeper.sleep(5);
  assert.ok(performance.now() - start >= 5, 'the wake of another sleeper is not ours');
});

test('another thread wakes a blocked one', async () => {
  const memory = createWakers(1);
  const worker = new Worker(new URL('./waker-sleeper.thread.js', import.meta.url), {
    workerData: { memory, timeoutMs: LONG_MS },
  });
  await once(worker, 'message');
  wakeSleeper(memory, 0);
  const [sleptMs] = (await once(worker, 'message')) as [number];
  assert.ok(sleptMs < LONG_MS / 2, `slept ${sleptMs} ms`);
  await once(worker, 'exit');
});

test('an asynchronous sleep ends by wake and by its bound', async () => {
  const memory = createWakers(1);
  const sleeper = new Sleeper(memory, 0);
  const keepAlive = setInterval(() => undefined, 1000);
  const woken = sleeper.sleepAsync(LONG_MS);
  wakeSleeper(memory, 0);
  await woken;
  wakeSleeper(memory, 0);
  await sleeper.sleepAsync(LONG_MS);
  await sleeper.sleepAsync(5);
  clearInterval(keepAlive);
});
