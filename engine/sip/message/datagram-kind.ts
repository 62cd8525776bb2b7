// What stands on a SIP port besides SIP: keep-alives and STUN, told apart before parsing.
// RFC 5626 4.4.1 (CRLF keep-alive), RFC 8489 section 5 and RFC 3489 section 11.1 (STUN header).
import { CR, LF } from './bytes.ts';

const STUN_HEADER_BYTES = 20;

/** The position of the first byte that is not CR or LF (RFC 3261 7.5: leading empty lines). */
export function skipEmptyLines(buf: Buffer, pos: number, end: number): number {
  while (pos < end && (buf[pos] === CR || buf[pos] === LF)) pos++;
  return pos;
}

/** Whether all bytes are white space or NUL: some devices send four NUL bytes as keep-alive. */
export function isKeepAlive(buf: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    if (byte !== 0 && byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) return false;
  }
  return true;
}

/** A STUN header: a type below 0x0200 (all registered), a length in words that fits. */
export function isStun(buf: Buffer, start: number, end: number): boolean {
  if (end - start < STUN_HEADER_BYTES || buf[start]! > 0x01) return false;
  const length = (buf[start + 2]! << 8) | buf[start + 3]!;
  return (length & 3) === 0 && start + STUN_HEADER_BYTES + length === end;
}
