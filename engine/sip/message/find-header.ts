// One header of a datagram without parsing it: what a shard needs to decide whose packet it is.
// Agrees with SipMessage: the first line of that name, full or compact, white space around its
// value left out, folds followed. Everything else is skipped line by line.
import * as bytes from './bytes.ts';
import { skipEmptyLines } from './datagram-kind.ts';

// Constants of this module: see bytes.ts.
const { COLON, HTAB, LF, SP } = bytes;
const { equalsFolded, findByte, skipLws, trimEnd } = bytes;

/** Result of the last findHeader of this thread. */
export const foundHeader = { start: -1, end: -1 };

/**
 * Whether the datagram has the header with a value; `foundHeader` holds its range.
 * @param lowerName `word` of the full name
 * @param compact the compact form, a lower-case letter
 */
export function findHeader(
  buf: Buffer,
  start: number,
  end: number,
  lowerName: Buffer,
  compact: number,
): boolean {
  foundHeader.start = -1;
  foundHeader.end = -1;
  const initial = lowerName[0]!;
  let pos = nextLine(buf, skipEmptyLines(buf, start, end), end);
  while (pos < end) {
    // One test decides for most lines.
    const folded = buf[pos]! | 0x20;
    if (folded === initial || folded === compact) {
      const valueStart = valueOf(buf, pos, end, lowerName, compact);
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

/** The position after the colon when the line at `pos` is of that name, else -1. */
function valueOf(
  buf: Buffer,
  pos: number,
  end: number,
  lowerName: Buffer,
  compact: number,
): number {
  let nameEnd = pos + 1;
  const fullEnd = pos + lowerName.length;
  if (fullEnd <= end && equalsFolded(buf, pos, fullEnd, lowerName)) nameEnd = fullEnd;
  else if ((buf[pos]! | 0x20) !== compact) return -1;
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
  foundHeader.start = from;
  foundHeader.end = to;
  return true;
}
