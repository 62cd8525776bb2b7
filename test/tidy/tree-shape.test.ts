// The shape of the tree: tests mirror sources, exports are used, `npm ci` has all it needs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from 'typescript';
import { repositoryPath } from '../../engine/base/paths.ts';
import { importsOf, readSourceTree, sourceFile, type SourceFile } from './source-tree.ts';

/** Tests of the whole rather than of one file. */
const FREE_TESTS = /^test\/(tidy|sim|sipp|interop|fuzz|faults|infra)\//;

/** Tests of several files together, next to the tests of each. */
const WHOLE_FOLDER_TESTS = new Set([
  'test/engine/cdr/record-codec.test.ts', // encoder and decoder against each other
  'test/engine/sip/message/torture.test.ts', // RFC 4475 and RFC 5118
  'test/ingest/ingest.test.ts', // the process, killed and restarted
  'test/ingest/kafka/kafka.test.ts', // the same over three brokers
]);

function testsWithoutSource(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  return files
    .map((file) => file.path)
    .filter(
      (path) =>
        path.endsWith('.test.ts') && !FREE_TESTS.test(path) && !WHOLE_FOLDER_TESTS.has(path),
    )
    .filter((path) => {
      const source = path.replace(/^test\//, '').replace(/(\.[a-z0-9-]+)?\.test\.ts$/, '.ts');
      return !paths.has(source);
    });
}

/** `path: name` of every export that no other file imports. */
function unusedExports(files: readonly SourceFile[]): string[] {
  const used = new Set<string>();
  for (const file of files) {
    for (const { path, names } of importsOf(file)) {
      for (const name of names) used.add(`${path}: ${name}`);
    }
  }
  return (
    files
      .filter((file) => !file.path.endsWith('.test.ts'))
      // Piscina loads these by path and calls them by name.
      .filter((file) => !file.path.startsWith('workers/'))
      .filter((file) => !used.has(`${file.path}: *`))
      .flatMap((file) => exportedNames(file).map((name) => `${file.path}: ${name}`))
      .filter((entry) => !used.has(entry))
  );
}

function exportedNames({ syntax }: SourceFile): string[] {
  return syntax.statements.flatMap((statement) => {
    const modifiers = ts.canHaveModifiers(statement) ? (ts.getModifiers(statement) ?? []) : [];
    if (!modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.ExportKeyword)) return [];
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap((d) => boundNames(d.name, syntax));
    }
    // A type stands for the shape of what a function takes or gives: it need not be imported.
    if (ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement)) return [];
    const name = (statement as ts.DeclarationStatement).name;
    return name === undefined ? [] : [name.getText(syntax)];
  });
}

/** The names that a declaration binds, also by a pattern: `const { a, b } = ...`. */
function boundNames(name: ts.BindingName, syntax: ts.SourceFile): string[] {
  if (ts.isIdentifier(name)) return [name.getText(syntax)];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundNames(element.name, syntax) : [],
  );
}

test('every test stands where its source stands', () => {
  assert.equal(testsWithoutSource(readSourceTree()).join('\n'), '');
});

test('a test without its source is caught', () => {
  const files = ['test/engine/sip/a.test.ts', 'engine/sip/b.ts', 'test/engine/sip/b.fuzz.test.ts'];
  assert.deepEqual(testsWithoutSource(files.map((path) => sourceFile(path, ''))), [
    'test/engine/sip/a.test.ts',
  ]);
});

test('every exported value is imported somewhere', () => {
  assert.equal(unusedExports(readSourceTree()).join('\n'), '');
});

test('an export that nobody imports is caught', () => {
  const files = [
    sourceFile('engine/base/a.ts', 'export const b = 1; export function c() {}'),
    sourceFile('engine/sip/d.ts', "import { b } from '../base/a.ts';"),
  ];
  assert.deepEqual(unusedExports(files), ['engine/base/a.ts: c']);
});

interface Lock {
  readonly packages: Readonly<
    Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }>
  >;
}

// npm leaves packages of other platforms out of the lock when the registry it asked lacks them;
// `npm ci` then refuses on every machine.
test('the lock names every optional package, and no compiler is needed', () => {
  const lock = JSON.parse(readFileSync(repositoryPath('package-lock.json'), 'utf8')) as Lock;
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      const nested = `${path}/node_modules/${name}`;
      const found = `node_modules/${name}` in lock.packages || nested in lock.packages;
      assert.ok(found, `${path} wants ${name}, which the lock does not have`);
    }
  }
  assert.ok(!('node_modules/node-rdkafka' in lock.packages), 'node-rdkafka compiles two minutes');
});
