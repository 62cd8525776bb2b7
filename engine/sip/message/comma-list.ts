// Several values in one header line, separated by commas: Via, Route, Contact, Allow, Require, ...
// RFC 3261 7.3.1: a comma inside a quoted string or angle brackets separates nothing.
import * as bytes from './bytes.ts';

// Constants of this module: see bytes.ts.
const { COMMA, DQUOTE, LAQUOT, RAQUOT } = bytes;
const { skipLws, skipQuoted, trimEnd } = bytes;

/** The position of the comma that ends the value at `pos`, or `end`. */
function endOfValue(buf: Buffer, pos: number, end: number): number {
  let inBrackets = false;
  for (; pos < end; pos++) {
    const byte = buf[pos]!;
    if (byte === COMMA && !inBrackets) return pos;
    if (byte === LAQUOT) inBrackets = true;
    else if (byte === RAQUOT) inBrackets = false;
    else if (byte === DQUOTE && !inBrackets) {
      const after = skipQuoted(buf, pos, end);
      if (after < 0) return end;
      pos = after - 1;
    }
  }
  return end;
}

/** Number of values in the range: commas plus one. */
export function countValues(buf: Buffer, start: number, end: number): number {
  let count = 1;
  for (let pos = endOfValue(buf, start, end); pos < end; pos = endOfValue(buf, pos + 1, end)) {
    count++;
  }
  return count;
}

/** Reusable cursor over the values of one line: `start(...)`, then `next()` until it is false. */
export class CommaList {
  /** The current value without white space around it. */
  valueStart = -1;
  valueEnd = -1;
  #buf: Buffer = Buffer.alloc(0);
  #pos = 0;
  #end = 0;

  start(buf: Buffer, start: number, end: number): void {
    this.#buf = buf;
    this.#pos = start;
    this.#end = end;
  }

  /** Moves to the next value; empty ones (", ,") are passed over. */
  next(): boolean {
    while (this.#pos < this.#end) {
      const stop = endOfValue(this.#buf, this.#pos, this.#end);
      this.valueStart = skipLws(this.#buf, this.#pos, stop);
      this.valueEnd = trimEnd(this.#buf, this.valueStart, stop);
      this.#pos = stop + 1;
      if (this.valueEnd > this.valueStart) return true;
    }
    return false;
  }
}
