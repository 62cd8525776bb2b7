// Writes a YAML text into a folder of its own and reads what a loader says about it.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { TandemError } from '../../../engine/base/errors.ts';
import type { ErrorCode } from '../../../engine/base/errors.ts';

/** Path of a new file with this text; its folder goes when the test ends. */
export function yamlFile(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-config-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, 'file.yaml');
  writeFileSync(path, text);
  return path;
}

/** The problems that loading the text throws, as `line: key: text` in their order. */
export function problemsOf(
  t: TestContext,
  code: ErrorCode,
  load: (path: string) => unknown,
  text: string,
): string[] {
  const path = yamlFile(t, text);
  try {
    load(path);
  } catch (error) {
    assert.ok(error instanceof TandemError, String(error));
    assert.equal(error.code, code);
    const [, ...lines] = error.message.split('\n');
    return lines.map((line) => {
      if (/^  and \d+ more$/.test(line)) return line;
      assert.ok(line.startsWith(`  ${path}:`), line);
      return line.slice(path.length + 3);
    });
  }
  assert.fail('loaded without a problem');
}

/** Asserts that problem i starts with `line: key` and holds the words, for all problems. */
export function assertProblems(
  problems: readonly string[],
  expected: readonly (readonly [start: string, ...words: string[]])[],
): void {
  assert.equal(problems.length, expected.length, problems.join('\n'));
  expected.forEach(([start, ...words], i) => {
    const problem = problems[i]!;
    assert.ok(problem.startsWith(`${start}: `), `expected ${start}: in "${problem}"`);
    for (const word of words) assert.ok(problem.includes(word), `expected ${word} in "${problem}"`);
  });
}
