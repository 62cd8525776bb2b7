// Makes the newest segment of a node whole again after a crash: what a write left unfinished
// behind the last good frame is cut off. Runs once, before the writer opens the next segment.
import { closeSync, fstatSync, fsyncSync, ftruncateSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SegmentCursor } from './segment-cursor.ts';
import { listSegments, SEGMENT_HEADER_BYTES, segmentName } from './spool-segment.ts';

export interface Recovery {
  /** Sequence of the newest segment, 0 when there is none. */
  readonly sequence: number;
  /** Good frames in it. */
  readonly frames: number;
  /** Bytes cut from its end. They were never part of a completed fsync, or are damaged. */
  readonly cutBytes: number;
}

/** @throws the system's errors: without a readable spool the edge must not take calls. */
export function recoverSpool(directory: string, node: string): Recovery {
  const sequence = listSegments(directory, node).at(-1);
  if (sequence === undefined) return { sequence: 0, frames: 0, cutBytes: 0 };
  const fd = openSync(join(directory, segmentName(node, sequence)), 'r+');
  try {
    const size = fstatSync(fd).size;
    const { frames, end } = measure(fd, size);
    const cutBytes = Math.max(0, size - end);
    if (cutBytes > 0) {
      ftruncateSync(fd, end);
      fsyncSync(fd);
    }
    return { sequence, frames, cutBytes };
  } finally {
    closeSync(fd);
  }
}

/** Counts good frames; `end` is where the last of them ends. */
function measure(fd: number, size: number): { frames: number; end: number } {
  const cursor = new SegmentCursor();
  cursor.open(fd, SEGMENT_HEADER_BYTES);
  let frames = 0;
  for (;;) {
    const step = cursor.step(size);
    if (step === 'end') return { frames, end: cursor.offset };
    if (step === 'frame') frames++;
  }
}
