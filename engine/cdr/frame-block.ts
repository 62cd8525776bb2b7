// The records of a shard's turn as frames (frame.ts), back to back: checksummed in the shard while
// their bytes are in its caches, and copied as a whole from there to the spool.
// ring-sink.ts fills it, the recorder appends it to a group (spool-writer.ts).
import { FRAME_HEADER_BYTES, writeFrame } from './frame.ts';

/** Holds the longest record (record-encoder.ts, call-state-encoder.ts) and many usual ones. */
export const FRAME_BLOCK_BYTES = 65_536;

export class FrameBlock {
  /** The frames are `bytes[0, length)`. */
  readonly bytes = Buffer.alloc(FRAME_BLOCK_BYTES);
  length = 0;
  records = 0;

  /** Adds the record `payload[start, end)`; false when it does not fit. */
  add(kind: number, version: number, payload: Buffer, start: number, end: number): boolean {
    if (this.length + FRAME_HEADER_BYTES + end - start > FRAME_BLOCK_BYTES) return false;
    this.length = writeFrame(this.bytes, this.length, kind, version, payload, start, end);
    this.records++;
    return true;
  }

  clear(): void {
    this.length = 0;
    this.records = 0;
  }
}
