// The mark of a shard: `tdm` and its number in two hex digits. Our Via branches, tags and Call-IDs
// have it in front, so that whatever comes back on a call finds its shard: by the kernel
// (engine/net/shard-filter.ts), by Call-ID (engine/net/shard-of.ts), or by its table.
import { hex8 } from './hex.ts';

export const MARK = 'tdm';
/** Characters of a mark, its digits included. */
export const MARK_LENGTH = 5;

export function shardMark(shard: number): string {
  return MARK + hex8(shard);
}
