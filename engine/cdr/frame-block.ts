// The records of a shard's turn as frames (frame.ts), back to back, which are copied as a whole
// from there to the spool. Checksums come in the end, all in a row: their tables are 8 kB, which a
// call would find cold each time. ring-sink.ts fills it, the recorder appends it to a group
// (spool-writer.ts).
import { FRAME_HEADER_BYTES, layFrame, sealFrame } from './frame.ts';

/** Holds the longest record (record-encoder.ts, call-state-encoder.ts) and many usual ones. */
export const FRAME_BLOCK_BYTES = 65_536;

export class FrameBlock {
  /** The frames are `bytes[0, length)`, whole after `seal`. */
  readonly bytes = Buffer.alloc(FRAME_BLOCK_BYTES);
  length = 0;
  records = 0;

  /** Adds the record `payload[start, end)`; false when it does not fit. */
  add(kind: number, version: number, payload: Buffer, start: number, end: number): boolean {
    if (this.length + FRAME_HEADER_BYTES + end - start > FRAME_BLOCK_BYTES) return false;
    this.length = layFrame(this.bytes, this.length, kind, version, payload, start, end);
    this.records++;
    return true;
  }

  /** Adds the checksums; a block is sealed once. */
  seal(): void {
    for (let at = 0; at < this.length;) at = sealFrame(this.bytes, at);
  }

  clear(): void {
    this.length = 0;
    this.records = 0;
  }
}
