// Walks the frames of one segment through a window of fixed size, stepping over damage.
// Recovery uses it to find where a torn tail begins, the reader to follow a growing file.
import { readSync } from 'node:fs';
import {
  checkFrame,
  FRAME_HEADER_BYTES,
  FRAME_INCOMPLETE,
  MARKER_FIRST,
  MAX_PAYLOAD_BYTES,
} from './frame.ts';

const WINDOW_BYTES = 1 << 20;
const MAX_FRAME_BYTES = FRAME_HEADER_BYTES + MAX_PAYLOAD_BYTES;

/** `frame`: one was stepped over. `damage`: bytes without one were. `end`: no good one follows. */
export type Step = 'frame' | 'damage' | 'end';

export class SegmentCursor {
  /** Window of the file; the frame stepped over is `bytes[start, end)`, valid until the next. */
  readonly bytes = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  start = 0;
  end = 0;
  /** Place in the segment: behind the last frame or damage stepped over. */
  offset = 0;
  #fd = -1;
  /** Place in the segment of the window's first byte, and how many bytes it holds. */
  #base = 0;
  #length = 0;

  /**
   * Goes on at `offset` of the open file `fd`, which the caller keeps and closes. After `end` in a
   * growing file open again: what looked cut or damaged may have been a write under way.
   */
  open(fd: number, offset: number): void {
    this.#fd = fd;
    this.offset = offset;
    this.#base = offset;
    this.#length = 0;
  }

  /** @param size bytes of the file that may be read now. @throws the system's read errors. */
  step(size: number): Step {
    if (this.offset >= size) return 'end';
    let next = this.#check();
    if (next === FRAME_INCOMPLETE && this.#base + this.#length < size) {
      this.#load(this.offset, size);
      next = this.#check();
    }
    if (next > 0) {
      this.start = this.offset - this.#base;
      this.end = next;
      this.offset = this.#base + next;
      return 'frame';
    }
    const good = this.#search(this.offset + 1, size);
    if (good === -1) return 'end';
    this.offset = good;
    return 'damage';
  }

  #check(): number {
    return checkFrame(this.bytes, this.offset - this.#base, this.#length);
  }

  /** Place of the first good frame at or behind `from`, or -1. */
  #search(from: number, size: number): number {
    let at = from;
    while (at < size) {
      this.#load(at, size);
      const found = findFrame(this.bytes, this.#length);
      if (found !== -1) return at + found;
      if (at + this.#length >= size) return -1;
      // The next frame may begin in this window and end behind it.
      at += this.#length - MAX_FRAME_BYTES;
    }
    return -1;
  }

  #load(offset: number, size: number): void {
    const wanted = Math.min(WINDOW_BYTES, size - offset);
    let length = 0;
    while (length < wanted) {
      const got = readSync(this.#fd, this.bytes, length, wanted - length, offset + length);
      if (got === 0) break;
      length += got;
    }
    this.#base = offset;
    this.#length = length;
  }
}

/** Offset of the first good frame in `bytes[0, end)`, or -1. */
function findFrame(bytes: Buffer, end: number): number {
  let offset = bytes.indexOf(MARKER_FIRST);
  while (offset !== -1 && offset < end) {
    if (checkFrame(bytes, offset, end) > 0) return offset;
    offset = bytes.indexOf(MARKER_FIRST, offset + 1);
  }
  return -1;
}
