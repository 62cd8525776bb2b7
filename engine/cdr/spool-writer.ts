// Appends records to the spool in groups: `append` gathers their frames in memory, `commit` writes
// them with one write and makes them durable with one fdatasync. The recorder calls it
// (recorder.ts).
//
// A segment is allocated ahead with zeros, so that an fdatasync has no new size to write, and cut
// to its frames when it is full. A group is written in whole blocks, as direct I/O asks: it begins
// with the bytes that its first block has already, and ends with zeros.
//
// A failure (disk full, read-only, I/O error) is a state, not a crash: the group stays in memory
// and the next `commit` writes the same bytes at the same place again. That also covers a failed
// fdatasync, after which Linux may have dropped the dirty pages: nothing is kept by them alone.
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { alignedBuffer, BLOCK_BYTES, blocksUp, ZEROS } from './aligned-buffer.ts';
import { GROUP_MARK_BYTES, writeGroupMark } from './group-mark.ts';
import type { SpoolFiles } from './spool-files.ts';
import { systemFiles } from './spool-files.ts';
import type { SpoolPosition } from './spool-segment.ts';
import {
  SEGMENT_BYTES,
  SEGMENT_HEADER_BYTES,
  segmentHeader,
  segmentName,
} from './spool-segment.ts';

export interface SpoolWriterOptions {
  /** Directory of the segments; it exists. */
  readonly directory: string;
  readonly node: string;
  /** Sequence of the first segment to write: one above what recovery found. */
  readonly sequence: number;
  /** Default SEGMENT_BYTES. */
  readonly segmentBytes?: number;
  /** Size of the group buffer. Default 4 MiB. */
  readonly groupBytes?: number;
  /** Its wall time stamps new segments and groups. */
  readonly clock: Clock;
  readonly files?: SpoolFiles;
}

const DEFAULT_GROUP_BYTES = 4 << 20;
/** How far ahead a segment is allocated: at 1,000 calls/s for a second or two, in one write. */
const ALLOCATION_BYTES = ZEROS.length;

export class SpoolWriter {
  readonly #directory: string;
  readonly #node: string;
  readonly #segmentBytes: number;
  readonly #allocationBytes: number;
  readonly #files: SpoolFiles;
  readonly #clock: Clock;
  /** What the next write takes: #lead bytes that are durable, then the group. */
  readonly #group: Buffer;
  readonly #groupEnd: number;
  /** A new segment begins with its header, which goes out with the first group. */
  #lead = SEGMENT_HEADER_BYTES;
  #length = SEGMENT_HEADER_BYTES;
  #sequence: number;
  #fd = -1;
  /** The open segment has its name in the directory for good. */
  #named = false;
  /** Durable bytes of the segment, and how many are allocated. */
  #offset = 0;
  #allocated = 0;
  /** Records of the group, and durable since start. */
  #groupRecords = 0;
  #records = 0;
  #error: NodeJS.ErrnoException | null = null;

  constructor(options: SpoolWriterOptions) {
    this.#directory = options.directory;
    this.#node = options.node;
    this.#sequence = options.sequence;
    this.#segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
    this.#allocationBytes = Math.min(ALLOCATION_BYTES, blocksUp(this.#segmentBytes));
    this.#clock = options.clock;
    this.#files = options.files ?? systemFiles;
    const groupBytes = options.groupBytes ?? DEFAULT_GROUP_BYTES;
    // Beside the frames: the mark, what leads in the first block and what fills the last one.
    this.#group = alignedBuffer(groupBytes + GROUP_MARK_BYTES + 2 * BLOCK_BYTES);
    this.#groupEnd = groupBytes + GROUP_MARK_BYTES;
  }

  /** Everything before this place is durable. */
  get position(): SpoolPosition {
    return { sequence: this.#sequence, offset: this.#offset };
  }

  /** Records made durable since start. */
  get records(): number {
    return this.#records;
  }

  /** Bytes appended and not yet durable. */
  get pendingBytes(): number {
    return this.#length - this.#lead;
  }

  /** Why the last commit failed; null when it did not. */
  get error(): NodeJS.ErrnoException | null {
    return this.#error;
  }

  /** How many blocks of at most `blockBytes` the group takes now; 0: commit first. */
  room(blockBytes: number): number {
    const used = Math.max(GROUP_MARK_BYTES, this.pendingBytes);
    return Math.floor((this.#groupEnd - used) / blockBytes);
  }

  /** Adds the frames of `records`, `frames[start, end)`; false when the group has no room. */
  append(records: number, frames: Buffer, start: number, end: number): boolean {
    const used = Math.max(GROUP_MARK_BYTES, this.pendingBytes);
    if (used + end - start > this.#groupEnd) return false;
    if (this.#groupRecords === 0) {
      this.#length = writeGroupMark(this.#group, this.#lead, this.#clock.wallMs());
    }
    this.#length += frames.copy(this.#group, this.#length, start, end);
    this.#groupRecords += records;
    return true;
  }

  /** Writes the group and makes it durable. False: it is kept, {@link error} says why. */
  commit(): boolean {
    if (this.#groupRecords === 0) return this.#error === null;
    try {
      this.#open();
      this.#writeGroup();
    } catch (error) {
      this.#error = error as NodeJS.ErrnoException;
      return false;
    }
    this.#records += this.#groupRecords;
    this.#groupRecords = 0;
    this.#error = null;
    if (this.#offset >= this.#segmentBytes) this.#seal();
    return true;
  }

  /** Commits and closes the segment. False: the last commit failed, its records are not durable. */
  close(): boolean {
    const done = this.commit();
    if (this.#fd !== -1 && !(done && this.#seal())) this.#files.close(this.#fd);
    this.#fd = -1;
    return done;
  }

  /** Sees to it that the segment's file and its name are there for good. */
  #open(): void {
    if (this.#fd === -1) {
      if (this.#offset > 0) {
        this.#sequence++;
        this.#offset = 0;
      }
      this.#fd = this.#files.create(join(this.#directory, segmentName(this.#node, this.#sequence)));
      this.#allocated = 0;
      this.#named = false;
      segmentHeader(this.#clock.wallMs()).copy(this.#group);
    }
    // After a failure here the file is there: it is never removed, a reader may hold it already.
    if (!this.#named) this.#files.syncDirectory(this.#directory);
    this.#named = true;
  }

  #writeGroup(): void {
    const end = blocksUp(this.#length);
    this.#group.fill(0, this.#length, end);
    const position = this.#offset === 0 ? 0 : this.#offset - this.#lead;
    this.#allocate(position + end);
    this.#writeFully(this.#group, end, position);
    this.#files.fdatasync(this.#fd);
    this.#allocated = Math.max(this.#allocated, position + end);
    this.#offset = position + this.#length;
    this.#begin(this.#length);
  }

  /** Begins a group behind `durable` bytes of the buffer. */
  #begin(durable: number): void {
    const block = durable - (durable % BLOCK_BYTES);
    this.#group.copyWithin(0, block, durable);
    this.#lead = durable - block;
    this.#length = this.#lead;
  }

  #allocate(needed: number): void {
    try {
      while (this.#allocated < needed) {
        this.#writeFully(ZEROS, this.#allocationBytes, this.#allocated);
        this.#allocated += this.#allocationBytes;
      }
    } catch (error) {
      // What is left of a full disk may still do for the group.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }

  /**
   * Cuts the segment to its frames and closes it: what it holds is final. When that fails the
   * segment goes on, and is cut behind the next group.
   */
  #seal(): boolean {
    try {
      this.#files.truncate(this.#fd, this.#offset);
      // Zeros behind the frames of a segment that is followed by another would be damage.
      this.#files.fdatasync(this.#fd);
    } catch {
      this.#allocated = blocksUp(this.#offset);
      return false;
    }
    this.#files.close(this.#fd);
    this.#fd = -1;
    this.#lead = SEGMENT_HEADER_BYTES;
    this.#length = SEGMENT_HEADER_BYTES;
    return true;
  }

  #writeFully(bytes: Buffer, length: number, position: number): void {
    let done = 0;
    while (done < length) {
      const written = this.#files.write(this.#fd, bytes, done, length - done, position + done);
      const next = Math.min(length, done + written);
      if (next === length) return;
      // Direct I/O goes on at the beginning of a block only; a disk that takes less is full.
      if (next - done < BLOCK_BYTES) {
        throw Object.assign(new Error('ENOSPC: short write'), { code: 'ENOSPC', errno: -28 });
      }
      done = next - (next % BLOCK_BYTES);
    }
  }
}
