// The project's root folder, seen from compiled code in dist/: for files that tsc does not copy
// (SQL, samples).
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Absolute path of a file of the repository, by its path from the root. */
export function repositoryPath(...parts: string[]): string {
  return join(root, ...parts);
}
