// Finds where the frames of a growing segment end and the zeros begin that it is allocated with,
// without reading either: for how much waits (spool-reader.ts) and how much was cut at recovery.
import { readSync } from 'node:fs';
import { BLOCK_BYTES, ZEROS } from './aligned-buffer.ts';

const block = Buffer.alloc(BLOCK_BYTES);

/**
 * Place behind the last byte that is not zero of `[from, size)` of an open file; `from` when all
 * are. Takes it that behind the first block of zeros nothing follows, as a writer leaves it.
 * @throws the system's read errors.
 */
export function writtenEnd(fd: number, from: number, size: number): number {
  let low = Math.floor(from / BLOCK_BYTES);
  let high = Math.ceil(size / BLOCK_BYTES);
  // Invariant: `low` holds `from` or bytes, nothing stands at or behind `high`.
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (lengthOf(fd, middle * BLOCK_BYTES) > 0) low = middle;
    else high = middle;
  }
  const start = low * BLOCK_BYTES;
  return Math.min(size, Math.max(from, start + lengthOf(fd, start)));
}

/** Bytes of the block at `offset`, zeros at its end aside. */
function lengthOf(fd: number, offset: number): number {
  let length = readSync(fd, block, 0, BLOCK_BYTES, offset);
  if (block.compare(ZEROS, 0, length, 0, length) === 0) return 0;
  while (block[length - 1] === 0) length--;
  return length;
}
