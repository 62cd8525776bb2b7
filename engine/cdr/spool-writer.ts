// Appends records to the spool in groups: `append` gathers frames in memory, `commit` writes them
// with one write and makes them durable with one fdatasync. The recorder calls it (recorder.ts).
//
// A failure (disk full, read-only, I/O error) is a state, not a crash: the group stays in memory
// and the next `commit` writes the same bytes at the same place again. That also covers a failed
// fdatasync, after which Linux may have dropped the dirty pages: nothing is kept by them alone.
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { FRAME_HEADER_BYTES, MAX_PAYLOAD_BYTES, writeFrame } from './frame.ts';
import type { SpoolFiles } from './spool-files.ts';
import { systemFiles } from './spool-files.ts';
import type { SpoolPosition } from './spool-segment.ts';
import { segmentHeader, segmentName } from './spool-segment.ts';

export interface SpoolWriterOptions {
  /** Directory of the segments; it exists. */
  readonly directory: string;
  readonly node: string;
  /** Sequence of the first segment to write: one above what recovery found. */
  readonly sequence: number;
  /** A segment that has reached this size is followed by the next. Default 64 MiB. */
  readonly segmentBytes?: number;
  /** Size of the group buffer. Default 4 MiB. */
  readonly groupBytes?: number;
  /** Its wall time stamps new segments. */
  readonly clock: Clock;
  readonly files?: SpoolFiles;
}

const DEFAULT_SEGMENT_BYTES = 64 << 20;
const DEFAULT_GROUP_BYTES = 4 << 20;

export class SpoolWriter {
  readonly #directory: string;
  readonly #node: string;
  readonly #segmentBytes: number;
  readonly #files: SpoolFiles;
  readonly #group: Buffer;
  #groupLength = 0;
  readonly #clock: Clock;
  #sequence: number;
  #header: Buffer = Buffer.alloc(0);
  #fd = -1;
  /** Durable bytes of the open segment. */
  #offset = 0;
  /** Records of the group, and durable since start. */
  #groupRecords = 0;
  #records = 0;
  #error: NodeJS.ErrnoException | null = null;

  constructor(options: SpoolWriterOptions) {
    this.#directory = options.directory;
    this.#node = options.node;
    this.#sequence = options.sequence;
    this.#segmentBytes = options.segmentBytes ?? DEFAULT_SEGMENT_BYTES;
    this.#clock = options.clock;
    this.#files = options.files ?? systemFiles;
    this.#group = Buffer.allocUnsafeSlow(options.groupBytes ?? DEFAULT_GROUP_BYTES);
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
    return this.#groupLength;
  }

  /** Why the last commit failed; null when it did not. */
  get error(): NodeJS.ErrnoException | null {
    return this.#error;
  }

  /** How many records of at most `payloadBytes` the group takes now; 0: commit first. */
  room(payloadBytes: number): number {
    const free = this.#group.length - this.#groupLength;
    return Math.floor(free / (FRAME_HEADER_BYTES + payloadBytes));
  }

  /** Adds one record, `payload[start, end)`, to the group; false when it does not fit. */
  append(kind: number, version: number, payload: Buffer, start: number, end: number): boolean {
    const at = this.#groupLength;
    const frameBytes = FRAME_HEADER_BYTES + end - start;
    if (end - start > MAX_PAYLOAD_BYTES || at + frameBytes > this.#group.length) return false;
    this.#groupLength = writeFrame(this.#group, at, kind, version, payload, start, end);
    this.#groupRecords++;
    return true;
  }

  /** Writes the group and makes it durable. False: it is kept, {@link error} says why. */
  commit(): boolean {
    if (this.#groupLength === 0) return this.#error === null;
    try {
      this.#rotateWhenFull();
      this.#writeFully(this.#group, this.#groupLength, this.#offset);
      this.#files.fdatasync(this.#fd);
    } catch (error) {
      this.#error = error as NodeJS.ErrnoException;
      return false;
    }
    this.#offset += this.#groupLength;
    this.#records += this.#groupRecords;
    this.#groupLength = 0;
    this.#groupRecords = 0;
    this.#error = null;
    return true;
  }

  /** Commits and closes the segment. False: the last commit failed, its records are not durable. */
  close(): boolean {
    const done = this.commit();
    if (this.#fd !== -1) this.#files.close(this.#fd);
    this.#fd = -1;
    return done;
  }

  #rotateWhenFull(): void {
    if (this.#offset >= this.#segmentBytes) {
      this.#files.close(this.#fd);
      this.#fd = -1;
      this.#offset = 0;
      this.#sequence++;
    }
    if (this.#offset === 0) this.#openSegment();
  }

  /** Makes the file, its header and its name durable before the first frame goes in. */
  #openSegment(): void {
    // After a failure below the file is there: it is never removed, a reader may hold it already.
    if (this.#fd === -1) {
      this.#fd = this.#files.create(join(this.#directory, segmentName(this.#node, this.#sequence)));
      this.#header = segmentHeader(this.#clock.wallMs());
    }
    this.#writeFully(this.#header, this.#header.length, 0);
    this.#files.fdatasync(this.#fd);
    this.#files.syncDirectory(this.#directory);
    this.#offset = this.#header.length;
  }

  #writeFully(bytes: Buffer, length: number, position: number): void {
    let done = 0;
    while (done < length) {
      done += this.#files.write(this.#fd, bytes, done, length - done, position + done);
    }
  }
}
