// RAck: which reliable provisional response a PRACK acknowledges.
// RFC 3262 7.2: response-num LWS CSeq-num LWS Method; both numbers below 2^31 and 2^32.
import { isDigit, parseDecimal, skipLws, skipToken } from './bytes.ts';

const MAX_NUMBER = 0x7fffffff;

/** Reusable view of a RAck value. */
export class RAck {
  /** The RSeq acknowledged; -1 when the value is malformed. */
  rseq = -1;
  cseq = -1;
  methodStart = -1;
  methodEnd = -1;

  /** Reads the value that fills `start..end`; false when it is malformed. */
  parse(buf: Buffer, start: number, end: number): boolean {
    this.rseq = -1;
    this.cseq = -1;
    this.methodStart = -1;
    this.methodEnd = -1;
    const rseqEnd = skipDigits(buf, start, end);
    const cseqStart = skipLws(buf, rseqEnd, end);
    const cseqEnd = skipDigits(buf, cseqStart, end);
    const methodStart = skipLws(buf, cseqEnd, end);
    const methodEnd = skipToken(buf, methodStart, end);
    const rseq = parseDecimal(buf, start, rseqEnd, MAX_NUMBER);
    const cseq = parseDecimal(buf, cseqStart, cseqEnd, MAX_NUMBER);
    if (rseq < 0 || cseq < 0 || cseqStart === rseqEnd || methodStart === cseqEnd) return false;
    if (methodEnd === methodStart || methodEnd !== end) return false;
    this.rseq = rseq;
    this.cseq = cseq;
    this.methodStart = methodStart;
    this.methodEnd = methodEnd;
    return true;
  }
}

function skipDigits(buf: Buffer, pos: number, end: number): number {
  while (pos < end && isDigit(buf[pos]!)) pos++;
  return pos;
}
