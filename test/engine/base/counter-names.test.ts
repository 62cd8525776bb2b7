// The layout of the shared counters: every cell has one name and one place.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  C,
  CELL_NAMES,
  COUNTER_NAMES,
  countCode,
  GAUGE_NAMES,
  LOOP_MS,
  observe,
  PARSE_RESULT,
  PDD_MS,
  RESPONSES_SENT,
  type CounterRow,
} from '../../../engine/base/counter-names.ts';
import { ParseResult } from '../../../engine/sip/message/parse-result.ts';

function row(): CounterRow & { readonly cells: Map<string, number> } {
  const cells = new Map<string, number>();
  const nameOf = (index: number): string => CELL_NAMES[index] ?? `outside: ${index}`;
  return {
    cells,
    add: (index, n) => cells.set(nameOf(index), (cells.get(nameOf(index)) ?? 0) + n),
    set: (index, value) => cells.set(nameOf(index), value),
  };
}

test('every cell has a name of its own, at its own index', () => {
  assert.equal(new Set(CELL_NAMES).size, CELL_NAMES.length);
  for (const name of [...COUNTER_NAMES, ...GAUGE_NAMES]) assert.equal(CELL_NAMES[C[name]], name);
  assert.equal(LOOP_MS.first + LOOP_MS.bounds.length + 2, CELL_NAMES.length);
});

test('a code counts in its cell, a code outside of the block nowhere', () => {
  const counters = row();
  countCode(counters, RESPONSES_SENT, 100);
  countCode(counters, RESPONSES_SENT, 486);
  countCode(counters, RESPONSES_SENT, 486);
  countCode(counters, RESPONSES_SENT, 699);
  for (const outside of [99, 700, -1, 1e9]) countCode(counters, RESPONSES_SENT, outside);
  assert.deepEqual(Object.fromEntries(counters.cells), {
    'responsesSent:100': 1,
    'responsesSent:486': 2,
    'responsesSent:699': 1,
  });
});

test('a value counts in the first bucket that holds it, and in the sum', () => {
  const counters = row();
  for (const ms of [0, 10, 10.5, 20_000, 20_001]) observe(counters, PDD_MS, ms);
  assert.deepEqual(Object.fromEntries(counters.cells), {
    'pddMs:10': 2,
    'pddMs:50': 1,
    'pddMs:20000': 1,
    'pddMs:Inf': 1,
    'pddMs:sum': 40_021.5,
  });
});

test('the block of parse results has room for all of them', () => {
  assert.ok(Math.max(...Object.values(ParseResult)) < PARSE_RESULT.size);
});
