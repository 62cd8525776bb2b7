// The header lines of one message as offsets, in reusable arrays: one pass over the header section.
// RFC 3261 7.3.1: field-name HCOLON field-value CRLF; a line that starts with white space continues
// the value before it. A line may end in LF alone, so that no LF ever stands inside a value unless
// it is part of a fold; a CR alone is an error.
import * as bytes from './bytes.ts';
import { findHeaderId, HEADER_ID_COUNT, HeaderId, SINGLE_HEADER } from './header-names.ts';
import type { ParseError } from './parse-result.ts';
import { MAX_HEADER_BYTES, MAX_HEADERS } from '../../base/limits.ts';

// Constants of this module: see bytes.ts.
const SINGLE = SINGLE_HEADER;
const { Other } = HeaderId;
const { COLON, CR, HTAB, LF, SP } = bytes;
const { skipLws, skipToken, trimEnd } = bytes;

// The columns of a row, side by side: a header is written and read in one place of memory.
const NAME_START = 0;
const NAME_END = 1;
const VALUE_START = 2;
const VALUE_END = 3;
const ID = 4;
const NEXT = 5;
const PLAIN = 6;
/** A row has 8 columns. */
const ROW_SHIFT = 3;

export class HeaderTable {
  count = 0;
  /** First thing found wrong in the header section; scanning goes on behind it. */
  error: ParseError = '';
  readonly #rows = new Int32Array(MAX_HEADERS << ROW_SHIFT);
  readonly #first = new Int16Array(HEADER_ID_COUNT).fill(-1);
  readonly #last = new Int16Array(HEADER_ID_COUNT);

  clear(): void {
    for (let i = 0; i < this.count; i++) this.#first[this.id(i)] = -1;
    this.count = 0;
    this.error = '';
  }

  /** Index of the first header of that id, -1 when there is none. */
  first(id: HeaderId): number {
    return this.#first[id]!;
  }

  /** Index of the next header with the same id as the one at `index`, -1 at the last. */
  next(index: number): number {
    return this.#rows[(index << ROW_SHIFT) + NEXT]!;
  }

  id(index: number): HeaderId {
    return this.#rows[(index << ROW_SHIFT) + ID]! as HeaderId;
  }

  nameStart(index: number): number {
    return this.#rows[(index << ROW_SHIFT) + NAME_START]!;
  }

  nameEnd(index: number): number {
    return this.#rows[(index << ROW_SHIFT) + NAME_END]!;
  }

  /** The value without white space around it. */
  valueStart(index: number): number {
    return this.#rows[(index << ROW_SHIFT) + VALUE_START]!;
  }

  valueEnd(index: number): number {
    return this.#rows[(index << ROW_SHIFT) + VALUE_END]!;
  }

  /** Whether the field is one line that ends in CR LF: its value then holds no fold. */
  isPlain(index: number): boolean {
    return this.#rows[(index << ROW_SHIFT) + PLAIN] === 1;
  }

  /**
   * Reads header lines from `pos` to the empty line.
   * @returns the position after the empty line, or `end` (with an error) when there is none
   */
  scan(buf: Buffer, pos: number, end: number): number {
    while (pos < end) {
      const start = pos;
      const first = buf[pos]!;
      if (first === LF) return pos + 1;
      if (first === CR && pos + 1 < end && buf[pos + 1] === LF) return pos + 2;
      const nameEnd = endOfName(buf, pos, end);
      const colon = skipBlanks(buf, nameEnd, end);
      const textEnd = endOfText(buf, colon, end);
      const isPlain = endsField(buf, textEnd, end);
      pos = isPlain ? textEnd + 2 : this.#endOfField(buf, textEnd, end);
      if (colon === end || buf[colon] !== COLON) this.#fail('Bad Header Line');
      else this.#add(buf, start, nameEnd, colon, pos, isPlain);
    }
    this.#fail('Header Section Not Ended');
    return end;
  }

  /** The position after the last line of the field that `pos` stands in: any way to end it. */
  #endOfField(buf: Buffer, pos: number, end: number): number {
    for (; pos < end; pos++) {
      const byte = buf[pos]!;
      if (byte === LF) {
        if (pos + 1 < end && (buf[pos + 1] === SP || buf[pos + 1] === HTAB)) continue;
        return pos + 1;
      }
      if (byte === CR && (pos + 1 >= end || buf[pos + 1] !== LF)) this.#fail('Bare CR in Header');
    }
    return end;
  }

  /** Keeps the field `start..end`, line end included. */
  #add(
    buf: Buffer,
    start: number,
    nameEnd: number,
    colon: number,
    end: number,
    isPlain: boolean,
  ): void {
    const id = nameEnd === start ? Other : findHeaderId(buf, start, nameEnd);
    if (id === Other && !isToken(buf, start, nameEnd)) {
      this.#fail('Bad Header Line');
      return;
    }
    if (end - start > MAX_HEADER_BYTES) {
      this.#fail('Header Too Long');
      return;
    }
    if (this.count === MAX_HEADERS) {
      this.#fail('Too Many Headers');
      return;
    }
    const textEnd = isPlain ? end - 2 : end;
    const valueStart = skipLws(buf, colon + 1, textEnd);
    const index = this.count++;
    const rows = this.#rows;
    const row = index << ROW_SHIFT;
    rows[row + NAME_START] = start;
    rows[row + NAME_END] = nameEnd;
    rows[row + VALUE_START] = valueStart;
    rows[row + VALUE_END] = trimEnd(buf, valueStart, textEnd);
    rows[row + ID] = id;
    rows[row + NEXT] = -1;
    rows[row + PLAIN] = isPlain ? 1 : 0;
    if (this.#first[id] === -1) {
      this.#first[id] = index;
    } else {
      rows[(this.#last[id]! << ROW_SHIFT) + NEXT] = index;
      if (SINGLE[id] === 1) this.#fail('Repeated Header');
    }
    this.#last[id] = index;
  }

  #fail(error: ParseError): void {
    if (this.error === '') this.error = error;
  }
}

// The scanners of the usual line. Each is one short loop that calls nothing: the compiler then
// keeps the buffer's address in a register, which halves the time per byte (measured).

/** Up to the colon, or to a byte that can stand in no name. */
function endOfName(buf: Buffer, pos: number, end: number): number {
  let byte = buf[pos]!;
  while (byte !== COLON && byte > SP && ++pos < end) byte = buf[pos]!;
  return pos;
}

function skipBlanks(buf: Buffer, pos: number, end: number): number {
  while (pos < end && (buf[pos] === SP || buf[pos] === HTAB)) pos++;
  return pos;
}

/** Up to the first control byte that could end a line, or `end`. */
function endOfText(buf: Buffer, pos: number, end: number): number {
  if (pos >= end) return end;
  let byte = buf[pos]!;
  while (byte > CR && ++pos < end) byte = buf[pos]!;
  return pos;
}

/** Whether CR LF stands at `pos`, and no fold after it. */
function endsField(buf: Buffer, pos: number, end: number): boolean {
  if (pos + 2 >= end || buf[pos] !== CR || buf[pos + 1] !== LF) return false;
  const next = buf[pos + 2]!;
  return next !== SP && next !== HTAB;
}

function isToken(buf: Buffer, start: number, end: number): boolean {
  return end > start && skipToken(buf, start, end) === end;
}
