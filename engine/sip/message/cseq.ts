// CSeq: sequence number and method. RFC 3261 20.16: 1*DIGIT LWS Method; 8.1.1.5: below 2^31.
import * as bytes from './bytes.ts';

// Constants of this module: see bytes.ts.
const { isDigit, parseDecimal, skipLws, skipToken } = bytes;

const MAX_CSEQ = 0x7fffffff;

/** Reusable view of a CSeq value. */
export class CSeq {
  /** 0..2^31-1, -1 when there is none. */
  number = -1;
  methodStart = -1;
  methodEnd = -1;

  clear(): void {
    this.number = -1;
    this.methodStart = -1;
    this.methodEnd = -1;
  }

  /** Reads the value that fills `start..end`; false when it is malformed, and nothing is kept. */
  parse(buf: Buffer, start: number, end: number): boolean {
    this.clear();
    let pos = start;
    while (pos < end && isDigit(buf[pos]!)) pos++;
    const number = parseDecimal(buf, start, pos, MAX_CSEQ);
    const methodStart = skipLws(buf, pos, end);
    const methodEnd = skipToken(buf, methodStart, end);
    if (number < 0 || methodStart === pos || methodEnd === methodStart || methodEnd !== end) {
      return false;
    }
    this.number = number;
    this.methodStart = methodStart;
    this.methodEnd = methodEnd;
    return true;
  }
}
