// The registry as a whole: defaults that its own checks accept, meanings that say something.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PENDING_PARAMETER_NAMES } from '../../../engine/parameters/pending-names.ts';
import { parseParameter } from '../../../engine/parameters/parse-value.ts';
import { PARAMETER_NAMES, PARAMETERS } from '../../../engine/parameters/registry.ts';

test('every default is a value that an operator could set', () => {
  for (const name of PARAMETER_NAMES) {
    assert.deepEqual(parseParameter(name, PARAMETERS[name].default), {
      value: PARAMETERS[name].default,
    });
  }
});

test('no parameter is both in force and without effect', () => {
  for (const name of PARAMETER_NAMES) assert.ok(!PENDING_PARAMETER_NAMES.has(name), name);
});

test('the resend schedule adds up to 64 * T1 with the pause after its last entry', () => {
  const list = PARAMETERS.SS_SIP_RESEND_INTERVAL.default;
  assert.equal(list.reduce((sum, pause) => sum + pause, 0) + list[0]!, 32);
});

test('values with a size or a kind name their unit; every meaning is a sentence', () => {
  for (const name of PARAMETER_NAMES) {
    const parameter = PARAMETERS[name];
    const words = ['boolean', 'enum', 'text'].includes(parameter.type);
    assert.equal(parameter.unit === null, words, name);
    assert.match(parameter.meaning, /^[A-Z].{20,}\.$|^[A-Z].{20,}\)\.$/s, name);
  }
});
