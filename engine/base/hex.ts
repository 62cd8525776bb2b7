// Numbers as lower-case hex digits of fixed length, from a table: every call needs identifiers.

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

/** The low 8 bits as two digits. */
export function hex8(value: number): string {
  return HEX[value & 0xff]!;
}

/** The low 16 bits as four digits. */
export function hex16(value: number): string {
  return HEX[(value >>> 8) & 0xff]! + HEX[value & 0xff]!;
}

/** The 32 bits of an integer, signed or not, as eight digits. */
export function hex32(value: number): string {
  return hex16(value >>> 16) + hex16(value);
}
