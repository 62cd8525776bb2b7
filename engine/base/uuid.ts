// UUID version 7 (RFC 9562 section 5.7): the id of every call and record, ordered by time.
import type { Random } from './random.ts';

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

function hex16(value: number): string {
  return HEX[(value >>> 8) & 0xff]! + HEX[value & 0xff]!;
}

function hex32(value: number): string {
  return hex16(value >>> 16) + hex16(value & 0xffff);
}

/** @param wallMs UTC epoch milliseconds: the first 48 bits. */
export function uuidv7(wallMs: number, random: Random): string {
  const high = Math.floor(wallMs / 0x10000);
  const low = wallMs % 0x10000;
  const a = random.u32();
  const b = random.u32();
  const c = random.u32();
  const version = 0x7000 | (a & 0x0fff);
  const variant = 0x8000 | ((a >>> 12) & 0x3fff);
  return `${hex32(high)}-${hex16(low)}-${hex16(version)}-${hex16(variant)}-${hex16(b >>> 16)}${hex32(c)}`;
}
