// A metric that nobody counts is worse than none: every counter is written by the data plane.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COUNTER_NAMES, GAUGE_NAMES } from '../../engine/base/counter-names.ts';
import { readSourceTree } from './source-tree.ts';

const BLOCKS = [
  'REQUESTS_RECEIVED',
  'REQUESTS_SENT',
  'RESPONSES_RECEIVED',
  'RESPONSES_SENT',
  'PARSE_RESULT',
  'CALL_END_CODE',
  'PDD_MS',
  'LOOP_MS',
];

test('every counter, gauge, block and histogram is written somewhere', () => {
  const text = readSourceTree()
    .filter(({ path }) => /^(engine|workers)\//.test(path))
    .filter(({ path }) => !/^engine\/(http\/|base\/counter-names)/.test(path))
    .map((file) => file.text)
    .join('\n');
  const cells = [...COUNTER_NAMES, ...GAUGE_NAMES].filter(
    (name) => !new RegExp(`\\bC\\.${name}\\b`).test(text),
  );
  const blocks = BLOCKS.filter((name) => !new RegExp(`[(,]\\s*${name}\\b`).test(text));
  assert.equal([...cells, ...blocks].join('\n'), '');
});
