// The table of metrics is complete and keeps Prometheus' conventions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER_NAMES, GAUGE_NAMES } from '../../../engine/base/counter-names.ts';
import { COUNTER_FAMILIES, GAUGE_FAMILIES } from '../../../engine/http/metric-table.ts';

test('every counter and gauge of the shards stands in one metric', () => {
  const cellsOf = (families: typeof COUNTER_FAMILIES | typeof GAUGE_FAMILIES): string[] =>
    families.flatMap(({ series }) => series.map(({ cell }) => cell));
  assert.deepEqual(cellsOf(COUNTER_FAMILIES).sort(), [...COUNTER_NAMES].sort());
  assert.deepEqual(cellsOf(GAUGE_FAMILIES).sort(), [...GAUGE_NAMES].sort());
});

test('counters end in _total, gauges do not, and names are unique', () => {
  const counters = COUNTER_FAMILIES.map(({ name }) => name);
  const gauges = GAUGE_FAMILIES.map(({ name }) => name);
  for (const name of counters) assert.match(name, /^tandem_[a-z_]+_total$/);
  for (const name of gauges) assert.match(name, /^tandem_(?!.*_total$)[a-z_]+$/);
  assert.equal(new Set([...counters, ...gauges]).size, counters.length + gauges.length);
});

test('the series of a metric have the same labels with different values', () => {
  for (const { name, series } of [...COUNTER_FAMILIES, ...GAUGE_FAMILIES]) {
    const keys = series.map(({ labels }) => Object.keys(labels ?? {}).join());
    const values = series.map(({ labels }) => Object.values(labels ?? {}).join());
    assert.equal(new Set(keys).size, 1, name);
    assert.equal(new Set(values).size, series.length, name);
  }
});
