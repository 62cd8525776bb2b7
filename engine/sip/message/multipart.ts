// Where the session description of a message is: the body itself, or a part of a multipart body.
// RFC 2046 5.1.1: parts stand between lines "--boundary", the last before "--boundary--";
// RFC 5621 3.1 demands multipart/mixed and multipart/alternative of SIP user agents.
import { CR, equalsFolded, LF, startsWith, word } from './bytes.ts';
import { HeaderId } from './header-names.ts';
import { HeaderTable } from './header-table.ts';
import { MediaType } from './media-type.ts';
import type { SipMessage } from './message.ts';
import { findParameter, Parameter } from './params.ts';
import { MAX_BODY_PARTS } from '../../base/limits.ts';

const APPLICATION = word('application');
const SDP = word('sdp');
const MULTIPART = word('multipart');
const BOUNDARY = word('boundary');
const MAX_BOUNDARY_BYTES = 70;
const DASH = 0x2d;

const mediaType = new MediaType();
const parameter = new Parameter();
const partHeaders = new HeaderTable();
const delimiter = Buffer.alloc(2 + MAX_BOUNDARY_BYTES);

/** Result of the last findSdp of this thread: offsets into the message's bytes. */
export const foundSdp = { start: -1, end: -1 };

/** Whether the message has a session description; `foundSdp` holds its range. */
export function findSdp(message: SipMessage): boolean {
  foundSdp.start = -1;
  foundSdp.end = -1;
  const { buf, bodyStart, bodyEnd } = message;
  const index = message.first(HeaderId.ContentType);
  if (index < 0 || bodyStart >= bodyEnd) return false;
  if (!mediaType.parse(buf, message.valueStart(index), message.valueEnd(index))) return false;
  if (mediaType.is(buf, APPLICATION, SDP)) return keep(bodyStart, bodyEnd);
  if (!equalsFolded(buf, mediaType.typeStart, mediaType.typeEnd, MULTIPART)) return false;
  const { paramsStart, paramsEnd } = mediaType;
  if (!findParameter(buf, paramsStart, paramsEnd, BOUNDARY, parameter)) return false;
  const { valueStart, valueEnd } = parameter;
  if (valueEnd <= valueStart || valueEnd - valueStart > MAX_BOUNDARY_BYTES) return false;
  delimiter.fill(DASH, 0, 2);
  buf.copy(delimiter, 2, valueStart, valueEnd);
  return findPart(buf, bodyStart, bodyEnd, delimiter.subarray(0, 2 + valueEnd - valueStart));
}

function keep(start: number, end: number): boolean {
  foundSdp.start = start;
  foundSdp.end = end;
  return true;
}

function findPart(buf: Buffer, bodyStart: number, bodyEnd: number, dashed: Buffer): boolean {
  let pos = nextDelimiter(buf, bodyStart, bodyEnd, dashed);
  for (let count = 0; count < MAX_BODY_PARTS && pos < bodyEnd; count++) {
    const afterDelimiter = pos + dashed.length;
    if (buf[afterDelimiter] === DASH && buf[afterDelimiter + 1] === DASH) return false;
    const start = nextLine(buf, afterDelimiter, bodyEnd);
    const next = nextDelimiter(buf, start, bodyEnd, dashed);
    if (isSdpPart(buf, start, next)) return true;
    pos = next;
  }
  return false;
}

/** Whether the part's own headers say application/sdp; keeps the range of its content then. */
function isSdpPart(buf: Buffer, start: number, end: number): boolean {
  partHeaders.clear();
  const content = partHeaders.scan(buf, start, end);
  const index = partHeaders.first(HeaderId.ContentType);
  if (index < 0 || partHeaders.error !== '') return false;
  const valueStart = partHeaders.valueStart(index);
  if (!mediaType.parse(buf, valueStart, partHeaders.valueEnd(index))) return false;
  if (!mediaType.is(buf, APPLICATION, SDP)) return false;
  // The line end before a delimiter belongs to the delimiter.
  let contentEnd = end;
  if (contentEnd > content && buf[contentEnd - 1] === LF) contentEnd--;
  if (contentEnd > content && buf[contentEnd - 1] === CR) contentEnd--;
  return keep(content, contentEnd);
}

/** The start of the next line that begins with the delimiter, `end` when there is none. */
function nextDelimiter(buf: Buffer, pos: number, end: number, dashed: Buffer): number {
  while (pos < end && !startsWith(buf, pos, end, dashed)) pos = nextLine(buf, pos, end);
  return Math.min(pos, end);
}

function nextLine(buf: Buffer, pos: number, end: number): number {
  while (pos < end && buf[pos] !== LF) pos++;
  return Math.min(pos + 1, end);
}
