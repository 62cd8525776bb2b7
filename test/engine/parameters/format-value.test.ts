// What is shown of a value is what sets it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatValue } from '../../../engine/parameters/format-value.ts';
import { parseParameter } from '../../../engine/parameters/parse-value.ts';
import { PARAMETER_NAMES, PARAMETERS } from '../../../engine/parameters/registry.ts';

test('switches, None, lists and ranges in the words of operators', () => {
  assert.equal(formatValue('SS_REPLY_UNAUTHORIZED', true), 'On');
  assert.equal(formatValue('SS_REPLY_UNAUTHORIZED', false), 'Off');
  assert.equal(formatValue('SS_GATEWAY_SWITCH_LIMIT', null), 'None');
  assert.equal(formatValue('SS_SIP_USER_AGENT_EXPIRE', null), 'Auto Negotiation');
  assert.equal(formatValue('SS_SIP_RESEND_INTERVAL', [0.5, 1]), '0.5,1');
  assert.equal(formatValue('SS_MEDIA_PORT_RANGE', [2000, 3000]), '2000-3000');
  assert.equal(formatValue('SS_SIP_NAT_KEEP_ALIVE_MESSAGE', 'HELLO'), 'HELLO');
});

test('every default comes back through its text', () => {
  for (const name of PARAMETER_NAMES) {
    if ('readOnly' in PARAMETERS[name]) continue;
    const value = PARAMETERS[name].default;
    assert.deepEqual(parseParameter(name, formatValue(name, value)), { value }, name);
  }
});
