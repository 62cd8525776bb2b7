// Deletes segments of the spool that are delivered to all consumers. The newest of them are kept
// for a look back, and those that the edge needs to find its open calls after a crash always stay.
import { closeSync, fstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { groupTimeMs, isGroupMark } from '../engine/cdr/group-mark.ts';
import { SegmentCursor } from '../engine/cdr/segment-cursor.ts';
import {
  listSegments,
  SEGMENT_HEADER_BYTES,
  segmentCreatedAtMs,
  segmentName,
} from '../engine/cdr/spool-segment.ts';
import { writtenEnd } from '../engine/cdr/written-end.ts';
import { deliveredToAll } from './delivery-position.ts';

/**
 * Open calls are found in what the edge wrote in its last three minutes of running, and in its last
 * two segments (engine/cdr/open-calls.ts); a minute and a segment more are kept here.
 */
const NEEDED_MS = 240_000;
const NEEDED_SEGMENTS = 3;

/** The last group mark is looked for in this much of the end, then in all. */
const TAIL_BYTES = 256 * 1024;

const cursor = new SegmentCursor();

/**
 * @param delivered sequence of the segment that the caller's delivery is in: those before it can
 * go, unless another consumer has not got that far.
 * @param keep how many of the delivered ones stay.
 * @returns how many were deleted.
 * @throws the system's errors; TandemError TDM_SPOOL_CORRUPT for an unreadable position file.
 */
export function deleteDelivered(
  directory: string,
  node: string,
  delivered: number,
  keep: number,
): number {
  const sequences = listSegments(directory, node);
  const done = sequences.filter((sequence) => sequence < delivered);
  const old = done.slice(0, Math.max(0, done.length - keep));
  if (old.length === 0) return 0;
  const needed = Math.min(deliveredToAll(directory, node), firstNeeded(directory, node, sequences));
  const gone = old.filter((sequence) => sequence < needed);
  for (const sequence of gone) unlinkSync(join(directory, segmentName(node, sequence)));
  return gone.length;
}

/** Sequence of the oldest segment that crash recovery may need. */
function firstNeeded(directory: string, node: string, sequences: readonly number[]): number {
  let runningMs = 0;
  let segments = 0;
  for (const sequence of [...sequences].reverse()) {
    runningMs += writtenForMs(join(directory, segmentName(node, sequence)));
    segments++;
    if (runningMs >= NEEDED_MS && segments >= NEEDED_SEGMENTS) return sequence;
  }
  return 0;
}

/** How long a segment was written to, at least: from its creation to its last group. */
function writtenForMs(path: string): number {
  const fd = openSync(path, 'r');
  try {
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
    if (readSync(fd, header, 0, SEGMENT_HEADER_BYTES, 0) < SEGMENT_HEADER_BYTES) return 0;
    const end = writtenEnd(fd, SEGMENT_HEADER_BYTES, fstatSync(fd).size);
    const tail = Math.max(SEGMENT_HEADER_BYTES, end - TAIL_BYTES);
    const lastMs = lastGroupMs(fd, tail, end) || lastGroupMs(fd, SEGMENT_HEADER_BYTES, end);
    return Math.max(0, lastMs - segmentCreatedAtMs(header));
  } finally {
    closeSync(fd);
  }
}

/** Time of the last group that begins in `[from, end)` of a segment; 0: none does. */
function lastGroupMs(fd: number, from: number, end: number): number {
  let lastMs = 0;
  cursor.open(fd, from);
  for (let step = cursor.step(end); step !== 'end'; step = cursor.step(end)) {
    if (step === 'frame' && isGroupMark(cursor.bytes, cursor.start)) {
      lastMs = groupTimeMs(cursor.bytes, cursor.start);
    }
  }
  return lastMs;
}
