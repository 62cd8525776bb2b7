// The Call-ID of a datagram without parsing it: a shard decides with this whose packet it is.
// Agrees with SipMessage on every SIP message: first Call-ID or i line, white space around its
// value left out, folds followed. Everything else is skipped line by line.
import * as bytes from './bytes.ts';
import { skipEmptyLines } from './datagram-kind.ts';

// Constants of this module: see bytes.ts.
const { COLON, HTAB, LF, SP } = bytes;
const { equalsFolded, findByte, skipLws, trimEnd, word } = bytes;

const CALL_ID = word('call-id');

/** Result of the last findCallId of this thread. */
export const foundCallId = { start: -1, end: -1 };

/** Whether the datagram has a Call-ID that is not empty; `foundCallId` holds its range. */
export function findCallId(buf: Buffer, start: number, end: number): boolean {
  foundCallId.start = -1;
  foundCallId.end = -1;
  let pos = nextLine(buf, skipEmptyLines(buf, start, end), end);
  while (pos < end) {
    // c, C, i, I: one test decides for most lines.
    const folded = buf[pos]! | 0x20;
    if (folded === 0x63 || folded === 0x69) {
      const valueStart = callIdValue(buf, pos, end);
      if (valueStart >= 0) return keep(buf, valueStart, end);
    } else if (buf[pos] === LF || (folded === 0x2d && isEmptyLine(buf, pos, end))) {
      return false;
    }
    pos = nextLine(buf, pos, end);
  }
  return false;
}

function isEmptyLine(buf: Buffer, pos: number, end: number): boolean {
  return buf[pos] === 0x0d && pos + 1 < end && buf[pos + 1] === LF;
}

function nextLine(buf: Buffer, pos: number, end: number): number {
  return findByte(buf, pos, end, LF) + 1;
}

/** The position after the colon when the line at `pos` is a Call-ID line, else -1. */
function callIdValue(buf: Buffer, pos: number, end: number): number {
  let nameEnd = pos + 1;
  if (pos + 7 <= end && equalsFolded(buf, pos, pos + 7, CALL_ID)) nameEnd = pos + 7;
  else if ((buf[pos]! | 0x20) !== 0x69) return -1;
  while (nameEnd < end && (buf[nameEnd] === SP || buf[nameEnd] === HTAB)) nameEnd++;
  return nameEnd < end && buf[nameEnd] === COLON ? nameEnd + 1 : -1;
}

function keep(buf: Buffer, valueStart: number, end: number): boolean {
  let valueEnd = nextLine(buf, valueStart, end);
  while (valueEnd < end && (buf[valueEnd] === SP || buf[valueEnd] === HTAB)) {
    valueEnd = nextLine(buf, valueEnd, end);
  }
  valueEnd = Math.min(valueEnd, end);
  const from = skipLws(buf, valueStart, valueEnd);
  const to = trimEnd(buf, from, valueEnd);
  if (from === to) return false;
  foundCallId.start = from;
  foundCallId.end = to;
  return true;
}
