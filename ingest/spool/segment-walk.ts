// Walks one segment frame by frame for the spool command: every record with its place and the time
// of its group, every damaged range, and a summary. It looks at a growing segment as a reader does:
// what may be a write under way is no damage.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { FRAME_HEADER_BYTES, FRAME_KIND_AT, FRAME_VERSION_AT } from '../../engine/cdr/frame.ts';
import { groupTimeMs, isGroupMark } from '../../engine/cdr/group-mark.ts';
import { SegmentCursor } from '../../engine/cdr/segment-cursor.ts';
import {
  checkSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentCreatedAtMs,
  segmentName,
} from '../../engine/cdr/spool-segment.ts';
import type { HeaderState } from '../../engine/cdr/spool-segment.ts';
import { writtenEnd } from '../../engine/cdr/written-end.ts';

/** A record in its segment; `payload[start, end)` is valid during the call. */
export interface RecordPlace {
  readonly sequence: number;
  readonly offset: number;
  /** When its group was begun, epoch milliseconds; 0 in segments of format 1. */
  readonly groupMs: number;
  readonly kind: number;
  readonly version: number;
  readonly payload: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface Visitor {
  record?(place: RecordPlace): void;
  /** A place where reading may begin: behind the header, at each mark, behind each frame. */
  boundary?(offset: number, groupMs: number): void;
}

export interface SegmentSummary {
  readonly sequence: number;
  readonly header: HeaderState | 'none';
  readonly createdMs: number;
  /** Bytes up to the last frame, and of the whole file. */
  readonly bytes: number;
  readonly fileBytes: number;
  readonly groups: number;
  /** Records of each kind. */
  readonly kinds: ReadonlyMap<number, number>;
  /** Times of the first and the last group; 0 without one. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Byte ranges without a good frame. */
  readonly damages: readonly { readonly first: number; readonly last: number }[];
  /** Bytes behind the last frame of the growing segment that are not zeros. */
  readonly tornBytes: number;
}

/**
 * @param growing it is the newest segment of its node.
 * @throws the system's errors.
 */
export function walkSegment(
  directory: string,
  node: string,
  sequence: number,
  growing: boolean,
  visitor: Visitor,
): SegmentSummary {
  const fd = openSync(join(directory, segmentName(node, sequence)), 'r');
  try {
    return new Walk(fd, sequence, growing, visitor).run();
  } finally {
    closeSync(fd);
  }
}

class Walk {
  readonly #fd: number;
  readonly #sequence: number;
  readonly #growing: boolean;
  readonly #visitor: Visitor;
  readonly #cursor = new SegmentCursor();
  readonly #kinds = new Map<number, number>();
  readonly #damages: { first: number; last: number }[] = [];
  #groups = 0;
  #firstMs = 0;
  #lastMs = 0;

  constructor(fd: number, sequence: number, growing: boolean, visitor: Visitor) {
    this.#fd = fd;
    this.#sequence = sequence;
    this.#growing = growing;
    this.#visitor = visitor;
  }

  run(): SegmentSummary {
    const { size } = fstatSync(this.#fd);
    const { header, createdMs } = this.#header(size);
    // Another format may mean anything by its bytes.
    const end = header === 'future' || header === 'none' ? 0 : this.#frames(size);
    const rest = header === 'future' ? 0 : writtenEnd(this.#fd, end, size) - end;
    const sealed = !this.#growing && header !== 'future' && size > end;
    if (sealed) this.#damages.push({ first: end, last: size });
    return {
      sequence: this.#sequence,
      header,
      createdMs,
      bytes: header === 'future' ? size : end,
      fileBytes: size,
      groups: this.#groups,
      kinds: this.#kinds,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      damages: this.#damages,
      tornBytes: this.#growing ? rest : 0,
    };
  }

  #header(size: number): { header: HeaderState | 'none'; createdMs: number } {
    const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
    const got = readSync(this.#fd, bytes, 0, SEGMENT_HEADER_BYTES, 0);
    // The header comes with the first group.
    const none = size === 0 || (this.#growing && bytes.every((byte) => byte === 0));
    if (none) return { header: 'none', createdMs: 0 };
    const header = got < SEGMENT_HEADER_BYTES ? 'damaged' : checkSegmentHeader(bytes);
    if (header === 'damaged') this.#damages.push({ first: 0, last: got });
    return { header, createdMs: header === 'good' ? segmentCreatedAtMs(bytes) : 0 };
  }

  /** @returns the place behind the last frame. */
  #frames(size: number): number {
    const cursor = this.#cursor;
    cursor.open(this.#fd, SEGMENT_HEADER_BYTES);
    this.#visitor.boundary?.(SEGMENT_HEADER_BYTES, 0);
    for (;;) {
      const before = cursor.offset;
      if (cursor.next(size)) {
        this.#frame(before);
        continue;
      }
      const step = this.#growing ? cursor.passDamage(size) : cursor.step(size);
      if (step === 'end') return before;
      if (step === 'frame') this.#frame(before);
      else this.#damages.push({ first: before, last: cursor.offset });
    }
  }

  #frame(offset: number): void {
    const { bytes, start, end } = this.#cursor;
    if (isGroupMark(bytes, start)) {
      this.#groups++;
      this.#lastMs = groupTimeMs(bytes, start);
      if (this.#groups === 1) this.#firstMs = this.#lastMs;
      this.#visitor.boundary?.(offset, this.#lastMs);
    } else {
      const kind = bytes[start + FRAME_KIND_AT]!;
      this.#kinds.set(kind, (this.#kinds.get(kind) ?? 0) + 1);
      const version = bytes[start + FRAME_VERSION_AT]!;
      const place = { sequence: this.#sequence, offset, groupMs: this.#lastMs, kind, version };
      this.#visitor.record?.({ ...place, payload: bytes, start: start + FRAME_HEADER_BYTES, end });
    }
    this.#visitor.boundary?.(this.#cursor.offset, this.#lastMs);
  }
}
