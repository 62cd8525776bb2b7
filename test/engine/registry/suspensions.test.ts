// Failures and suspensions in shared memory: limits, times, eviction, and threads that count at
// once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSuspensions, Suspect, Suspensions } from '../../../engine/registry/suspensions.ts';

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
