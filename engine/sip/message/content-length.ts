// Where a message ends on a stream: its Content-Length, read without parsing the rest
// (RFC 3261 18.3, 20.14). Full name or `l`, folds followed; two that differ are a trap, not a
// length.
import * as bytes from './bytes.ts';

const { COLON, HTAB, LF, SP } = bytes;
const { equalsFolded, findByte, parseDecimal, skipLws, trimEnd, word } = bytes;

const NAME = word('content-length');
const COMPACT = word('l');
const MAX_LENGTH = 0x7fffffff;

/** The header has no Content-Length, which a stream cannot do without. */
export const LENGTH_MISSING = -1;
/** It is no number, or there are several. */
const LENGTH_BAD = -2;

/** @param end of the header, after the CRLF of its last line */
export function contentLength(buf: Buffer, start: number, end: number): number {
  let found = LENGTH_MISSING;
  let pos = findByte(buf, start, end, LF) + 1;
  while (pos < end) {
    let next = findByte(buf, pos, end, LF) + 1;
    while (next < end && (buf[next] === SP || buf[next] === HTAB)) {
      next = findByte(buf, next, end, LF) + 1;
    }
    const folded = buf[pos]! | 0x20;
    if (folded === 0x63 || folded === 0x6c) {
      const value = lengthInLine(buf, pos, Math.min(next, end));
      if (value === LENGTH_BAD || (found >= 0 && value >= 0 && value !== found)) return LENGTH_BAD;
      if (value >= 0) found = value;
    }
    pos = next;
  }
  return found;
}

/** The value of a header line when it is a Content-Length, else LENGTH_MISSING. */
function lengthInLine(buf: Buffer, pos: number, end: number): number {
  const colon = findByte(buf, pos, end, COLON);
  const nameEnd = trimEnd(buf, pos, colon);
  const named = equalsFolded(buf, pos, nameEnd, NAME) || equalsFolded(buf, pos, nameEnd, COMPACT);
  if (colon === end || !named) return LENGTH_MISSING;
  const from = skipLws(buf, colon + 1, end);
  const value = parseDecimal(buf, from, trimEnd(buf, from, end), MAX_LENGTH);
  return value < 0 ? LENGTH_BAD : value;
}
