// Walks the frames of one segment through a window of bounded size, stepping over damage.
// Recovery uses it to find where a torn tail begins, the reader to follow a growing file.
// A frame is a record or the mark of a group (group-mark.ts): who wants records passes marks by.
import { readSync } from 'node:fs';
import {
  checkFrame,
  FRAME_HEADER_BYTES,
  FRAME_INCOMPLETE,
  MARKER_FIRST,
  MAX_PAYLOAD_BYTES,
} from './frame.ts';
import { isGroupMark } from './group-mark.ts';

const WINDOW_BYTES = 1 << 20;
/** The end of a growing segment is read in small pieces: what follows is zeros. */
const FIRST_LOAD_BYTES = 1 << 16;
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
  #loadBytes = FIRST_LOAD_BYTES;

  /**
   * Goes on at `offset` of the open file `fd`, which the caller keeps and closes. After `end` in a
   * growing file open again: what looked cut or damaged may have been a write under way.
   */
  open(fd: number, offset: number): void {
    this.#fd = fd;
    this.offset = offset;
    this.#base = offset;
    this.#length = 0;
    this.#loadBytes = FIRST_LOAD_BYTES;
  }

  /**
   * For a segment that does not grow: a place without a good frame, and one behind it, is damage.
   * @param size bytes of the file that may be read now.
   * @throws the system's read errors.
   */
  step(size: number): Step {
    if (this.next(size)) return 'frame';
    return this.#stepOver(this.#search(this.offset + 1, size, false));
  }

  /** Steps over the frame that stands here; false when there is none, or none yet. */
  next(size: number): boolean {
    if (this.offset >= size) return false;
    let next = this.#check();
    if (next === FRAME_INCOMPLETE && this.#base + this.#length < size) {
      this.#load(this.offset, size);
      next = this.#check();
    }
    if (next <= 0) return false;
    this.start = this.offset - this.#base;
    this.end = next;
    this.offset = this.#base + next;
    return true;
  }

  /**
   * For a segment that grows, where `next` found nothing: steps over damage when a later group
   * proves that it is damage, and not a write under way.
   */
  passDamage(size: number): Step {
    if (this.#search(this.offset + 1, size, true) === -1) return 'end';
    // What was under way may have ended since: what stands here now is final.
    this.open(this.#fd, this.offset);
    if (this.next(size)) return 'frame';
    return this.#stepOver(this.#search(this.offset + 1, size, false));
  }

  #stepOver(good: number): Step {
    if (good === -1) return 'end';
    this.offset = good;
    return 'damage';
  }

  #check(): number {
    return checkFrame(this.bytes, this.offset - this.#base, this.#length);
  }

  /** Place of the first good frame, or group mark, at or behind `from`; -1: there is none. */
  #search(from: number, size: number, mark: boolean): number {
    this.#loadBytes = WINDOW_BYTES;
    let at = from;
    while (at < size) {
      this.#load(at, size);
      const found = findFrame(this.bytes, this.#length, mark);
      if (found !== -1) return at + found;
      // A file that was cut meanwhile gives less.
      if (at + this.#length >= size || this.#length <= MAX_FRAME_BYTES) return -1;
      // The next frame may begin in this window and end behind it.
      at += this.#length - MAX_FRAME_BYTES;
    }
    return -1;
  }

  #load(offset: number, size: number): void {
    const wanted = Math.min(this.#loadBytes, size - offset);
    this.#loadBytes = Math.min(WINDOW_BYTES, 2 * this.#loadBytes);
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

/** Offset of the first good frame, or good group mark, in `bytes[0, end)`; -1: there is none. */
function findFrame(bytes: Buffer, end: number, mark: boolean): number {
  let offset = bytes.indexOf(MARKER_FIRST);
  while (offset !== -1 && offset < end) {
    if ((!mark || isGroupMark(bytes, offset)) && checkFrame(bytes, offset, end) > 0) return offset;
    offset = bytes.indexOf(MARKER_FIRST, offset + 1);
  }
  return -1;
}
