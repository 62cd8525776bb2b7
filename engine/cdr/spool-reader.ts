// Reads the spool of one node from a position on, across segments, and follows its growing end.
// A batch is a byte range of one segment: the same range always yields the same records, which
// makes its name a deduplication token (ingest/delivery.ts).
import { closeSync, fdatasyncSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TandemError } from '../base/errors.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND_AT, FRAME_VERSION_AT } from './frame.ts';
import { isGroupMark } from './group-mark.ts';
import type { Step } from './segment-cursor.ts';
import { SegmentCursor } from './segment-cursor.ts';
import type { SpoolPosition } from './spool-segment.ts';
import {
  checkSegmentHeader,
  listSegments,
  SEGMENT_HEADER_BYTES,
  segmentCreatedAtMs,
  segmentName,
} from './spool-segment.ts';
import { writtenEnd } from './written-end.ts';

/** Takes one record, `payload[start, end)`, valid during the call. False: stop in front of it. */
export type RecordHandler = (
  kind: number,
  version: number,
  payload: Buffer,
  start: number,
  end: number,
) => boolean;

export interface SpoolRange {
  readonly sequence: number;
  /** Byte offsets in the segment: the first inside, the last behind. */
  readonly first: number;
  readonly last: number;
}

export interface SpoolBatch extends SpoolRange {
  /** When the segment was created, by its header: part of the batch's identity. */
  readonly createdAtMs: number;
  readonly records: number;
  /** The handler stopped the batch in front of a record. */
  readonly stopped: boolean;
}

/** Bytes `[first, last)` of a segment that hold no good frame; they are stepped over. */
export type DamageHandler = (damage: SpoolRange) => void;

const NO_HEADER = Buffer.alloc(SEGMENT_HEADER_BYTES);

export class SpoolReader {
  readonly #directory: string;
  readonly #node: string;
  readonly #onDamage: DamageHandler;
  readonly #cursor = new SegmentCursor();
  #sequence: number;
  #offset: number;
  #fd = -1;
  #createdAtMs = 0;
  /** Where the growing segment ended last time; as of when what is behind was looked through. */
  #endedAt = 0;
  #lookedMtimeMs = 0;

  /** @param from where to begin; sequence 0 means the oldest segment. */
  constructor(directory: string, node: string, from: SpoolPosition, onDamage: DamageHandler) {
    this.#directory = directory;
    this.#node = node;
    this.#onDamage = onDamage;
    this.#sequence = from.sequence;
    this.#offset = from.offset;
  }

  get position(): SpoolPosition {
    return { sequence: this.#sequence, offset: this.#offset };
  }

  /**
   * Reads at most `maxRecords` records that are there now; undefined when there is nothing new.
   * @throws TandemError TDM_SPOOL_FUTURE when the segment's format is newer; system's errors.
   */
  readBatch(maxRecords: number, handler: RecordHandler): SpoolBatch | undefined {
    for (;;) {
      const sequences = listSegments(this.#directory, this.#node);
      if (!this.#open(sequences)) return undefined;
      // Asked before the size: once sealed, a segment grows no more.
      const sealed = this.#sequence < sequences.at(-1)!;
      const { size, mtimeMs } = fstatSync(this.#fd);
      const step = sealed
        ? (): Step => this.#cursor.step(size)
        : (): Step => this.#stepGrowing(size, mtimeMs);
      const batch = this.#collect(maxRecords, step, handler);
      if (sealed && !batch.stopped && batch.records < maxRecords) this.#passRest(size);
      if (this.#offset > batch.first || batch.stopped) return { ...batch, last: this.#offset };
      if (!sealed) return undefined;
      this.#leave(this.#sequence + 1);
    }
  }

  /**
   * Reads exactly a range that an earlier batch had, and goes on behind it.
   * Undefined when the segment is gone or ends before the range does.
   */
  readRange(range: SpoolRange, handler: RecordHandler): SpoolBatch | undefined {
    this.#leave(range.sequence);
    this.#offset = range.first;
    const sequences = listSegments(this.#directory, this.#node);
    if (!sequences.includes(range.sequence) || !this.#open(sequences)) return undefined;
    if (fstatSync(this.#fd).size < range.last) return undefined;
    const step = (): Step => this.#cursor.step(range.last);
    const batch = this.#collect(Infinity, step, handler);
    if (!batch.stopped) this.#passRest(range.last);
    return { ...batch, last: this.#offset };
  }

  /** Makes what was read durable: a power cut must not take from the spool what is delivered. */
  sync(): void {
    if (this.#fd !== -1) fdatasyncSync(this.#fd);
  }

  /** Bytes in the spool that are not read yet. */
  lagBytes(): number {
    const sequences = listSegments(this.#directory, this.#node);
    let lag = 0;
    for (const sequence of sequences) {
      if (sequence < this.#sequence) continue;
      const read = sequence === this.#sequence ? this.#offset : 0;
      const from = Math.max(read, SEGMENT_HEADER_BYTES);
      lag += Math.max(0, this.#endOf(sequence, from, sequence === sequences.at(-1)) - from);
    }
    return lag;
  }

  close(): void {
    this.#leave(this.#sequence);
  }

  /** Where a segment ends; the one that grows has zeros behind its frames. */
  #endOf(sequence: number, from: number, growing: boolean): number {
    const path = join(this.#directory, segmentName(this.#node, sequence));
    if (!growing) return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    const fd = openSync(path, 'r');
    try {
      return writtenEnd(fd, from, fstatSync(fd).size);
    } finally {
      closeSync(fd);
    }
  }

  #leave(sequence: number): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
    if (sequence !== this.#sequence) this.#offset = 0;
    this.#sequence = sequence;
  }

  /** Opens the segment of the position, or the next that is there; false when none is. */
  #open(sequences: readonly number[]): boolean {
    if (this.#fd !== -1) return true;
    const sequence = sequences.find((candidate) => candidate >= this.#sequence);
    if (sequence === undefined) return false;
    if (sequence !== this.#sequence) this.#leave(sequence);
    const fd = openSync(join(this.#directory, segmentName(this.#node, sequence)), 'r');
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const got = readSync(fd, header, 0, SEGMENT_HEADER_BYTES, 0);
    const last = sequence === sequences.at(-1);
    // The header comes with the first group, into a block that may be zeros already.
    if (last && (got < SEGMENT_HEADER_BYTES || header.equals(NO_HEADER))) {
      closeSync(fd);
      return false;
    }
    this.#fd = fd;
    this.#createdAtMs = segmentCreatedAtMs(header);
    const state = checkSegmentHeader(header);
    if (state === 'future') {
      this.#leave(sequence);
      const name = segmentName(this.#node, sequence);
      throw new TandemError('TDM_SPOOL_FUTURE', `segment ${name} has a newer format.`);
    }
    // Frames tell for themselves whether they are good: a bad header costs no record.
    if (state === 'damaged' && this.#offset === 0 && got > 0) {
      this.#onDamage({ sequence, first: 0, last: SEGMENT_HEADER_BYTES });
    }
    this.#offset = Math.max(this.#offset, SEGMENT_HEADER_BYTES);
    return true;
  }

  #collect(max: number, step: () => Step, handler: RecordHandler): SpoolBatch {
    const cursor = this.#cursor;
    const first = this.#offset;
    // Anew for each batch: after a read error or a stop the cursor may stand elsewhere.
    cursor.open(this.#fd, first);
    let records = 0;
    let damages = 0;
    let stopped = false;
    while (records < max) {
      const before = cursor.offset;
      const stepped = step();
      if (stepped === 'end') break;
      if (stepped === 'damage') {
        this.#onDamage({ sequence: this.#sequence, first: before, last: cursor.offset });
        damages++;
        continue;
      }
      if (isGroupMark(cursor.bytes, cursor.start)) continue;
      stopped = !this.#hand(handler);
      if (stopped) {
        cursor.open(this.#fd, before);
        break;
      }
      records++;
    }
    // A mark alone is nothing yet: its group comes.
    this.#offset = records + damages === 0 ? first : cursor.offset;
    const { sequence, createdAtMs } = { sequence: this.#sequence, createdAtMs: this.#createdAtMs };
    return { sequence, createdAtMs, first, last: this.#offset, records, stopped };
  }

  /** The end of a segment that grows no more, and is no frame, will never become one. */
  #passRest(size: number): void {
    if (this.#offset >= size) return;
    this.#onDamage({ sequence: this.#sequence, first: this.#offset, last: size });
    this.#offset = size;
  }

  /**
   * Where no frame stands, one may come: the place is damage only when a later group follows. That
   * takes a look through all that is behind it, so it is done when the place was the end before,
   * and once for each time of writing.
   */
  #stepGrowing(size: number, mtimeMs: number): Step {
    const cursor = this.#cursor;
    if (cursor.next(size)) return 'frame';
    if (cursor.offset !== this.#endedAt) {
      this.#endedAt = cursor.offset;
      this.#lookedMtimeMs = 0;
      return 'end';
    }
    if (mtimeMs === this.#lookedMtimeMs) return 'end';
    this.#lookedMtimeMs = mtimeMs;
    return cursor.passDamage(size);
  }

  #hand(handler: RecordHandler): boolean {
    const { bytes, start, end } = this.#cursor;
    return handler(
      bytes[start + FRAME_KIND_AT]!,
      bytes[start + FRAME_VERSION_AT]!,
      bytes,
      start + FRAME_HEADER_BYTES,
      end,
    );
  }
}
