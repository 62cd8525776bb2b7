// The user that a REGISTER is for, without parsing the whole of it: registrations of one address of
// record all belong to one shard, whatever their Call-IDs.
import { startsWith, word } from './bytes.ts';
import { skipEmptyLines } from './datagram-kind.ts';
import { findHeader, foundHeader } from './find-header.ts';
import { NameAddr } from './name-addr.ts';
import { Uri } from './uri.ts';

const REGISTER = Buffer.from('REGISTER ', 'latin1');
const TO = word('to');
const COMPACT = 0x74; // t

const address = new NameAddr();
const uri = new Uri();

/** Result of the last findRegisterUser of this thread. */
export const foundRegisterUser = { start: -1, end: -1 };

/** Whether the datagram is a REGISTER whose To names a user; `foundRegisterUser` has its range. */
export function findRegisterUser(buf: Buffer, start: number, end: number): boolean {
  const line = skipEmptyLines(buf, start, end);
  if (!startsWith(buf, line, end, REGISTER)) return false;
  if (!findHeader(buf, start, end, TO, COMPACT)) return false;
  if (address.parse(buf, foundHeader.start, foundHeader.end) < 0 || address.uriStart < 0) {
    return false;
  }
  if (!uri.parse(buf, address.uriStart, address.uriEnd) || uri.userStart < 0) return false;
  foundRegisterUser.start = uri.userStart;
  foundRegisterUser.end = uri.userEnd;
  return true;
}
