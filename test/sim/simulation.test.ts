// Many simulated networks, each from its seed, until the time is up. A seed that fails is printed
// with its ladder; TANDEM_SEED=n runs that seed alone, with its ladder.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { simulate } from './simulation.ts';

const BUDGET_MS = process.env['CI'] === undefined ? 15_000 : 60_000;
const GIVEN = process.env['TANDEM_SEED'];

test('every invariant holds in every simulated network', (t) => {
  if (GIVEN !== undefined) {
    const result = simulate(Number(GIVEN), { ladder: true });
    console.log(`${result.ladder}\ntrace ${result.digest}`);
    assert.deepEqual(result.violations, []);
    return;
  }
  const startedMs = performance.now();
  const first = Date.now() & 0x3fffffff;
  let seeds = 0;
  let calls = 0;
  let answered = 0;
  let messages = 0;
  while (performance.now() - startedMs < BUDGET_MS) {
    const seed = first + seeds++;
    const result = simulate(seed);
    calls += result.calls;
    answered += result.answered;
    messages += result.messages;
    if (result.violations.length === 0) continue;
    const { ladder } = simulate(seed, { ladder: true });
    assert.fail(
      `seed ${seed}:\n${result.violations.join('\n')}\n${ladder}\nTANDEM_SEED=${seed} replays it`,
    );
  }
  t.diagnostic(`${seeds} seeds, ${calls} calls, ${answered} answered, ${messages} datagrams`);
  assert.ok(answered > calls / 10, 'the networks let calls through');
});

test('a seed replays exactly', () => {
  const first = simulate(4711);
  assert.equal(simulate(4711).digest, first.digest);
  assert.notEqual(simulate(4712).digest, first.digest);
});
