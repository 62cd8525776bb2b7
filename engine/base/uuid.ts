// UUID version 7 (RFC 9562 section 5.7): the id of every call and record, ordered by time.
import { flat } from './latin1.ts';
import { hex16, hex32 } from './hex.ts';
import type { Random } from './random.ts';

/** @param wallMs UTC epoch milliseconds: the first 48 bits. */
export function uuidv7(wallMs: number, random: Random): string {
  const high = Math.floor(wallMs / 0x10000);
  const low = wallMs % 0x10000;
  const a = random.u32();
  const b = random.u32();
  const c = random.u32();
  const version = 0x7000 | (a & 0x0fff);
  const variant = 0x8000 | ((a >>> 12) & 0x3fff);
  const node = hex16(b >>> 16) + hex32(c);
  return flat(`${hex32(high)}-${hex16(low)}-${hex16(version)}-${hex16(variant)}-${node}`);
}
