// Dial rules: the table of the requirements (NUM-13 to NUM-21), which rule wins, and properties
// that hold for any rules, checked against a search that tries every rule.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  dialRuleProblem,
  DialRules,
  rewrite,
  type DialRule,
} from '../../../engine/numbers/dial-rules.ts';

function rewritten(number: string, rules: Readonly<Record<string, string>>): string {
  const list = Object.entries(rules).map(([source, target]) => ({ source, target }));
  for (const rule of list) assert.equal(dialRuleProblem(rule), null, rule.source);
  return new DialRules(list).apply(number);
}

test('the table of the requirements', () => {
  const table: [string, string, string, string, string][] = [
    ['NUM-13', '0', '0', '02584316146', '02584316146'],
    ['NUM-14', '010', '025', '01012345678', '02512345678'],
    ['NUM-15', '025', '', '02584316146', '84316146'],
    ['NUM-16', '*', '025*', '117', '025117'],
    ['NUM-17', '12345?78', '99999999', '12345178', '99999999'],
    ['NUM-18', '010', '025010', '01012345678', '02501012345678'],
    ['NUM-19', '*', '12345678', '117', '12345678'],
    ['NUM-20', '13/L9', '13', '13912345678', '13912345678'],
    ['NUM-20 long', '13/L9', '0', '139123456789', '139123456789'],
    ['NUM-20 short', '13/L9', '0', '1391234567', '1391234567'],
    ['NUM-20 fits', '13/L9', '0', '13912345678', '0912345678'],
    ['NUM-21', '0??84', '8431', '02584316146', '8431316146'],
  ];
  for (const [id, source, target, number, expected] of table) {
    assert.equal(rewritten(number, { [source]: target }), expected, id);
  }
});

test('NUM-08: the longest source wins; without a match the number stays', () => {
  const rules = { '4': 'a', '44': 'b', '4420': 'c', '*': 'd*' };
  assert.equal(rewritten('4420718', rules), 'c718');
  assert.equal(rewritten('4421718', rules), 'b21718');
  assert.equal(rewritten('4921718', rules), 'a921718');
  assert.equal(rewritten('33', rules), 'd33');
  assert.equal(rewritten('33', { '44': 'b' }), '33');
  assert.equal(rewritten('4', { '44': 'b' }), '4');
  assert.equal(rewritten('', { '*': '0*' }), '0');
});

test('of sources of one length the one that says more wins, in any order', () => {
  const rules = { '4?': 'c', '44': 'a', '44/L2': 'b', '??': 'd', '?4': 'e' };
  for (const list of [Object.entries(rules), Object.entries(rules).reverse()]) {
    const given = Object.fromEntries(list);
    assert.equal(rewritten('4411', given), 'b11');
    assert.equal(rewritten('44111', given), 'a111');
    assert.equal(rewritten('4511', given), 'c11');
    assert.equal(rewritten('5411', given), 'e11');
    assert.equal(rewritten('5511', given), 'd11');
  }
});

test('`?` is a digit, and what is counted behind a prefix is digits', () => {
  assert.equal(rewritten('+4420', { '?44': '00' }), '+4420');
  assert.equal(rewritten('+4420', { '+44': '0' }), '020');
  assert.equal(rewritten('44#0', { '44/L2': '0' }), '44#0');
});

test('sources and targets that mean nothing are refused in words', () => {
  const cases: [string, string, RegExp][] = [
    ['', '0', /source is empty; "\*" stands for every number/],
    ['12*', '0', /"\*" in a source stands alone/],
    ['1x', '0', /source must be digits/],
    ['13/L', '0', /source must be digits/],
    ['13/9', '0', /source must be digits/],
    ['/L9', '0', /source must be digits/],
    ['13', '0*', /only where the source is "\*"/],
    ['*', '*0*', /once/],
  ];
  for (const [source, target, problem] of cases) {
    assert.match(dialRuleProblem({ source, target }) ?? '', problem, `${source} → ${target}`);
    assert.equal(new DialRules([{ source, target }]).apply('1312'), '1312', 'left out');
  }
});

const digits = (max: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.constantFrom('0', '1', '2'), maxLength: max });
const prefix = fc.string({ unit: fc.constantFrom('0', '1', '?'), minLength: 1, maxLength: 4 });
const rule: fc.Arbitrary<DialRule> = fc.oneof(
  fc.record({ source: prefix, target: digits(3) }),
  fc.record({ source: prefix.map((p) => `${p}/L3`), target: digits(3) }),
  fc.record({ source: fc.constant('*'), target: fc.constantFrom('9', '9*', '*9', '') }),
);
const rules = fc.uniqueArray(rule, { selector: ({ source }) => source, maxLength: 8 });

/** Whether a rule takes the number, read as a regular expression. */
function takes({ source }: DialRule, number: string): boolean {
  const [digitsOf = '', count] = source.split('/L');
  if (source === '*') return true;
  const pattern = digitsOf.replaceAll('?', '\\d');
  return new RegExp(`^${pattern}${count === undefined ? '' : `\\d{${count}}$`}`).test(number);
}

function sourceLength({ source }: DialRule): number {
  return source === '*' ? 0 : source.split('/L')[0]!.length;
}

test('any rules: the result is that of a longest rule that takes the number', () => {
  fc.assert(
    fc.property(rules, digits(8), (given, number) => {
      const result = new DialRules(given).apply(number);
      const taking = given.filter((candidate) => takes(candidate, number));
      const longest = Math.max(...taking.map(sourceLength));
      const expected = taking
        .filter((candidate) => sourceLength(candidate) === longest)
        .map(({ source, target }) =>
          source === '*' ? target.replace('*', number) : target + number.slice(longest),
        );
      if (taking.length === 0) assert.equal(result, number);
      else assert.ok(expected.includes(result), `${result} of ${expected.join(', ')}`);
    }),
  );
});

test('any rules: their order does not matter', () => {
  fc.assert(
    fc.property(rules, digits(8), (given, number) => {
      assert.equal(
        new DialRules(given).apply(number),
        new DialRules(given.toReversed()).apply(number),
      );
    }),
  );
});

test('a list is made ready once and keeps its rules', () => {
  const list = [{ source: '44', target: '00' }];
  assert.equal(rewrite('4412', list), '0012');
  assert.equal(rewrite('4413', list), '0013');
  assert.equal(rewrite('4413', [{ source: '44', target: '99' }]), '9913');
  assert.equal(rewrite('4413', []), '4413');
});
