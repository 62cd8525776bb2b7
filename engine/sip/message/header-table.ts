// The header lines of one message as offsets, in reusable arrays: one pass over the header section.
// RFC 3261 7.3.1: field-name HCOLON field-value CRLF; a line that starts with white space continues
// the value before it. A line may end in LF alone, so that no LF ever stands inside a value unless
// it is part of a fold; a CR alone is an error.
import { COLON, CR, FOLD, HTAB, LF, LWS, SP } from './bytes.ts';
import { findHeaderId, HEADER_ID_COUNT, HeaderId, SINGLE_HEADER } from './header-names.ts';
import type { ParseError } from './parse-result.ts';
import { MAX_HEADER_BYTES, MAX_HEADERS } from '../../base/limits.ts';

export class HeaderTable {
  count = 0;
  /** First thing found wrong in the header section; scanning goes on behind it. */
  error: ParseError = '';
  readonly nameStart: Int32Array = new Int32Array(MAX_HEADERS);
  readonly nameEnd: Int32Array = new Int32Array(MAX_HEADERS);
  readonly valueStart: Int32Array = new Int32Array(MAX_HEADERS);
  readonly valueEnd: Int32Array = new Int32Array(MAX_HEADERS);
  readonly id: Uint8Array = new Uint8Array(MAX_HEADERS);
  /** Index of the next header with the same id, -1 at the last. */
  readonly next: Int16Array = new Int16Array(MAX_HEADERS);
  /** Index of the first header of each id, -1 when there is none. */
  readonly first: Int16Array = new Int16Array(HEADER_ID_COUNT).fill(-1);
  readonly #last = new Int16Array(HEADER_ID_COUNT);

  clear(): void {
    for (let i = 0; i < this.count; i++) this.first[this.id[i]!] = -1;
    this.count = 0;
    this.error = '';
  }

  /**
   * Reads header lines from `pos` to the empty line.
   * @returns the position after the empty line, or `end` (with an error) when there is none
   */
  scan(buf: Buffer, pos: number, end: number): number {
    while (pos < end) {
      const first = buf[pos]!;
      if (first === LF) return pos + 1;
      if (first === CR && pos + 1 < end && buf[pos + 1] === LF) return pos + 2;
      const nameStart = pos;
      while (pos < end && FOLD[buf[pos]!] !== 0) pos++;
      const nameEnd = pos;
      while (pos < end && (buf[pos] === SP || buf[pos] === HTAB)) pos++;
      const named = pos < end && nameEnd > nameStart && buf[pos] === COLON;
      const valueStart = named ? pos + 1 : pos;
      pos = this.#endOfField(buf, valueStart, end);
      if (!named) this.#fail('Bad Header Line');
      else if (pos - nameStart > MAX_HEADER_BYTES) this.#fail('Header Too Long');
      else if (this.count === MAX_HEADERS) this.#fail('Too Many Headers');
      else this.#add(buf, nameStart, nameEnd, valueStart, pos);
    }
    this.#fail('Header Section Not Ended');
    return end;
  }

  /** The position after the last line of the field whose value begins at `pos`. */
  #endOfField(buf: Buffer, pos: number, end: number): number {
    for (; pos < end; pos++) {
      // Control bytes are rare: one comparison for every other byte.
      const byte = buf[pos]!;
      if (byte > CR) continue;
      if (byte === LF) {
        if (pos + 1 < end && (buf[pos + 1] === SP || buf[pos + 1] === HTAB)) continue;
        return pos + 1;
      }
      if (byte === CR && (pos + 1 >= end || buf[pos + 1] !== LF)) this.#fail('Bare CR in Header');
    }
    return end;
  }

  #add(buf: Buffer, nameStart: number, nameEnd: number, from: number, to: number) {
    while (from < to && LWS[buf[from]!] === 1) from++;
    while (to > from && LWS[buf[to - 1]!] === 1) to--;
    const id = findHeaderId(buf, nameStart, nameEnd);
    const index = this.count++;
    this.id[index] = id;
    this.nameStart[index] = nameStart;
    this.nameEnd[index] = nameEnd;
    this.valueStart[index] = from;
    this.valueEnd[index] = to;
    this.next[index] = -1;
    if (this.first[id] === -1) {
      this.first[id] = index;
    } else {
      this.next[this.#last[id]!] = index;
      if (id !== HeaderId.Other && SINGLE_HEADER[id] === 1) this.#fail('Repeated Header');
    }
    this.#last[id] = index;
  }

  #fail(error: ParseError): void {
    if (this.error === '') this.error = error;
  }
}
