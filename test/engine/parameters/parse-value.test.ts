// Parameter values as operators write them, and what is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterName } from '../../../engine/base/parameter-values.ts';
import {
  parameterValues,
  parseParameter,
  shardParameters,
} from '../../../engine/parameters/parse-value.ts';
import { PARAMETER_NAMES } from '../../../engine/parameters/registry.ts';

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

test('the interval of CDR files: None or 60 to 86400 seconds', () => {
  accepts('SERVER_CDR_FILE_WRITE_INTERVAL', 'None', null);
  accepts('SERVER_CDR_FILE_WRITE_INTERVAL', 60, 60);
  accepts('SERVER_CDR_FILE_WRITE_INTERVAL', 86_400, 86_400);
  for (const raw of [59, 86_401, '', 'off']) {
    refuses('SERVER_CDR_FILE_WRITE_INTERVAL', raw, 'None or a whole number from 60 to 86400 (s)');
  }
});

test('hours come in order, each once; 24 is none', () => {
  accepts('SERVER_QUERY_CDR_DENY_TIME', '18,19, 20,21', [18, 19, 20, 21]);
  accepts('SERVER_QUERY_CDR_DENY_TIME', [23, 0, '7', 0], [0, 7, 23]);
  accepts('SERVER_QUERY_CDR_DENY_TIME', 9, [9]);
  for (const raw of ['', 'None', null, []]) accepts('SERVER_QUERY_CDR_DENY_TIME', raw, []);
  for (const raw of [24, -1, '18-21', [1.5], [null], true, {}]) {
    refuses('SERVER_QUERY_CDR_DENY_TIME', raw, 'from 0 to 23 (hours of the day)');
  }
});

test('the report server keeps its letters; anything else is told the forms', () => {
  const good = ['https://Billing.example/Cdr?key=A', 'udp://192.0.2.1:9000', '[2001:db8::1]:9000'];
  for (const raw of good) accepts('SERVER_CDR_REAL_TIME_REPORT_SERVER', raw, raw);
  for (const raw of ['', 'None', null]) accepts('SERVER_CDR_REAL_TIME_REPORT_SERVER', raw, '');
  for (const raw of ['ftp://host:21', 'host', 9000, 'http://']) {
    refuses('SERVER_CDR_REAL_TIME_REPORT_SERVER', raw, 'udp://HOST:PORT');
  }
});

test('numbers without CDR: quoted, since YAML takes zeros and a plus from the front', () => {
  accepts('SERVER_BILLING_NO_CDR_E164S', ['+44123', '0044123', '+44123'], ['+44123', '0044123']);
  accepts('SERVER_BILLING_NO_CDR_E164S', '611, 100*', ['611', '100*']);
  accepts('SERVER_BILLING_NO_CDR_E164S', '', []);
  for (const raw of [611, [611], ['12a'], ['1'.repeat(33)], [''], false]) {
    refuses('SERVER_BILLING_NO_CDR_E164S', raw, 'numbers in quotes');
  }
  const tooMany = Array.from({ length: 10_001 }, (_, i) => String(i));
  refuses('SERVER_BILLING_NO_CDR_E164S', tooMany, 'at most 10000');
});

test('decimals stay texts, and are never a float', () => {
  accepts('SERVER_BILLING_FEE_UNIT', '0.000000001', '0.000000001');
  accepts('SERVER_BILLING_FEE_UNIT', 1000, '1000');
  accepts('SS_CLIENT_LOW_BALANCE_ALARM', '-10000000', '-10000000');
  for (const raw of ['1000.000000001', '-0.1', '0.0000000001', '', 'a', null, true]) {
    refuses('SERVER_BILLING_FEE_UNIT', raw, 'a decimal from 0 to 1000');
  }
});

test('a range of ports has its first below its last', () => {
  accepts('SS_MEDIA_PORT_RANGE', '10000-39999', [10_000, 39_999]);
  accepts('SS_MEDIA_PORT_RANGE', [1024, '65535'], [1024, 65_535]);
  accepts('SS_MEDIA_PORT_RANGE', '2000, 3000', [2000, 3000]);
  for (const raw of [
    '1023-2000',
    '2000-65536',
    '3000-2000',
    '2000-2000',
    '2000',
    [1, 2, 3],
    null,
  ]) {
    refuses('SS_MEDIA_PORT_RANGE', raw, 'FIRST-LAST, ports from 1024 to 65535');
  }
});

test('words of a list are in the order of preference, each once', () => {
  accepts('SS_MEDIA_CODEC', 'opus, g.711a,OPUS', ['OPUS', 'G.711A']);
  accepts('IVR_CODEC_PRIORITY', ['g723'], ['g723']);
  for (const raw of ['', 'G.711A,mp3', null, 7]) refuses('SS_MEDIA_CODEC', raw, 'some of G.711A,');
});

test('PAR-05: the examples', () => {
  refuses('SS_SIP_NAT_KEEP_ALIVE_PERIOD', 9, 'is 9', 'from 10 to 86400 (s)');
  refuses('SS_SIP_SESSION_UPDATE_SEGMENT', 11, 'is 11', 'from 2 to 10');
  accepts('SERVER_CDR_FILE_WRITE_INTERVAL', 'None', null);
  refuses('SERVER_QUERY_CDR_DENY_TIME', 24, 'is 24', 'from 0 to 23');
});

test('PAR-10: what is read-only cannot be set', () => {
  refuses('SERVER_DATABASE_VERSION', '7', 'read-only');
});

test('a snapshot has every SS_ value, and what else acts at once', () => {
  const names = Object.keys(shardParameters(parameterValues()));
  const expected = PARAMETER_NAMES.filter((name) => name.startsWith('SS_'));
  assert.deepEqual(names, [...expected, 'SERVER_BILLING_NO_CDR_E164S', 'SERVER_TRACE_FILE_LENGTH']);
});
