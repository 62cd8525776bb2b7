// Names of CDR files: `cdr_<node>_<start, UTC>.csv`, `.csv.part` while it grows. The start is that
// of the interval, so names sort by time. A second file of the same interval gets `_2` and so on.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^cdr_(.+)_(\d{8}T\d{6}Z)(?:_(\d+))?\.csv(\.part)?$/;

/** Path of a file that grows, from the one that it will have when it is complete. */
export function partOf(path: string): string {
  return `${path}.part`;
}

/** A path in `directory` that neither a complete nor a growing file has. */
export function freePath(directory: string, node: string, startedAtMs: number): string {
  const stamp = new Date(startedAtMs).toISOString().replace(/[-:]|\.\d+/g, '');
  for (let n = 1; ; n++) {
    const path = join(directory, `cdr_${node}_${stamp}${n === 1 ? '' : `_${n}`}.csv`);
    if (!existsSync(path) && !existsSync(partOf(path))) return path;
  }
}

export interface CdrFiles {
  /** Complete ones of all nodes, oldest first. */
  readonly complete: readonly string[];
  /** Growing ones, by the path that they will have. */
  readonly growing: readonly { readonly path: string; readonly node: string }[];
}

/** The CDR files of the directory; whatever else is there is nobody's business. */
export function listCdrFiles(directory: string): CdrFiles {
  const files = readdirSync(directory).flatMap((name) => {
    const match = NAME.exec(name);
    if (match === null) return [];
    const [, node, stamp, number, part] = match;
    const path = join(directory, part === undefined ? name : name.slice(0, -part.length));
    return [{ path, node: node!, stamp: stamp!, number: Number(number ?? 1), part }];
  });
  files.sort((a, b) => a.stamp.localeCompare(b.stamp) || a.number - b.number);
  return {
    complete: files.filter(({ part }) => part === undefined).map(({ path }) => path),
    growing: files.filter(({ part }) => part !== undefined),
  };
}
