// Identifiers of the legs that we start. A Call-ID is `tdm`, the shard in two hex digits, a dash
// and 24 random hex digits: what comes back on the leg finds its shard by it
// (engine/net/shard-of.ts).
import { flat } from '../base/latin1.ts';
import { hex32 } from '../base/hex.ts';
import type { Random } from '../base/random.ts';
import { shardHex } from '../sip/transaction/branch.ts';

export function newCallId(shard: number, random: Random): string {
  return flat(
    `tdm${shardHex(shard)}-${hex32(random.u32())}${hex32(random.u32())}${hex32(random.u32())}`,
  );
}

/** A client nonce for digest credentials. */
export function newCnonce(random: Random): string {
  return hex32(random.u32()) + hex32(random.u32());
}
