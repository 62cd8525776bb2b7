// Rules across parameters, each kept by the defaults and broken once (PAR-11).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import { brokenRules, CROSS_RULES } from '../../../engine/parameters/cross-rules.ts';

test('the defaults break no rule', () => {
  assert.deepEqual(brokenRules({}), []);
});

const CASES: readonly [Partial<ParameterValues>, broken: number, severity: string, RegExp][] = [
  [{ SERVER_QUERY_MAX_SIZE: 1000 }, 1, 'refusal', /must be at least SERVER_QUERY_ONE_PAGE_SIZE/],
  [{ SERVER_ALARM_ENABLE_EMAIL: true }, 1, 'warning', /SERVER_ALARM_EMAIL names nobody/],
  [{ SERVER_ALARM_ENABLE_VOICE: true }, 1, 'warning', /SERVER_ALARM_E164S names nobody/],
  [{ SERVER_BILLING_FEE_PRECISION: '0.1' }, 1, 'warning', /at most SERVER_BILLING_FEE_UNIT/],
  [{ SS_AUTHENTICATION_MAX_RETRY: 3 }, 1, 'warning', /SS_SIP_AUTHENTICATION_RETRY should be below/],
  [{ SS_SIP_NAT_KEEP_ALIVE_PERIOD: 61 }, 1, 'warning', /a fifth of SS_ENDPOINT_NAT_EXPIRE/],
  [{ SS_SIP_NAT_KEEP_ALIVE_PERIOD: 300 }, 2, 'warning', /a fifth of SS_ENDPOINT_NAT_EXPIRE/],
  [{ SS_SIP_SESSION_TTL: 80 }, 1, 'warning', /at least SS_SIP_SESSION_MIN_SE/],
  [{ SS_SIP_SESSION_TTL: 90, SS_SIP_SESSION_UPDATE_SEGMENT: 3 }, 1, 'warning', /32 s times/],
  [{ SS_ENDPOINT_EXPIRE: 299 }, 1, 'warning', /at least SS_ENDPOINT_NAT_EXPIRE/],
  [
    { SS_MAX_CONCURRENT_CALL: 7501, SS_MEDIAPROXYMODE: 'Must On' },
    1,
    'warning',
    /four ports for each call/,
  ],
  [{ SS_GATEWAY_ASR_ROUTE_SORT_CONFIG: 'After load' }, 1, 'warning', /ASR_CALCULATE is Off/],
  [{ SS_GATEWAY_FEE_RATE_ROUTE_SORT_CONFIG: 'After load' }, 1, 'warning', /FEE_RATE is Off/],
];

for (const [given, count, severity, problem] of CASES) {
  test(`${JSON.stringify(given)} breaks ${count}`, () => {
    const broken = brokenRules(given);
    assert.equal(broken.length, count, JSON.stringify(broken));
    assert.equal(broken[0]!.severity, severity);
    assert.match(broken[0]!.problem, problem);
  });
}

test('every rule is broken by a case', () => {
  const problems = CASES.flatMap(([given]) => brokenRules(given).map(({ problem }) => problem));
  for (const { text } of CROSS_RULES)
    assert.ok(
      problems.some((p) => p.includes(text)),
      text,
    );
});

test('a broken rule is about what was given, and says all figures', () => {
  const [rule] = brokenRules({ SERVER_QUERY_ONE_PAGE_SIZE: 10_000, SERVER_QUERY_MAX_SIZE: 1000 });
  assert.match(rule!.problem, /SERVER_QUERY_MAX_SIZE is 1000, SERVER_QUERY_ONE_PAGE_SIZE is 10000/);
  const [page] = brokenRules({ SS_ENDPOINT_NAT_EXPIRE: 100, SS_SIP_NAT_KEEP_ALIVE_PERIOD: 30 });
  assert.equal(page?.name, 'SS_SIP_NAT_KEEP_ALIVE_PERIOD');
  assert.equal(brokenRules({ SS_ENDPOINT_NAT_EXPIRE: 100 })[0]?.name, 'SS_ENDPOINT_NAT_EXPIRE');
});
