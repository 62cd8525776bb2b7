// Parameters of a header value, one step at a time: ;name, ;name=token, ;name="quoted".
// RFC 3261 25.1: generic-param = token [ EQUAL gen-value ];
//   gen-value = token / host / quoted-string
// The address and Via parsers walk with this; so does everyone who looks for one parameter.
import * as bytes from './bytes.ts';
import { MAX_PARAMETERS } from '../../base/limits.ts';

// Constants of this module: see bytes.ts.
const { DQUOTE, EQUAL, SEMI } = bytes;
const { byteSet, equalsFolded, findSet, skipLws, skipQuoted, skipToken } = bytes;

const VALUE_STOP = byteSet(';," \t\r\n');

/** One parameter, as offsets into the bytes it was read from. */
export class Parameter {
  nameStart = 0;
  nameEnd = 0;
  /** -1 when there is no equals sign; a quoted string's range is what stands between its quotes. */
  valueStart = -1;
  valueEnd = -1;
  quoted = false;

  /**
   * Reads the parameter whose semicolon stands at `pos`.
   * @returns the position after it and its trailing white space; -1 when it is malformed
   */
  read(buf: Buffer, pos: number, end: number): number {
    this.nameStart = skipLws(buf, pos + 1, end);
    this.nameEnd = skipToken(buf, this.nameStart, end);
    this.valueStart = -1;
    this.valueEnd = -1;
    this.quoted = false;
    if (this.nameEnd === this.nameStart) return -1;
    const next = skipLws(buf, this.nameEnd, end);
    if (next >= end || buf[next] !== EQUAL) return next;
    return this.#readValue(buf, skipLws(buf, next + 1, end), end);
  }

  #readValue(buf: Buffer, pos: number, end: number): number {
    if (pos < end && buf[pos] === DQUOTE) {
      const after = skipQuoted(buf, pos, end);
      if (after < 0) return -1;
      this.quoted = true;
      this.valueStart = pos + 1;
      this.valueEnd = after - 1;
      return skipLws(buf, after, end);
    }
    this.valueStart = pos;
    // Looser than token / host: an IPv6 address without brackets stands in many `received`.
    pos = findSet(buf, pos, end, VALUE_STOP);
    this.valueEnd = pos;
    return skipLws(buf, pos, end);
  }
}

/**
 * Finds a parameter by name, any case, in a range that starts at its first semicolon.
 * @param lowerName `word` of the name
 * @returns whether it is there; `found` then holds it
 */
export function findParameter(
  buf: Buffer,
  start: number,
  end: number,
  lowerName: Buffer,
  found: Parameter,
): boolean {
  let pos = skipLws(buf, start, end);
  for (let count = 0; count < MAX_PARAMETERS && pos < end && buf[pos] === SEMI; count++) {
    pos = found.read(buf, pos, end);
    if (pos < 0) return false;
    if (equalsFolded(buf, found.nameStart, found.nameEnd, lowerName)) return true;
  }
  return false;
}
