// The pages of docs/ against the repository: each requirement and parameter has its row, each test
// that a page names exists, defaults and ranges are those of the registry.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { repositoryPath } from '../../engine/base/paths.ts';
import type { Parameter } from '../../engine/parameters/parameter-types.ts';
import { PARAMETER_NAMES, PARAMETERS } from '../../engine/parameters/registry.ts';

const PAGES = ['docs/requirements.md', 'docs/parameters.md'] as const;

/** Area → its last number. */
const AREAS = { SIP: 23, ADR: 22, NAT: 21, REG: 8, PAR: 13 };
const FAILOVER = ['RTE-08', 'RTE-09', 'RTE-10', 'RTE-11', 'RTE-12', 'RTE-17'];

/** Parameters that belong to SIP under other names than SS_SIP_. */
const OTHERS = [
  'SS_AUTHENTICATION_MAX_RETRY',
  'SS_AUTHENTICATION_FAILED_SUSPEND',
  'SS_ENDPOINT_EXPIRE',
  'SS_ENDPOINT_NAT_EXPIRE',
  'SS_ENDPOINT_REGISTER_REPLACE',
  'SS_ENDPOINTTIMETOLIVE',
  'SS_REPLY_UNAUTHORIZED',
  'SS_GATEWAY_SWITCH_LIMIT',
  'SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START',
  'SS_GATEWAY_SWITCH_UNTIL_CONNECT',
  'SS_QOS_SIGNAL',
  'SERVER_DNS_UPDATE_INTERVAL',
  'SERVER_TRACE_FILE_LENGTH',
];

/** First cell of a row, without backticks → the others. */
function rowsOf(page: string): Map<string, string[]> {
  const rows = new Map<string, string[]>();
  for (const line of read(page).split('\n')) {
    const [first = '', ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const name = first.replaceAll('`', '');
    if (!/^[A-Z]+[-_]/.test(name)) continue;
    assert.ok(!rows.has(name), `${page}: ${name} has two rows`);
    rows.set(name, cells);
  }
  return rows;
}

function read(path: string): string {
  return readFileSync(repositoryPath(path), 'utf8');
}

/** Each `test/...` file that a text names, with the names of its tests in quotes behind it. */
function citations(text: string): { path: string; names: string[] }[] {
  return [...text.matchAll(/`(test\/[^`]*\.ts)`((?:,? "[^"]+")*)/g)].map(([, path, names]) => ({
    path: path!,
    names: [...names!.matchAll(/"([^"]+)"/g)].map((match) => match[1]!),
  }));
}

/** What an operator sees as default. */
function defaultOf(parameter: Parameter): string {
  const { default: value } = parameter;
  if (value === null) return noneOf(parameter);
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  if (Array.isArray(value)) return value.join(', ');
  return value === '' ? 'empty' : String(value);
}

function noneOf(parameter: Parameter): string {
  return (parameter.type === 'integer-or-none' ? parameter.noneText : undefined) ?? 'None';
}

function rangeOf(parameter: Parameter): string {
  switch (parameter.type) {
    case 'boolean':
      return 'On, Off';
    case 'enum':
      return parameter.values.join(', ');
    case 'text':
      return parameter.form;
    case 'integer':
      return `${parameter.min}–${parameter.max} ${parameter.unit}`;
    case 'integer-or-none':
      return `${noneOf(parameter)} or ${parameter.min}–${parameter.max} ${parameter.unit}`;
    case 'seconds-list': {
      const { min, max, maxEntries, maxSum, unit } = parameter;
      return `up to ${maxEntries} entries, each ${min}–${max} ${unit}, ${maxSum} ${unit} in all`;
    }
    default:
      throw new Error(`the page has no words for the range of a ${parameter.type} yet`);
  }
}

test('every test that a page names is there', () => {
  const problems = PAGES.flatMap((page) =>
    citations(read(page)).flatMap(({ path, names }) => {
      if (!existsSync(repositoryPath(path))) return [`${page}: there is no ${path}`];
      const text = read(path);
      const missing = names.filter((name) => !text.includes(name));
      return missing.map((name) => `${page}: ${path} has no test "${name}"`);
    }),
  );
  assert.equal([...new Set(problems)].join('\n'), '');
});

test('every requirement has a row, with a test, another row, or the reason why not', () => {
  const rows = rowsOf('docs/requirements.md');
  const ids = Object.entries(AREAS).flatMap(([area, last]) =>
    Array.from({ length: last }, (_, i) => `${area}-${String(i + 1).padStart(2, '0')}`),
  );
  assert.deepEqual([...rows.keys()], [...ids, ...FAILOVER]);
  for (const [id, [asks = '', proof = '']] of rows) {
    assert.ok(asks.length > 10, `${id} says what it asks`);
    const others = proof.match(/\b[A-Z]{3}-\d\d\b/g) ?? [];
    const known = others.length > 0 && others.every((other) => rows.has(other));
    const proved = citations(proof).length > 0 || known || /not covered: \w.{10,}/.test(proof);
    assert.ok(proved, `${id} has neither a test nor the reason why not`);
  }
});

test('every parameter of SIP has a row, with the default and range of the registry', () => {
  const rows = rowsOf('docs/parameters.md');
  const names = PARAMETER_NAMES.filter(
    (name) => name.startsWith('SS_SIP_') || OTHERS.includes(name),
  );
  assert.ok(OTHERS.every((name) => names.some((known) => known === name)));
  assert.deepEqual([...rows.keys()].sort(), [...names].sort());
  for (const name of names) {
    const [value, range, does = '', proof = ''] = rows.get(name)!;
    assert.equal(value, defaultOf(PARAMETERS[name]), `${name}: default`);
    assert.equal(range, rangeOf(PARAMETERS[name]), `${name}: range`);
    assert.match(does, /^[A-Z].+\.$/, `${name}: what it does`);
    const proved = citations(proof).length > 0 || proof.startsWith('not covered: ');
    assert.ok(proved, `${name} has neither a test nor the reason why not`);
  }
});
