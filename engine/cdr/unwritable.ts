// A spool directory that cannot be written, in the operator's words: the edge says it at start,
// ingest when it cannot store how far it has delivered.
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

/** Whether it is such an error, and none of something else that went wrong. */
export function isUnwritable(error: unknown): error is NodeJS.ErrnoException {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code !== undefined && code in REASONS;
}

/** Why, by the system's code. @param message the system's own words, for what has none of ours */
export function reasonFor(code: string, message: string): string {
  return REASONS[code] ?? message;
}

/** The system's error as one for the operator. */
export function unwritable(directory: string, error: NodeJS.ErrnoException): TandemError {
  const { code = '', message } = error;
  const text = `spool ${directory}: ${reasonFor(code, message)} (${code}).`;
  return new TandemError('TDM_SPOOL_UNWRITABLE', text, { cause: error });
}
