// A YAML file as plain data, and the list of what is wrong with it: every problem carries the line
// of the key or value it is about, and all of them are thrown together.
import { readFileSync } from 'node:fs';
import { isMap, isNode, isScalar, LineCounter, parseDocument } from 'yaml';
import type { Document, Node } from 'yaml';
import { TandemError } from '../base/errors.ts';
import type { ErrorCode } from '../base/errors.ts';
import { showPath } from './problem-list.ts';
import type { KeyPath, ProblemList } from './problem-list.ts';

/** More are counted, not printed. */
const MAX_PRINTED = 50;

interface Problem {
  readonly line: number;
  readonly text: string;
}

export class YamlFile implements ProblemList {
  /** As given, absolute or not: what messages name. */
  readonly path: string;
  /** The file's data; an empty file is `{}`. */
  readonly data: unknown;
  private readonly code: ErrorCode;
  private readonly lines = new LineCounter();
  private readonly document: Document.Parsed;
  private readonly problems: Problem[] = [];
  readonly warnings: string[] = [];

  /** @throws TandemError with `code` when the file cannot be read or is not YAML. */
  constructor(path: string, code: ErrorCode) {
    this.path = path;
    this.code = code;
    this.document = parseDocument(readText(path, code), {
      lineCounter: this.lines,
      prettyErrors: false,
      // A key such as 010 stays what was written: it may be a dial rule's source.
      stringKeys: true,
    });
    for (const error of this.document.errors) {
      const line = this.lines.linePos(error.pos[0]).line;
      this.problems.push({ line, text: `not valid YAML: ${error.message}` });
    }
    this.throwProblems();
    this.data = this.plainData() ?? {};
  }

  /** Notes a problem with the value at `path`, or with its key when `atKey`. */
  problem(path: KeyPath, text: string, atKey = false): void {
    this.problems.push({ line: this.lineOf(path, atKey), text: `${showPath(path)}${text}` });
  }

  warn(path: KeyPath, text: string, atKey = false): void {
    this.warnings.push(`${this.path}:${this.lineOf(path, atKey)}: ${showPath(path)}${text}`);
  }

  placeOf(path: KeyPath): string {
    return `line ${this.lineOf(path)}`;
  }

  /** @throws TandemError that lists every problem noted so far, in the order of lines. */
  throwProblems(): void {
    const count = this.problems.length;
    if (count === 0) return;
    const sorted = [...this.problems].sort((a, b) => a.line - b.line);
    const printed = sorted.slice(0, MAX_PRINTED).map((p) => `  ${this.path}:${p.line}: ${p.text}`);
    if (count > MAX_PRINTED) printed.push(`  and ${count - MAX_PRINTED} more`);
    const heading = count === 1 ? '1 problem' : `${count} problems`;
    throw new TandemError(this.code, `${heading}\n${printed.join('\n')}`);
  }

  /** Line, from 1, of a value or its key; of the nearest parent when it is not written out. */
  lineOf(path: KeyPath, atKey = false): number {
    for (let depth = path.length; depth > 0; depth--) {
      const node = this.nodeAt(path.slice(0, depth), atKey);
      const range = node?.range ?? undefined;
      if (range !== undefined) return this.lines.linePos(range[0]).line;
    }
    return 1;
  }

  private nodeAt(path: KeyPath, atKey: boolean): Node | null {
    if (atKey) {
      const parent: unknown =
        path.length === 1 ? this.document.contents : this.document.getIn(path.slice(0, -1), true);
      const key = String(path.at(-1));
      const pair = isMap(parent)
        ? parent.items.find((item) => isScalar(item.key) && String(item.key.value) === key)
        : undefined;
      if (pair !== undefined && isNode(pair.key)) return pair.key;
    }
    const found: unknown = this.document.getIn(path, true);
    return isNode(found) ? found : null;
  }

  private plainData(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: 1000 });
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      throw new TandemError(this.code, `${this.path}: ${text}`, { cause: error });
    }
  }
}

function readText(path: string, code: ErrorCode): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TandemError(code, `${path} cannot be read: ${reason}`, { cause: error });
  }
}
