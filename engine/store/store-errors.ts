// What the driver throws → an error for the operator.
import { TandemError } from '../base/errors.ts';

/** Another connection holds the lock that is needed. */
export function isBusy(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^SQLITE_(BUSY|LOCKED)/.test(code);
}

const REASONS: Readonly<Record<string, string>> = {
  SQLITE_NOTADB: 'the file is no SQLite database',
  SQLITE_CORRUPT: 'the file is damaged',
  SQLITE_READONLY: 'this user may not write there',
  SQLITE_FULL: 'the disk is full',
  SQLITE_IOERR: 'its disk does not answer',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is mounted read-only',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a part of the path is a file',
  ENOSPC: 'the disk is full',
};

/** The error itself when it is one for the operator already. */
export function storeError(path: string, error: unknown): Error {
  if (error instanceof TandemError) {
    if (error.code !== 'TDM_STORE_FUTURE') return error;
    return new TandemError(error.code, `control store ${path}: ${reasonOf(error)}`);
  }
  if (!(error instanceof Error)) return new Error(String(error));
  const code = (error as NodeJS.ErrnoException).code;
  if (isBusy(error)) {
    const text = `control store ${path}: another process has been writing to it for too long.`;
    return new TandemError('TDM_STORE_LOCKED', text, { cause: error });
  }
  const known = code === undefined ? undefined : REASONS[code.replace(/(_[A-Z]+)_.*/, '$1')];
  const ofDriver = code?.startsWith('SQLITE_') === true || error.message.startsWith('Connection');
  if (known === undefined && !ofDriver) return error;
  const text = `control store ${path}: ${known ?? error.message}.`;
  return new TandemError('TDM_STORE_FAILED', text, { cause: error });
}

function reasonOf({ code, message }: TandemError): string {
  return message.slice(code.length + 2);
}
