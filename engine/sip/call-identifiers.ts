// Identifiers of the legs that we start. A Call-ID is the mark of the shard, a dash and 24 random
// hex digits: what comes back on the leg finds its shard by it (engine/net/shard-of.ts).
import { hex32 } from '../base/hex.ts';
import { addHex, addText, beginId, takeId } from '../base/id-text.ts';
import type { Random } from '../base/random.ts';
import { shardMark } from '../base/shard-mark.ts';

export function newCallId(shard: number, random: Random): string {
  beginId(shardMark(shard));
  addText('-');
  for (let i = 0; i < 3; i++) addHex(random.u32(), 8);
  return takeId();
}

/** A client nonce for digest credentials. */
export function newCnonce(random: Random): string {
  return hex32(random.u32()) + hex32(random.u32());
}
