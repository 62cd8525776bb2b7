// Many simulated networks, each from its seed: as they are, and with crashes of the switch. The
// seeds are the same in every run, so that it fails by what was changed and not by luck; fresh ones
// are run on purpose (CONTRIBUTING.md). One that fails is printed with its ladder.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { simulate, type SimulationOptions, type SimulationResult } from './simulation.ts';

const FIGURES = [
  ...(['calls', 'answered', 'restored', 'messages'] as const),
  ...(['refreshed', 'expired', 'toPhones'] as const),
];
/** Replays this seed alone, with its ladder. */
const GIVEN = process.env['TANDEM_SEED'];
/** Where the seeds begin: a number, or `now` for seeds that nobody has run yet. */
const FROM = process.env['TANDEM_SEEDS_FROM'] ?? '1';
const FIRST = Number(GIVEN ?? (FROM === 'now' ? Date.now() & 0x3fffffff : FROM));
const COUNT = GIVEN === undefined ? Number(process.env['TANDEM_SEEDS'] ?? 300) : 1;

/** Runs all seeds; returns how much has happened. */
function runSeeds(
  t: TestContext,
  options: SimulationOptions,
): Omit<SimulationResult, 'violations' | 'digest' | 'ladder'> {
  assert.ok(Number.isSafeInteger(FIRST) && COUNT > 0, 'seeds are numbers');
  const counts = { calls: 0, answered: 0, restored: 0, messages: 0 };
  const all = { ...counts, refreshed: 0, expired: 0, toPhones: 0 };
  for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
    const result = simulate(seed, { ...options, ladder: GIVEN !== undefined });
    for (const key of FIGURES) all[key] += result[key];
    if (GIVEN !== undefined) console.log(`${result.ladder}\ntrace ${result.digest}`);
    if (result.violations.length === 0) continue;
    const { ladder } = simulate(seed, { ...options, ladder: true });
    assert.fail(
      `seed ${seed}:\n${result.violations.join('\n')}\n${ladder}\nTANDEM_SEED=${seed} replays it`,
    );
  }
  t.diagnostic(JSON.stringify({ first: FIRST, seeds: COUNT, ...all }));
  return all;
}

test('every invariant holds in every simulated network', (t) => {
  const { calls, answered, refreshed, expired, toPhones } = runSeeds(t, {});
  if (GIVEN !== undefined) return;
  assert.ok(answered > calls / 10, 'the networks let calls through');
  assert.ok(refreshed > answered / 50, 'sessions are refreshed');
  assert.ok(expired > answered / 200, 'and some are not');
  assert.ok(toPhones > answered / 50, 'registered phones answer');
});

test('every answered call outlives crashes of the switch, with exactly one record', (t) => {
  const { calls, restored } = runSeeds(t, { crashes: true });
  if (GIVEN === undefined) assert.ok(restored > calls / 20, 'calls are up in the crashes');
});

test('a seed replays exactly', () => {
  for (const crashes of [false, true]) {
    const first = simulate(4711, { crashes });
    assert.equal(simulate(4711, { crashes }).digest, first.digest);
    assert.notEqual(simulate(4712, { crashes }).digest, first.digest);
  }
});
