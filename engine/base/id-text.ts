// Builds identifiers (UUIDs, tags, Call-IDs, branches) digit by digit in a buffer and takes them
// out as one flat text: put together from parts, each would be a tree of a dozen strings.
import { latin1Slice } from './latin1.ts';

const DIGITS = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0));
const CAPACITY = 64;
const bytes = Buffer.allocUnsafeSlow(CAPACITY);
let length = 0;

/** Begins an identifier with a fixed text; at most 64 characters in all. */
export function beginId(text: string): void {
  length = 0;
  addText(text);
}

export function addText(text: string): void {
  for (let i = 0; i < text.length; i++) bytes[length++] = text.charCodeAt(i);
}

/** The low `digits * 4` bits of an integer, signed or not, as lower-case hex digits; at most 8. */
export function addHex(value: number, digits: number): void {
  for (let shift = (digits - 1) * 4; shift >= 0; shift -= 4) {
    bytes[length++] = DIGITS[(value >>> shift) & 15]!;
  }
}

/** The identifier. */
export function takeId(): string {
  return latin1Slice(bytes, 0, length);
}
