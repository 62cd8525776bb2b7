// Call-ID to shard. Call-IDs that Tandem makes name their shard, `tdm<2 hex digits>-...`, so that
// every response and every request of a vendor comes home; all others are hashed.
import { shardMark } from '../base/shard-mark.ts';
import { hashBytes } from '../base/text-hash.ts';

const T = 0x74;
const D = 0x64;
const M = 0x6d;
const DASH = 0x2d;

function lowerHex(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  if (byte >= 0x61 && byte <= 0x66) return byte - 0x57;
  return -1;
}

/** The shard named by `tdm<xx>-`, or -1. */
function namedShard(buf: Uint8Array, start: number, end: number): number {
  if (end - start < 6 || buf[start] !== T || buf[start + 1] !== D) return -1;
  if (buf[start + 2] !== M || buf[start + 5] !== DASH) return -1;
  const high = lowerHex(buf[start + 3]!);
  const low = lowerHex(buf[start + 4]!);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/** What Tandem's own Call-IDs begin with in this shard. @param shard 0 to 255. */
export function callIdPrefix(shard: number): string {
  return `${shardMark(shard)}-`;
}

/**
 * The shard of a Call-ID, `buf` from `start` to `end`, byte by byte as RFC 3261 20.8 compares them.
 * @returns 0 to shards - 1.
 */
export function shardOfCallId(buf: Uint8Array, start: number, end: number, shards: number): number {
  const named = namedShard(buf, start, end);
  if (named >= 0) return named % shards;
  return hashBytes(buf, start, end) % shards;
}
