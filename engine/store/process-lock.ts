// One edge per data directory: an exclusive lock on a file beside the store. The kernel frees it
// with the process, however that ends.
import Libsql from 'libsql';
import { isBusy } from './store-errors.ts';

export interface ProcessLock {
  release(): void;
}

/** @returns undefined when another process, or another caller in this one, holds it */
export function lockFile(path: string): ProcessLock | undefined {
  const database = new Libsql(path);
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return {
    release: () => {
      database.close();
    },
  };
}
