// CPU time of the calling thread (clock_gettime(2)): Node tells only that of the whole process.
import { TandemError } from '../base/errors.ts';
import { openLibc, type Libc } from './libc.ts';

const CLOCK_THREAD_CPUTIME_ID = 3;

/** A function that tells how much CPU this thread has used, ms; 0 where libc cannot be called. */
export function threadCpu(): () => number {
  let libc: Libc;
  try {
    libc = openLibc();
  } catch (error) {
    if (!(error instanceof TandemError)) throw error;
    return () => 0;
  }
  const words = new Uint32Array(new ArrayBuffer(128));
  const address = libc.addressOf(words);
  return () => {
    if (libc.clockGettime(CLOCK_THREAD_CPUTIME_ID, address) !== 0) return 0;
    // struct timespec: seconds and nanoseconds, 64 bits each.
    return words[0]! * 1000 + words[2]! / 1e6;
  };
}
