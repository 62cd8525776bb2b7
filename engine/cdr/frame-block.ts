// The records of a shard's turn as frames (frame.ts), back to back, which are copied as a whole
// from there to the spool. Encoders write payloads straight into it. Checksums come in the end, all
// in a row: their tables are 16 kB, which a call would find cold each time. ring-sink.ts fills it,
// the recorder appends it to a group (spool-writer.ts).
import { FRAME_HEADER_BYTES, layHeader, MAX_PAYLOAD_BYTES, sealFrame } from './frame.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

/** From here on it is handed over before the next record, which may be the longest there is. */
const FULL_BYTES = 65_536;
/** The most that a block may hold. */
export const FRAME_BLOCK_BYTES = FULL_BYTES + FRAME_HEADER_BYTES + MAX_PAYLOAD_BYTES;

export class FrameBlock {
  /** For the payload of the next record; begin it by `clear`, end it by `add` of the block. */
  readonly writer = new MsgpackWriter(FRAME_BLOCK_BYTES);
  /** The frames are `bytes[0, length)`, whole after `seal`. */
  readonly bytes = this.writer.bytes;
  length = 0;
  records = 0;

  constructor() {
    this.clear();
  }

  /** Hand it over before the next record. */
  get full(): boolean {
    return this.length > FULL_BYTES;
  }

  /** Makes a record of what the writer holds. */
  add(kind: number, version: number): void {
    const { writer } = this;
    layHeader(this.bytes, this.length, kind, version, writer.length - writer.start);
    this.length = writer.length;
    this.records++;
    writer.start = this.length + FRAME_HEADER_BYTES;
  }

  /** Adds the checksums; a block is sealed once. */
  seal(): void {
    for (let at = 0; at < this.length;) at = sealFrame(this.bytes, at);
  }

  clear(): void {
    this.length = 0;
    this.records = 0;
    this.writer.start = FRAME_HEADER_BYTES;
  }
}
