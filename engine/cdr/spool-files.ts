// The few file operations of the spool writer, behind an interface so that tests can fill a disk.
// Segments are written by direct I/O where the file system has it: without a copy in the page cache
// a commit costs a quarter less CPU (ARCHITECTURE.md).
import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { BLOCK_BYTES, ZEROS } from './aligned-buffer.ts';

/** All of them throw the system's errors. */
export interface SpoolFiles {
  /**
   * Opens a new file for writing; EEXIST when the name is taken. It may hold one block of zeros.
   * Memory, place and length of every write are multiples of BLOCK_BYTES.
   */
  create(path: string): number;
  /** Writes at `position` of the file; returns how many bytes were written, at least one. */
  write(fd: number, bytes: Buffer, offset: number, length: number, position: number): number;
  fdatasync(fd: number): void;
  truncate(fd: number, length: number): void;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
  close(fd: number): void;
  /** What an unprivileged process may still write to the file system of `path`. */
  freeBytes(path: string): number;
}

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
const MODE = 0o640;

export const systemFiles: SpoolFiles = {
  create,
  write: (fd, bytes, offset, length, position) => writeSync(fd, bytes, offset, length, position),
  fdatasync: (fd) => {
    fdatasyncSync(fd);
  },
  truncate: (fd, length) => {
    ftruncateSync(fd, length);
  },
  syncDirectory: (path) => {
    const fd = openSync(path, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
  close: (fd) => {
    closeSync(fd);
  },
  freeBytes: (path) => {
    const { bavail, bsize } = statfsSync(path);
    return bavail * bsize;
  },
};

/** Direct where opening and a first write say that it works, else through the page cache. */
function create(path: string): number {
  // Not every system has the flag; Node's types say otherwise.
  const direct = (constants as { O_DIRECT?: number }).O_DIRECT ?? 0;
  let fd = -1;
  try {
    fd = openSync(path, CREATE | direct, MODE);
    if (direct !== 0) writeSync(fd, ZEROS, 0, BLOCK_BYTES, 0);
    return fd;
  } catch (error) {
    // A full disk does not matter here: the writer meets it again and waits.
    if (fd !== -1 && (error as NodeJS.ErrnoException).code !== 'EINVAL') return fd;
    if (fd !== -1) closeSync(fd);
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL' || direct === 0) throw error;
    // The name was free a moment ago, and is ours since.
    return openSync(path, constants.O_CREAT | constants.O_WRONLY, MODE);
  }
}
