// Looks at start whether records can be kept at all: a switch that cannot write its spool must say
// so at once, in words, and not take the first call.
import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { unwritable } from '../cdr/unwritable.ts';

/**
 * Creates the directory when it is missing, and writes a file in it for a moment.
 * @throws TandemError TDM_SPOOL_UNWRITABLE
 */
export function prepareSpoolDirectory(directory: string): void {
  const probe = join(directory, `.probe-${process.pid}`);
  try {
    mkdirSync(directory, { recursive: true });
    const fd = openSync(probe, 'w', 0o640);
    try {
      writeSync(fd, 'tandem');
      fsyncSync(fd);
    } finally {
      closeSync(fd);
      unlinkSync(probe);
    }
  } catch (error) {
    throw unwritable(directory, error as NodeJS.ErrnoException);
  }
}
