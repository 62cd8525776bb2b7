// Byte classes and small scanners over received bytes, shared by every parser of this folder.
// Grammar: RFC 3261 section 25.1 (token, LWS, SWS, escaped).
// The compiler takes a constant of a module for one in that module only: an imported or exported
// binding is loaded at each use, which made a message 15 to 20 % dearer (measured, Node 20). So the
// parsers of the hot path bind what they use to constants of their own, and this file does.

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const DQUOTE = 0x22;
export const PERCENT = 0x25;
export const STAR = 0x2a;
export const COMMA = 0x2c;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMI = 0x3b;
export const LAQUOT = 0x3c;
export const EQUAL = 0x3d;
export const RAQUOT = 0x3e;
export const QUESTION = 0x3f;
export const AT = 0x40;
export const LBRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const RBRACKET = 0x5d;

const ALPHANUM = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** 1 at each of the characters. */
export function byteSet(characters: string): Uint8Array {
  const set = new Uint8Array(256);
  for (const byte of Buffer.from(characters, 'latin1')) set[byte] = 1;
  return set;
}

/** The lower-case form of a token character, 0 for other bytes: class test and folding in one. */
const fold = new Uint8Array(256);
for (const byte of Buffer.from(`${ALPHANUM}-.!%*_+\`'~`, 'latin1')) {
  fold[byte] = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
export const FOLD: Uint8Array = fold;

/** 1 for SP, HTAB and the CR LF of a fold. Inside a header value no other CR or LF can stand. */
const lws = byteSet(' \t\r\n');
export const LWS: Uint8Array = lws;

/** 1 for the bytes of a hostname or IPv4 address. An underscore is no hostname, but is in use. */
export const HOST_BYTE: Uint8Array = byteSet(`${ALPHANUM}-._`);

/** 1 for the bytes of an IPv6 address between the brackets of an IPv6reference. */
export const IPV6_BYTE: Uint8Array = byteSet('0123456789abcdefABCDEF:.');

export function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/** The value of a hexadecimal digit, -1 for any other byte. */
export function hexValue(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const folded = byte | 0x20;
  return folded >= 0x61 && folded <= 0x66 ? folded - 0x57 : -1;
}

/** The first position from `pos` that is not white space, `end` when there is none. */
export function skipLws(buf: Buffer, pos: number, end: number): number {
  while (pos < end && lws[buf[pos]!] === 1) pos++;
  return pos;
}

/** The first position from `pos` whose byte is not in the set, `end` when there is none. */
export function skipSet(buf: Buffer, pos: number, end: number, set: Uint8Array): number {
  while (pos < end && set[buf[pos]!] === 1) pos++;
  return pos;
}

/** The first position from `pos` whose byte is in the set, `end` when there is none. */
export function findSet(buf: Buffer, pos: number, end: number, set: Uint8Array): number {
  while (pos < end && set[buf[pos]!] === 0) pos++;
  return pos;
}

/** The first position of the byte from `pos`, `end` when there is none. */
export function findByte(buf: Buffer, pos: number, end: number, byte: number): number {
  while (pos < end && buf[pos] !== byte) pos++;
  return pos;
}

/** The end of the range without its trailing white space. */
export function trimEnd(buf: Buffer, start: number, end: number): number {
  while (end > start && lws[buf[end - 1]!] === 1) end--;
  return end;
}

/** The first position from `pos` that is not a token character. */
export function skipToken(buf: Buffer, pos: number, end: number): number {
  while (pos < end && fold[buf[pos]!] !== 0) pos++;
  return pos;
}

/**
 * The position after the closing quote of the quoted string that starts at `pos`, -1 when it is
 * not closed. A backslash quotes any byte after it (RFC 3261 25.1, quoted-pair).
 */
export function skipQuoted(buf: Buffer, pos: number, end: number): number {
  for (let i = pos + 1; i < end; i++) {
    const byte = buf[i]!;
    if (byte === DQUOTE) return i + 1;
    if (byte === BACKSLASH) i++;
  }
  return -1;
}

/** A word to compare with `equalsFolded`. @param lower lower-case ASCII */
export function word(lower: string): Buffer {
  return Buffer.from(lower, 'latin1');
}

/** Whether the bytes are the `word` in any case. */
export function equalsFolded(buf: Buffer, start: number, end: number, lower: Buffer): boolean {
  const length = lower.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    const byte = buf[start + i]!;
    if (byte === lower[i]) continue;
    if (byte < 0x41 || byte > 0x5a || (byte | 0x20) !== lower[i]) return false;
  }
  return true;
}

/** Whether `prefix` stands at `pos`, byte for byte. */
export function startsWith(buf: Buffer, pos: number, end: number, prefix: Buffer): boolean {
  const length = prefix.length;
  if (end - pos < length) return false;
  for (let i = 0; i < length; i++) if (buf[pos + i] !== prefix[i]) return false;
  return true;
}

/** Whether two ranges hold the same bytes. */
export function equalBytes(
  buf: Buffer,
  start: number,
  end: number,
  other: Buffer,
  otherStart: number,
  otherEnd: number,
): boolean {
  const length = end - start;
  if (length !== otherEnd - otherStart) return false;
  for (let i = 0; i < length; i++) if (buf[start + i] !== other[otherStart + i]) return false;
  return true;
}

/**
 * The decimal number that fills the range, leading zeros allowed (1*DIGIT).
 * @returns -1 when it is empty, holds another byte or exceeds `max` (at most 2^31-1)
 */
export function parseDecimal(buf: Buffer, start: number, end: number, max: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    if (!isDigit(byte)) return -1;
    value = value * 10 + (byte - 0x30);
    if (value > max) return -1;
  }
  return value;
}
