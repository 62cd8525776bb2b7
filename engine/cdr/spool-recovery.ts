// Makes the newest segment of a node whole again after a crash: what a write left unfinished
// behind the last good frame is cut off, with the zeros that the segment was allocated with. Runs
// once, before the writer opens the next segment.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { isGroupMark } from './group-mark.ts';
import { SegmentCursor } from './segment-cursor.ts';
import {
  checkSegmentHeader,
  listSegments,
  SEGMENT_HEADER_BYTES,
  segmentName,
} from './spool-segment.ts';
import { writtenEnd } from './written-end.ts';

export interface Recovery {
  /** Sequence of the newest segment, 0 when there is none. */
  readonly sequence: number;
  /** Records in it. */
  readonly records: number;
  /** Bytes cut from its end, zeros aside. They were never part of a completed fsync. */
  readonly cutBytes: number;
}

/** @throws the system's errors: without a readable spool the edge must not take calls. */
export function recoverSpool(directory: string, node: string): Recovery {
  const sequence = listSegments(directory, node).at(-1);
  if (sequence === undefined) return { sequence: 0, records: 0, cutBytes: 0 };
  const fd = openSync(join(directory, segmentName(node, sequence)), 'r+');
  try {
    const size = fstatSync(fd).size;
    const { records, end } = measure(fd, size);
    if (size > end) {
      const cutBytes = writtenEnd(fd, end, size) - end;
      ftruncateSync(fd, end);
      fsyncSync(fd);
      return { sequence, records, cutBytes };
    }
    return { sequence, records, cutBytes: 0 };
  } finally {
    closeSync(fd);
  }
}

/** Counts records; `end` is where the last of them ends: a mark without a record is nothing. */
function measure(fd: number, size: number): { records: number; end: number } {
  const cursor = new SegmentCursor();
  cursor.open(fd, SEGMENT_HEADER_BYTES);
  let records = 0;
  let end = SEGMENT_HEADER_BYTES;
  for (let step = cursor.step(size); step !== 'end'; step = cursor.step(size)) {
    if (step === 'damage' || isGroupMark(cursor.bytes, cursor.start)) continue;
    records++;
    end = cursor.offset;
  }
  // A segment that got no frame got no header either: both go out with one write.
  return { records, end: records === 0 && !hasHeader(fd) ? 0 : end };
}

function hasHeader(fd: number): boolean {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  const got = readSync(fd, header, 0, SEGMENT_HEADER_BYTES, 0);
  return got === SEGMENT_HEADER_BYTES && checkSegmentHeader(header) !== 'damaged';
}
