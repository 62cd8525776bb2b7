// Looks at start whether records can be kept at all: a switch that cannot write its spool must say
// so at once, in words, and not take the first call.
import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { TandemError } from '../base/errors.ts';

const REASONS: Readonly<Record<string, string>> = {
  EROFS: 'the file system is mounted read-only',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of this user is used up',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'it is a file',
};

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

/** The system's error as one for the operator. */
export function unwritable(directory: string, error: NodeJS.ErrnoException): TandemError {
  const { code = '', message } = error;
  const text = `spool ${directory}: ${REASONS[code] ?? message} (${code}).`;
  return new TandemError('TDM_SPOOL_UNWRITABLE', text, { cause: error });
}
