// The tidy rules hold for every file of the tree, and each rule catches what it forbids.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeProblems } from './code-rules.ts';
import { readSourceTree, sourceFile } from './source-tree.ts';

const HEAD = '// A file.\n';
// In two pieces, so that this file keeps the rule.
const NOTE = ['TO', 'DO'].join('');

function problemsOf(text: string, path = 'engine/call/leg.ts'): string[] {
  return codeProblems(sourceFile(path, text));
}

test('every file of the tree keeps the rules', () => {
  assert.equal(readSourceTree().flatMap(codeProblems).join('\n'), '');
});

test('a clean file passes', () => {
  assert.deepEqual(problemsOf(`${HEAD}export function a(): void {}\n`), []);
});

const caught: [what: string, text: string, path?: string][] = [
  ['no opening comment', 'export const a = 1;\n'],
  ['a leftover note', `${HEAD}// ${NOTE}: later\n`],
  ['a line of 101 columns', `${HEAD}${'a'.repeat(101)}\n`],
  ['a file of 351 lines', HEAD + 'a();\n'.repeat(350)],
  ['a function of 71 lines', `${HEAD}function a() {\n${'b();\n'.repeat(69)}}\n`],
  ['a method of 71 lines', `${HEAD}class A { m() {\n${'b();\n'.repeat(69)}} }\n`],
  ['the wall clock', `${HEAD}const a = Date.now();\n`],
  ['new Date()', `${HEAD}const a = new Date();\n`],
  ['chance', `${HEAD}const a = Math.random();\n`],
  ['a timer of the event loop', `${HEAD}setTimeout(() => {}, 1);\n`],
  ['a monotonic clock', `${HEAD}process.hrtime.bigint();\n`],
  ['console', `${HEAD}console.log(1);\n`, 'workers/shard.ts'],
  ['an enum', `${HEAD}enum A { B }\n`],
  ['a namespace', `${HEAD}namespace A {}\n`],
  ['export default of a value', `${HEAD}export default 1;\n`],
  ['export default of a function', `${HEAD}export default function a() {}\n`],
  ['a re-export', `${HEAD}export * from './b.ts';\n`],
  ['a name that is not kebab-case', HEAD, 'engine/call/callLeg.ts'],
  ['index.ts', HEAD, 'engine/call/index.ts'],
  ['test.skip', `${HEAD}test.skip('a');\n`, 'test/engine/a.test.ts'],
  ['skip as an option', `${HEAD}test('a', { skip: true });\n`, 'test/engine/a.test.ts'],
  ['it.only', `${HEAD}it.only('a');\n`, 'test/engine/a.test.ts'],
];

for (const [what, text, path] of caught) {
  test(`${what} is caught`, () => {
    assert.equal(problemsOf(text, path).length, 1);
  });
}

test('limits are inclusive, and data may be long in a fixture', () => {
  assert.deepEqual(problemsOf(`${HEAD}// ${'a'.repeat(97)}\n`), []);
  assert.deepEqual(problemsOf(`${HEAD}function a() {\n${'b();\n'.repeat(68)}}\n`), []);
  assert.deepEqual(problemsOf(HEAD + 'a();\n'.repeat(400), 'test/a/torture/b.ts'), []);
});

test('the clock may be read where it is made injectable and on main', () => {
  const reads = `${HEAD}export const a = () => Date.now();\n`;
  assert.deepEqual(problemsOf(reads, 'engine/base/clock.ts'), []);
  assert.deepEqual(problemsOf(reads, 'engine/main.ts'), []);
});
