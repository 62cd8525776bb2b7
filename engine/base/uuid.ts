// UUID version 7 (RFC 9562 section 5.7): the id of every call and record, ordered by time.
import { addHex, addText, beginId, takeId } from './id-text.ts';
import type { Random } from './random.ts';

/** @param wallMs UTC epoch milliseconds: the first 48 bits. */
export function uuidv7(wallMs: number, random: Random): string {
  const random12and14 = random.u32();
  beginId('');
  addHex(Math.floor(wallMs / 0x10000), 8);
  addText('-');
  addHex(wallMs % 0x10000, 4);
  addText('-');
  addHex(0x7000 | (random12and14 & 0x0fff), 4);
  addText('-');
  addHex(0x8000 | ((random12and14 >>> 12) & 0x3fff), 4);
  addText('-');
  addHex(random.u32() >>> 16, 4);
  addHex(random.u32(), 8);
  return takeId();
}
