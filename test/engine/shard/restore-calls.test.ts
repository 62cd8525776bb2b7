// Which shard takes which call over, also when their number has changed, and how long it takes.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { CallState } from '../../../engine/cdr/call-state.ts';
import { C } from '../../../engine/base/counter-names.ts';
import { callIdPrefix } from '../../../engine/net/shard-of.ts';
import { GATE_SLOTS, SYSTEM_CALLS } from '../../../engine/routing/gate-slots.ts';
import { restoreCalls } from '../../../engine/shard/restore-calls.ts';
import { shardOf, shardOfWith } from '../../../engine/shard/shard-of.ts';
import { createGates, SharedGates } from '../../../engine/shm/gates.ts';
import { appendState, sampleState } from '../cdr/call-states.ts';
import { NODE, openWriter, temporaryDirectory } from '../cdr/records.ts';
import { snapshotOf } from '../routing/fixtures.ts';
import { CoreOnAWire, inviteOf } from './core-on-a-wire.ts';

function shardOfText(callId: string, shards: number, of = shardOf): number {
  const bytes = inviteOf(callId);
  return of(bytes, 0, bytes.length, shards);
}

/** A call as a switch of `shards` shards had it. */
function stateIn(n: number, shards: number): CallState {
  const sample = sampleState(n);
  const callIdIn = `call-${n}@example.com`;
  const callIdOut = `${callIdPrefix(shardOfText(callIdIn, shards))}${n}`;
  return { ...sample, record: { ...sample.record, callIdIn, callIdOut } };
}

function spoolOf(t: TestContext, states: readonly CallState[]): string {
  const directory = temporaryDirectory(t);
  const writer = openWriter(directory);
  for (const state of states) appendState(writer, state);
  writer.commit();
  return directory;
}

function restoreIn(directory: string, shard: number, shards: number) {
  const wire = new CoreOnAWire();
  const gates = new SharedGates(createGates(GATE_SLOTS, 1), GATE_SLOTS, 0);
  const moved = new Map<string, number>();
  const snapshot = snapshotOf([]);
  const { counters } = wire;
  const options = { directory, node: NODE, shard, shards, snapshot, counters, gates, moved };
  return { wire, moved, ...restoreCalls(wire.core, options) };
}

for (const [before, after] of [
  [1, 1],
  [3, 3],
  [1, 4],
  [4, 3],
  [4, 1],
] as const) {
  test(`${before} shards before, ${after} after: each call has one, both legs lead to it`, (t) => {
    const states = Array.from({ length: 60 }, (_, n) => stateIn(n, before));
    const directory = spoolOf(t, states);
    let calls = 0;
    for (let shard = 0; shard < after; shard++) {
      const restored = restoreIn(directory, shard, after);
      calls += restored.calls;
      assert.equal(restored.wire.core.gauges().answered, restored.calls);
      assert.equal(restored.wire.core.gauges().dialogs, 2 * restored.calls);
      assert.equal(restored.wire.count('callsRestored'), restored.calls);
      assert.equal(restored.wire.records.state, restored.calls, 'on record again');
      assert.equal(restored.moved.size > 0, before !== after && after > 1);
      const of = shardOfWith(restored.moved);
      for (const { record } of states) {
        const home = shardOfText(record.callIdIn, after, of);
        assert.equal(shardOfText(record.callIdOut, after, of), home, record.callIdOut);
      }
    }
    assert.equal(calls, states.length);
  });
}

test('what a predecessor held is given back', (t) => {
  const directory = spoolOf(t, []);
  const gates = new SharedGates(createGates(GATE_SLOTS, 2), GATE_SLOTS, 1);
  gates.tryEnter(SYSTEM_CALLS, 5);
  const { core, counters } = new CoreOnAWire();
  const snapshot = snapshotOf([]);
  const of = { directory, node: NODE, shard: 1, shards: 2, snapshot, counters, gates };
  assert.equal(restoreCalls(core, { ...of, moved: new Map() }).calls, 0);
  assert.equal(gates.occupied(SYSTEM_CALLS), 0);
});

test('damage is counted by one shard for all', (t) => {
  const sample = stateIn(1, 2);
  const spoilt = { ...sample, caller: { ...sample.caller, contact: '\u001f' } };
  const directory = spoolOf(t, [spoilt, stateIn(2, 2)]);
  const restored = [0, 1].map((shard) => restoreIn(directory, shard, 2));
  assert.deepEqual(
    restored.map(({ damaged }) => damaged),
    [1, 1],
  );
  assert.deepEqual(
    restored.map(({ wire }) => wire.cells[C.callStatesDamaged]),
    [1, 0],
  );
});

test('thousands of calls are back in no time', (t) => {
  const count = 4000;
  const directory = spoolOf(
    t,
    Array.from({ length: count }, (_, n) => stateIn(n, 1)),
  );
  const startedMs = performance.now();
  assert.equal(restoreIn(directory, 0, 1).calls, count);
  // 20,000 have to be back within 5 s; here is a fifth of them, on a machine busy with other tests.
  const tookMs = performance.now() - startedMs;
  t.diagnostic(`${Math.round(tookMs)} ms`);
  assert.ok(tookMs < 5000, `${tookMs} ms`);
});
