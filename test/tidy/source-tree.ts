// The repository's own source files as data for the tidy tests: path, text, syntax tree, imports.
import { readdirSync, readFileSync } from 'node:fs';
import { posix } from 'node:path';
import ts from 'typescript';
import { repositoryPath } from '../../engine/base/paths.ts';

export interface SourceFile {
  /** Path from the repository root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly syntax: ts.SourceFile;
}

export interface Import {
  /** As written: `../base/clock.ts`, `node:fs`, `fastify`. */
  readonly specifier: string;
  /** Path from the root of a relative import; undefined for packages. */
  readonly path: string | undefined;
  /** Names taken; `*` for namespace, default and dynamic imports. */
  readonly names: readonly string[];
  /** `import type { ... }`: gone at run time. */
  readonly typeOnly: boolean;
}

const ROOTS = ['engine', 'workers', 'ingest', 'bench', 'infra', 'test'];

/** Every TypeScript file of the project, in path order. */
export function readSourceTree(): SourceFile[] {
  const paths = ROOTS.flatMap((root) =>
    readdirSync(repositoryPath(root), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
      .map((entry) => posix.relative(repositoryPath(), `${entry.parentPath}/${entry.name}`)),
  );
  return paths.sort().map((path) => sourceFile(path, readFileSync(repositoryPath(path), 'utf8')));
}

export function sourceFile(path: string, text: string): SourceFile {
  return { path, text, syntax: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) };
}

/** Static imports, re-exports and `import('…')` of one file. */
export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: string, names: string[], typeOnly = false): void => {
    const relative = specifier.startsWith('.');
    const path = relative ? posix.join(posix.dirname(file.path), specifier) : undefined;
    found.push({ specifier, path, names, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const clause = node.importClause;
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(node.moduleSpecifier.text, importedNames(clause), typeOnly);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add((node.moduleSpecifier as ts.StringLiteral).text, ['*']);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const argument = node.arguments[0];
      if (argument !== undefined && ts.isStringLiteral(argument)) add(argument.text, ['*']);
    }
    ts.forEachChild(node, visit);
  };
  visit(file.syntax);
  return found;
}

function importedNames(clause: ts.ImportClause | undefined): string[] {
  const bindings = clause?.namedBindings;
  if (bindings === undefined || !ts.isNamedImports(bindings)) return ['*'];
  return bindings.elements.map((element) => (element.propertyName ?? element.name).text);
}
