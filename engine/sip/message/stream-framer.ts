// Messages out of a byte stream (RFC 3261 18.3): header up to the empty line, then as many bytes as
// Content-Length says. Chunks may be cut anywhere. Whole messages are handed over where the chunk
// lies; only the beginning of an unfinished one is copied. Between messages CRLF CRLF is a ping
// (RFC 5626 4.4.1), a single CRLF nothing.
import { MAX_MESSAGE_BYTES } from '../../base/limits.ts';
import { CR, LF } from './bytes.ts';
import { contentLength, LENGTH_MISSING } from './content-length.ts';

export const FrameResult = {
  Ok: 0,
  /** The sink had no room: call `resume` before the next chunk. */
  Held: 1,
  /** Nothing more can be read: where the next message begins is not known. */
  NoLength: 2,
  BadLength: 3,
  TooLarge: 4,
} as const;
export type FrameResult = (typeof FrameResult)[keyof typeof FrameResult];

/** Takes what is found; `buf` is valid only during the call. */
export interface FrameSink {
  /** False when there is no room now: the message is kept. */
  message(buf: Buffer, start: number, end: number): boolean;
  ping(): void;
}

const EMPTY = Buffer.alloc(0);
const MIN_KEPT_BYTES = 4096;
const HEADER_END = '\r\n\r\n';

export class StreamFramer {
  readonly #sink: FrameSink;
  /** The beginning of an unfinished message, `#length` bytes of it. */
  #kept: Buffer = EMPTY;
  #length = 0;
  /** How far the end of the header was looked for without success. */
  #searched = 0;
  /** Bytes of the message once its header is there, else 0. */
  #needed = 0;
  /** Empty lines in a row between messages. */
  #emptyLines = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** A part of a message has come, the rest has not. */
  get half(): boolean {
    return this.#length > 0;
  }

  /** Reads a chunk; it may be written again afterwards. */
  push(chunk: Buffer): FrameResult {
    if (this.#length === 0) return this.#read(chunk);
    this.#append(chunk);
    return this.resume();
  }

  /** Goes on after Held. */
  resume(): FrameResult {
    return this.#read(this.#kept.subarray(0, this.#length));
  }

  #read(buf: Buffer): FrameResult {
    let start = 0;
    for (;;) {
      if (this.#needed === 0) {
        start = this.#skipEmptyLines(buf, start);
        const found = this.#findEnd(buf, start);
        if (found !== FrameResult.Ok) return found;
      }
      const end = start + this.#needed;
      if (this.#needed === 0 || end > buf.length) break;
      if (!this.#sink.message(buf, start, end)) {
        this.#keep(buf, start);
        return FrameResult.Held;
      }
      start = end;
      this.#needed = 0;
      this.#searched = 0;
    }
    this.#keep(buf, start);
    return FrameResult.Ok;
  }

  /** Sets `#needed` when the header of the message at `start` is complete. */
  #findEnd(buf: Buffer, start: number): FrameResult {
    const from = start + Math.max(0, this.#searched - HEADER_END.length + 1);
    const headerEnd = buf.indexOf(HEADER_END, from, 'latin1');
    if (headerEnd < 0) {
      this.#searched = buf.length - start;
      return this.#searched > MAX_MESSAGE_BYTES ? FrameResult.TooLarge : FrameResult.Ok;
    }
    const bodyBytes = contentLength(buf, start, headerEnd + 2);
    if (bodyBytes < 0) {
      return bodyBytes === LENGTH_MISSING ? FrameResult.NoLength : FrameResult.BadLength;
    }
    this.#needed = headerEnd + HEADER_END.length - start + bodyBytes;
    return this.#needed > MAX_MESSAGE_BYTES ? FrameResult.TooLarge : FrameResult.Ok;
  }

  #skipEmptyLines(buf: Buffer, pos: number): number {
    for (; pos < buf.length; pos++) {
      const byte = buf[pos];
      if (byte === LF) {
        if (++this.#emptyLines === 2) {
          this.#emptyLines = 0;
          this.#sink.ping();
        }
      } else if (byte !== CR) {
        this.#emptyLines = 0;
        break;
      }
    }
    return pos;
  }

  #append(chunk: Buffer): void {
    const length = this.#length + chunk.length;
    if (length > this.#kept.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(length, this.#kept.length * 2));
      this.#kept.copy(grown, 0, 0, this.#length);
      this.#kept = grown;
    }
    chunk.copy(this.#kept, this.#length);
    this.#length = length;
  }

  /** Keeps what is left from `start` on; `buf` may be a part of what was kept before. */
  #keep(buf: Buffer, start: number): void {
    const rest = buf.length - start;
    if (rest === 0) this.#kept = EMPTY;
    else if (buf.buffer === this.#kept.buffer && buf.byteOffset === this.#kept.byteOffset) {
      this.#kept.copyWithin(0, start, buf.length);
    } else {
      this.#kept = Buffer.allocUnsafeSlow(Math.max(rest, MIN_KEPT_BYTES));
      buf.copy(this.#kept, 0, start);
    }
    this.#length = rest;
  }
}
