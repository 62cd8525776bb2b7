// The few file operations of the spool writer, behind an interface so that tests can fill a disk.
import { closeSync, constants, fdatasyncSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** All of them throw the system's errors. */
export interface SpoolFiles {
  /** Opens a new file for writing; EEXIST when the name is taken. */
  create(path: string): number;
  /** Writes at `position` of the file; returns how many bytes were written, at least one. */
  write(fd: number, bytes: Buffer, offset: number, length: number, position: number): number;
  fdatasync(fd: number): void;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
  close(fd: number): void;
}

const CREATE = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;

export const systemFiles: SpoolFiles = {
  create: (path) => openSync(path, CREATE, 0o640),
  write: (fd, bytes, offset, length, position) => writeSync(fd, bytes, offset, length, position),
  fdatasync: (fd) => {
    fdatasyncSync(fd);
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
};
