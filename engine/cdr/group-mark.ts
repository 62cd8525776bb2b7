// The mark that begins each group in a segment: a frame (frame.ts) of a kind of its own, whose
// payload is the wall time of the group's first record, epoch milliseconds, a float64.
// The writer begins a group only when the one before is durable. So whoever reads a growing segment
// and sees a mark knows that everything before it has been whole: a hole in front of a mark is
// damage, one without a mark behind it is a write under way. Its time is for people and tools only.
import { FRAME_HEADER_BYTES, FRAME_KIND_AT, layHeader, sealFrame } from './frame.ts';

const KIND_GROUP = 0;
const VERSION = 1;
const PAYLOAD_BYTES = 8;

export const GROUP_MARK_BYTES = FRAME_HEADER_BYTES + PAYLOAD_BYTES;

/** Writes a mark at `offset` of `target`; returns the offset behind it. */
export function writeGroupMark(target: Buffer, offset: number, wallMs: number): number {
  layHeader(target, offset, KIND_GROUP, VERSION, PAYLOAD_BYTES);
  target.writeDoubleLE(wallMs, offset + FRAME_HEADER_BYTES);
  return sealFrame(target, offset);
}

/** Whether the good frame at `offset` is a mark. */
export function isGroupMark(bytes: Buffer, offset: number): boolean {
  return bytes[offset + FRAME_KIND_AT] === KIND_GROUP;
}

/** Wall time of a mark: a frame for which {@link isGroupMark} is true. */
export function groupTimeMs(bytes: Buffer, offset: number): number {
  return bytes.readDoubleLE(offset + FRAME_HEADER_BYTES);
}
