// Parameter values as operators write them, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterName } from '../../../engine/base/parameter-values.ts';
import { parameterValues, parseParameter } from '../../../engine/parameters/parse-value.ts';

function accepts(name: ParameterName, raw: unknown, value: unknown): void {
  assert.deepEqual(parseParameter(name, raw), { value }, JSON.stringify(raw));
}

function refuses(name: ParameterName, raw: unknown, ...words: string[]): void {
  const parsed = parseParameter(name, raw);
  assert.ok('problem' in parsed, `${name} took ${JSON.stringify(raw)}`);
  for (const word of words) assert.ok(parsed.problem.includes(word), parsed.problem);
}

test('switches', () => {
  for (const raw of [true, 'On', 'on', 'TRUE', 'yes']) {
    accepts('SS_REPLY_UNAUTHORIZED', raw, true);
  }
  for (const raw of [false, 'Off', 'no']) accepts('SS_REPLY_UNAUTHORIZED', raw, false);
  for (const raw of [0, 1, 'maybe', null, []]) refuses('SS_REPLY_UNAUTHORIZED', raw, 'On or Off');
});

test('whole numbers within their range, both ends allowed', () => {
  accepts('SS_SIP_TIMEOUT_INVITE', 1, 1);
  accepts('SS_SIP_TIMEOUT_INVITE', '32', 32);
  accepts('SS_MAX_CALL_PER_SECOND', '0xA0', 160);
  for (const raw of [0, 33, 1.5, '', 'ten', null, true, [10], '1e1']) {
    refuses('SS_SIP_TIMEOUT_INVITE', raw, 'from 1 to 32 (s)');
  }
});

test('None is no limit where there may be none', () => {
  for (const raw of ['None', 'none', null]) accepts('SS_GATEWAY_SWITCH_LIMIT', raw, null);
  accepts('SS_GATEWAY_SWITCH_LIMIT', 0, 0);
  refuses('SS_GATEWAY_SWITCH_LIMIT', 101, 'None or a whole number from 0 to 100');
  refuses('SS_MAX_CALL_PER_SECOND', 'None');
});

test('lists of seconds', () => {
  accepts('SS_SIP_RESEND_INTERVAL', '0.5,1, 2', [0.5, 1, 2]);
  accepts('SS_SIP_RESEND_INTERVAL', [0.1, 32], [0.1, 32]);
  accepts('SS_SIP_RESEND_INTERVAL', 4, [4]);
  const bad = [
    [],
    '',
    [2, 1],
    [0.05],
    [33],
    [32, 32, 32],
    new Array(21).fill(1),
    ['a'],
    null,
    [[1]],
  ];
  for (const raw of bad) refuses('SS_SIP_RESEND_INTERVAL', raw, '0.1 to 32', 'at most 64 s');
});

test('given values go over the defaults, null and false included', () => {
  const values = parameterValues({ SS_REPLY_UNAUTHORIZED: false, SS_GATEWAY_SWITCH_LIMIT: 3 });
  assert.equal(values.SS_REPLY_UNAUTHORIZED, false);
  assert.equal(values.SS_GATEWAY_SWITCH_LIMIT, 3);
  assert.equal(values.SS_MAX_CONCURRENT_CALL, 1000);
});
