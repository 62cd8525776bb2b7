// The Call-ID of a datagram without parsing it: a shard decides with this whose packet it is.
import { word } from './bytes.ts';
import { findHeader, foundHeader } from './find-header.ts';

const CALL_ID = word('call-id');
const COMPACT = 0x69; // i

/** Result of the last findCallId of this thread. */
export const foundCallId = { start: -1, end: -1 };

/** Whether the datagram has a Call-ID that is not empty; `foundCallId` holds its range. */
export function findCallId(buf: Buffer, start: number, end: number): boolean {
  const found = findHeader(buf, start, end, CALL_ID, COMPACT);
  foundCallId.start = foundHeader.start;
  foundCallId.end = foundHeader.end;
  return found;
}
