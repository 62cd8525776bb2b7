// The registry as a whole: all parameters that operators know, with the defaults and ranges they
// know; defaults that its own checks accept; meanings that say something (PAR-01, PAR-02).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseParameter } from '../../../engine/parameters/parse-value.ts';
import type { Parameter } from '../../../engine/parameters/parameter-types.ts';
import {
  CATEGORIES,
  PARAMETER_NAMES,
  parameterNamed,
  PARAMETERS,
} from '../../../engine/parameters/registry.ts';
import { EXPECTED_PARAMETERS } from './fixtures/expected-parameters.ts';

const parameterOf = (name: string): Parameter => PARAMETERS[parameterNamed(name)!];

test('PAR-01: all 127 parameters of the three families, each in its category', () => {
  const listed = Object.entries(CATEGORIES).flatMap(([category, parameters]) =>
    Object.keys(parameters).map((name) => `${category} ${name}`),
  );
  const expected = EXPECTED_PARAMETERS.map(([name, category]) => `${category} ${name}`);
  assert.equal(PARAMETER_NAMES.length, 127);
  assert.deepEqual(listed.sort(), expected.sort());
});

test('PAR-02: defaults, ranges and words are those that operators know', () => {
  for (const [name, , defaultValue, min, max, values] of EXPECTED_PARAMETERS) {
    const parameter = parameterOf(name);
    assert.deepEqual(parameter.default, defaultValue, name);
    // The range of a text is its length, which its form says in words.
    if ('min' in parameter) {
      assert.deepEqual([parameter.min, parameter.max], [min, max], name);
    } else if (parameter.type !== 'text') assert.deepEqual([min, max], [null, null], name);
    if (values !== null) {
      assert.deepEqual((parameter as { values?: unknown }).values, values, name);
    }
  }
});

test('every default is a value that an operator could set', () => {
  for (const name of PARAMETER_NAMES) {
    const parameter: Parameter = PARAMETERS[name];
    if (parameter.readOnly === true) continue;
    assert.deepEqual(parseParameter(name, parameter.default), { value: parameter.default });
  }
});

test('a name counts in upper and lower case, and under the slip that is in use', () => {
  assert.equal(parameterNamed(' ss_sip_session_ttl'), 'SS_SIP_SESSION_TTL');
  assert.equal(parameterNamed('SERVER_BILLING_FEE_PRECISTION'), 'SERVER_BILLING_FEE_PRECISION');
  assert.equal(parameterNamed('SS_NOTHING'), undefined);
});

test('the resend schedule adds up to 64 * T1 with the pause after its last entry', () => {
  const list = PARAMETERS.SS_SIP_RESEND_INTERVAL.default;
  assert.equal(list.reduce((sum, pause) => sum + pause, 0) + list[0], 32);
});

test('values with a size name their unit; every meaning is a sentence', () => {
  for (const name of PARAMETER_NAMES) {
    const parameter: Parameter = PARAMETERS[name];
    const wordy = ['boolean', 'enum', 'text'].includes(parameter.type);
    assert.equal(parameter.unit === null, wordy, name);
    assert.match(parameter.meaning, /^[A-Z].{15,}\.$|^[A-Z].{20,}\)\.$/s, name);
  }
});

test('PAR-13: what a gateway may override names the setting that does it', () => {
  const overridden = PARAMETER_NAMES.filter((name) => 'override' in PARAMETERS[name]);
  assert.equal(overridden.length, 23);
  assert.match(parameterOf('SS_SIP_TIMEOUT_RINGING').override ?? '', /timeoutRinging, 0 = this/);
});
