// Counters: rows apart, sums, gauges, histograms, and what a layout refuses.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CounterRow,
  CounterTable,
  createCounters,
  defineCounters,
} from '../../../engine/shm/counters.ts';

const layout = defineCounters(['calls', 'active'], { pddMs: [100, 500, 1000] });

test('each shard counts in its own row, main sums', () => {
  const memory = createCounters(layout, 3);
  const rows = [0, 1, 2].map((shard) => new CounterRow(memory, layout, shard));
  const table = new CounterTable(memory, layout);
  assert.equal(table.shards, 3);
  rows.forEach((row, shard) => {
    for (let i = 0; i <= shard; i++) row.add(layout.index.calls, 10);
    row.set(layout.index.active, shard);
  });
  assert.equal(table.sum('calls'), 60);
  assert.equal(table.ofShard(1, 'calls'), 20);
  assert.equal(table.sum('active'), 3);
  const restarted = new CounterRow(memory, layout, 2);
  restarted.add(layout.index.calls, 1);
  restarted.set(layout.index.active, 0);
  assert.equal(restarted.get(layout.index.calls), 31);
  assert.equal(table.sum('active'), 1);
});

test('rows stand on whole 128-byte lines', () => {
  for (const count of [1, 15, 16, 17]) {
    const names = Array.from({ length: count }, (_, i) => `c${i}`);
    assert.equal((defineCounters(names).rowValues * 8) % 128, 0);
    assert.ok(defineCounters(names).rowValues >= count);
  }
});

test('a histogram counts each value once, in the first bucket that holds it', () => {
  const values = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 50 });
  fc.assert(
    fc.property(values, values, (first, second) => {
      const memory = createCounters(layout, 2);
      const place = layout.histograms.pddMs;
      [first, second].forEach((all, shard) => {
        for (const value of all) new CounterRow(memory, layout, shard).observe(place, value);
      });
      const all = [...first, ...second];
      const { counts, count, sum } = new CounterTable(memory, layout).histogram('pddMs');
      const between = (low: number, high: number): number =>
        all.filter((v) => v > low && v <= high).length;
      assert.deepEqual(counts, [
        between(-1, 100),
        between(100, 500),
        between(500, 1000),
        between(1000, Infinity),
      ]);
      assert.equal(count, all.length);
      assert.equal(
        sum,
        all.reduce((a, b) => a + b, 0),
      );
      assert.equal(new CounterTable(memory, layout).sum('calls'), 0);
    }),
  );
});

test('a name defined twice and bounds that do not rise are refused', () => {
  assert.throws(() => defineCounters(['a', 'b', 'a']), /a is defined twice/);
  assert.throws(() => defineCounters(['a'], { h: [1, 1] }), /h do not rise/);
});
