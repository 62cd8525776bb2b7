// Many simulated networks, each from its seed, until the time is up: as they are, and with crashes
// of the switch. A seed that fails is printed with its ladder; TANDEM_SEED=n runs that seed alone,
// with its ladder.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { simulate, type SimulationOptions, type SimulationResult } from './simulation.ts';

const BUDGET_MS = process.env['CI'] === undefined ? 15_000 : 60_000;
const FIGURES = ['calls', 'answered', 'restored', 'messages', 'refreshed', 'expired'] as const;
const GIVEN = process.env['TANDEM_SEED'];

/** Runs seeds for half of the budget, or the one that is given; returns how much has happened. */
function runSeeds(
  t: TestContext,
  options: SimulationOptions,
): Omit<SimulationResult, 'violations' | 'digest' | 'ladder'> {
  const all = {
    seeds: 0,
    calls: 0,
    answered: 0,
    restored: 0,
    messages: 0,
    refreshed: 0,
    expired: 0,
  };
  const startedMs = performance.now();
  const first = GIVEN === undefined ? Date.now() & 0x3fffffff : Number(GIVEN);
  while (
    all.seeds === 0 ||
    (GIVEN === undefined && performance.now() - startedMs < BUDGET_MS / 2)
  ) {
    const seed = first + all.seeds++;
    const result = simulate(seed, { ...options, ladder: GIVEN !== undefined });
    for (const key of FIGURES) all[key] += result[key];
    if (GIVEN !== undefined) console.log(`${result.ladder}\ntrace ${result.digest}`);
    if (result.violations.length === 0) continue;
    const { ladder } = simulate(seed, { ...options, ladder: true });
    assert.fail(
      `seed ${seed}:\n${result.violations.join('\n')}\n${ladder}\nTANDEM_SEED=${seed} replays it`,
    );
  }
  t.diagnostic(JSON.stringify(all));
  return all;
}

test('every invariant holds in every simulated network', (t) => {
  const { calls, answered, refreshed, expired } = runSeeds(t, {});
  if (GIVEN !== undefined) return;
  assert.ok(answered > calls / 10, 'the networks let calls through');
  assert.ok(refreshed > answered / 50, 'sessions are refreshed');
  assert.ok(expired > answered / 200, 'and some are not');
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
