// Failures and suspensions in shared memory: limits, times, eviction, and threads that count at
// once.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createSuspensions, Suspect, Suspensions } from '../../../engine/registry/suspensions.ts';
import { SUSPEND_S, TALLY_HEAD, type RaceTask } from './suspensions-racer.thread.ts';

const NOW = 1_790_000_000_000;

test('failures within the time of a suspension add up, others begin anew', () => {
  const table = new Suspensions(createSuspensions(64));
  const fail = (atMs: number): boolean => table.fail(Suspect.Terminal, '880', atMs, 3, 60);
  assert.deepEqual([fail(NOW), fail(NOW + 1000), fail(NOW + 62_000)], [false, false, false]);
  assert.deepEqual([fail(NOW + 63_000), fail(NOW + 64_000)], [false, true]);
  assert.equal(table.isSuspended(Suspect.Terminal, '880', NOW + 123_000), true);
  assert.equal(table.isSuspended(Suspect.Terminal, '880', NOW + 125_000), false);
  assert.equal(table.isSuspended(Suspect.Source, '880', NOW + 64_000), false, 'another kind');
});

test('another shard sees it; a pardon and a success end what counts', () => {
  const memory = createSuspensions(64);
  const [a, b] = [new Suspensions(memory), new Suspensions(memory)];
  a.fail(Suspect.Source, '192.0.2.1', NOW, 1, 60);
  assert.equal(b.isSuspended(Suspect.Source, '192.0.2.1', NOW), true);
  assert.equal(b.suspended(NOW), 1);
  b.pardon('192.0.2.1');
  assert.equal(a.isSuspended(Suspect.Source, '192.0.2.1', NOW), false);
  a.fail(Suspect.Terminal, '1', NOW, 2, 60);
  b.succeed(Suspect.Terminal, '1');
  assert.equal(a.fail(Suspect.Terminal, '1', NOW, 2, 60), false);
});

test('a sweep over many names does not push out who is suspended', () => {
  const table = new Suspensions(createSuspensions(64));
  table.fail(Suspect.Source, '192.0.2.1', NOW, 1, 60);
  for (let i = 0; i < 5000; i++) table.fail(Suspect.Terminal, `u${i}`, NOW + i, 9, 60);
  assert.equal(table.isSuspended(Suspect.Source, '192.0.2.1', NOW + 5000), true);
  assert.equal(table.list(NOW).length <= 64, true);
});

test('the list has failures and moves of each name', () => {
  const table = new Suspensions(createSuspensions(64));
  table.fail(Suspect.Terminal, '880', NOW, 6, 60);
  table.move('880', NOW);
  const [entry] = table.list(NOW);
  assert.deepEqual(
    [entry?.name, entry?.totalFailures, entry?.moves, entry?.suspendedUntilMs],
    ['880', 1, 1, 0],
  );
});

test('a limit lowered below what has failed already suspends with the next failure', () => {
  const table = new Suspensions(createSuspensions(64));
  const fail = (limit: number): boolean => table.fail(Suspect.Terminal, '880', NOW, limit, 60);
  assert.deepEqual(
    [fail(6), fail(6), fail(6), fail(6), fail(2)],
    [false, false, false, false, true],
  );
  assert.equal(table.isSuspended(Suspect.Terminal, '880', NOW), true);
});

/** As many as the smallest machine has cores: they must run at the same moment. */
const THREADS = 2;

async function race(
  given: Pick<RaceTask, 'memory' | 'names' | 'fails' | 'limit'>,
): Promise<number[]> {
  const tally = new SharedArrayBuffer((TALLY_HEAD + given.names.length) * 4);
  const workerData: RaceTask = { ...given, tally, threads: THREADS, nowMs: NOW };
  const workers = Array.from(
    { length: THREADS },
    () => new Worker(new URL('./suspensions-racer.thread.js', import.meta.url), { workerData }),
  );
  const codes = await Promise.all(workers.map((worker) => once(worker, 'exit')));
  assert.deepEqual(codes, [[0], [0]]);
  return [...new Int32Array(tally, TALLY_HEAD * 4)];
}

test('threads that fail under one name: no failure is lost, one of them suspends', async () => {
  const memory = createSuspensions(16_384);
  const names = Array.from({ length: 300 }, (_, i) => `192.0.2.${i}`);
  const table = new Suspensions(memory);
  for (const name of names) table.move(name, NOW);
  for (const name of names) table.fail(Suspect.Source, name, NOW, 99_999, SUSPEND_S);
  // Each name has failed once. Both threads get beyond the limit; what is left does not reach it.
  const suspensions = await race({ memory, names, fails: 10, limit: 11 });
  assert.deepEqual([...new Set(suspensions)], [1]);
  for (const name of names) assert.ok(table.isSuspended(Suspect.Source, name, NOW), name);
  assert.equal(table.suspended(NOW), names.length);
  const entries = table.list(NOW).filter(({ kind }) => kind === Suspect.Source);
  assert.deepEqual([...new Set(entries.map(({ totalFailures }) => totalFailures))], [21]);
});

test('threads that fail under new names: one entry each, and each is suspended', async () => {
  const memory = createSuspensions(16_384);
  const names = Array.from({ length: 600 }, (_, i) => `198.51.100.${i}`);
  await race({ memory, names, fails: 8, limit: 4 });
  const table = new Suspensions(memory);
  for (const name of names) assert.ok(table.isSuspended(Suspect.Source, name, NOW), name);
  const whole = table.list(NOW).filter(({ totalFailures }) => totalFailures === 2 * 8);
  // A thread that lost its core while it made an entry is not waited for.
  assert.ok(whole.length > 0.97 * names.length, `${whole.length} of ${names.length}`);
});
