// What every source file keeps to, checked on its text and syntax tree: opening comment, sizes,
// banned calls of the data plane, no default exports, no enum, no leftover notes, no skipped tests.
import ts from 'typescript';
import type { SourceFile } from './source-tree.ts';

const MAX_COLUMNS = 100;
const MAX_FILE_LINES = 350;
const MAX_FUNCTION_LINES = 70;

/** Fixtures: data in TypeScript clothes, free of the size rules. */
const FIXTURES = /^test\/.*\/(torture|fixtures)\//;

/** Longer than the rule for a reason; the figure may only go down. */
const LONG_FILES: Readonly<Record<string, number>> = {};

/** Time, chance and output enter the engine through Clock, Random and the log ring only… */
const BANNED = new Set([
  'Date.now',
  'Math.random',
  'performance.now',
  'process.hrtime',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'console.log',
  'console.warn',
  'console.error',
]);

/** …except here: where they are made injectable, and on main, which has an event loop. */
const BANNED_ELSEWHERE = [
  /^engine\/base\/clock\.ts$/,
  /^engine\/[^/]+\.ts$/,
  /^engine\/edge\//,
  /^engine\/commands\//,
  /^engine\/http\//,
  /^engine\/net\/portable-sockets\.ts$/, // main's side of the portable path
  /^engine\/net\/streams\//, // TCP and TLS, on main
];

/** Problems of one file as sentences `path:line: what`; empty when all is well. */
export function codeProblems(file: SourceFile): string[] {
  const problems = [...textProblems(file), ...fileNameProblems(file)];
  const report = (node: ts.Node, what: string): void => {
    const { line } = file.syntax.getLineAndCharacterOfPosition(node.getStart(file.syntax));
    problems.push(`${file.path}:${line + 1}: ${what}`);
  };
  const visit = (node: ts.Node): void => {
    checkDeclaration(node, report);
    if (!FIXTURES.test(file.path)) checkFunctionLength(file, node, report);
    if (/^(engine|workers)\//.test(file.path)) checkBannedCall(file, node, report);
    if (file.path.startsWith('test/')) checkSkippedTest(node, report);
    ts.forEachChild(node, visit);
  };
  visit(file.syntax);
  return problems;
}

type Report = (node: ts.Node, what: string) => void;

function textProblems(file: SourceFile): string[] {
  const problems: string[] = [];
  const lines = file.text.replace(/\n$/, '').split('\n');
  const first = lines[0]!.startsWith('#!') ? lines[1] : lines[0];
  if (first === undefined || !/^(\/\/ |\/\*)/.test(first)) {
    problems.push(`${file.path}:1: does not start with a comment that says what it is`);
  }
  lines.forEach((line, index) => {
    const note = /\b(TODO|FIXME|XXX|HACK)\b/.exec(line);
    if (note !== null && /\/\/|\/\*|^\s*\*/.test(line.slice(0, note.index))) {
      problems.push(`${file.path}:${index + 1}: leftover note`);
    }
    if (line.length > MAX_COLUMNS && !FIXTURES.test(file.path)) {
      problems.push(`${file.path}:${index + 1}: ${line.length} columns`);
    }
  });
  const limit = LONG_FILES[file.path] ?? MAX_FILE_LINES;
  if (lines.length > limit && !FIXTURES.test(file.path)) {
    problems.push(`${file.path}:1: ${lines.length} lines, more than ${limit}`);
  }
  return problems;
}

function fileNameProblems({ path }: SourceFile): string[] {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (name === 'index.ts') return [`${path}:1: index.ts says nothing; name what is in it`];
  return /^[a-z0-9-]+(\.[a-z0-9-]+)*\.ts$/.test(name) ? [] : [`${path}:1: name is not kebab-case`];
}

function checkDeclaration(node: ts.Node, report: Report): void {
  if (ts.isEnumDeclaration(node)) report(node, 'enum; use a const object');
  if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name)) report(node, 'namespace');
  if (ts.isExportAssignment(node)) report(node, 'default export');
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    report(node, 're-export; import from the file that has it');
  }
  const modifiers = ts.canHaveModifiers(node) ? (ts.getModifiers(node) ?? []) : [];
  if (modifiers.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
    report(node, 'default export');
  }
}

function checkFunctionLength(file: SourceFile, node: ts.Node, report: Report): void {
  if (!ts.isFunctionLike(node) || isSuite(node)) return;
  const lineOf = (position: number): number =>
    file.syntax.getLineAndCharacterOfPosition(position).line;
  const lines = lineOf(node.end) - lineOf(node.getStart(file.syntax)) + 1;
  if (lines > MAX_FUNCTION_LINES) report(node, `function of ${lines} lines`);
}

/** The callback of describe(): a list of tests, not a function that one reads as a whole. */
function isSuite(node: ts.Node): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && /^(describe|suite)$/.test(call.expression.getText());
}

function checkBannedCall(file: SourceFile, node: ts.Node, report: Report): void {
  if (BANNED_ELSEWHERE.some((allowed) => allowed.test(file.path))) return;
  if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length) {
    report(node, 'new Date() reads the clock; inject Clock');
  }
  if (!ts.isCallExpression(node)) return;
  const called = node.expression.getText().replace(/^globalThis\./, '');
  if (BANNED.has(called) || called.startsWith('process.hrtime')) {
    report(node, `${called} is banned here; inject Clock, Random or the log`);
  }
}

function checkSkippedTest(node: ts.Node, report: Report): void {
  if (ts.isPropertyAccessExpression(node) && /^(skip|todo|only)$/.test(node.name.text)) {
    const target = node.expression.getText();
    if (/^(test|it|describe|suite|t|context)$/.test(target))
      report(node, `${target}.${node.name.text}`);
  }
  if (ts.isPropertyAssignment(node) && /^(skip|todo|only)$/.test(node.name.getText())) {
    if (node.initializer.kind !== ts.SyntaxKind.FalseKeyword) report(node, node.getText());
  }
}
