// Branches of our own requests: the magic cookie, the mark of the shard, the handle of the client
// transaction (14). They bring each response to its shard and transaction without a search.
import { HANDLE_LENGTH } from '../../base/handle-table.ts';
import { hex8 } from '../../base/hex.ts';
import { MARK, shardMark } from '../../base/shard-mark.ts';

/** RFC 3261 8.1.1.7: marks a branch that is unique. */
export const MAGIC_COOKIE = 'z9hG4bK';
const PREFIX = MAGIC_COOKIE + MARK;
const HANDLE_OFFSET = PREFIX.length + 2;
const LENGTH = HANDLE_OFFSET + HANDLE_LENGTH;

export function shardHex(shard: number): string {
  return hex8(shard);
}

/** What stands before the handle in the branches of a shard. */
export function branchPrefix(shard: number): string {
  return MAGIC_COOKIE + shardMark(shard);
}

/** Whether the two digits at `start` are those of a shard, as `shardHex` writes it. */
export function namesShard(bytes: Uint8Array, start: number, shard: string): boolean {
  return bytes[start] === shard.charCodeAt(0) && bytes[start + 1] === shard.charCodeAt(1);
}

/** Where the handle stands in the branch at `start`..`end`, or -1 when the branch is not ours. */
export function branchHandle(bytes: Uint8Array, start: number, end: number): number {
  if (end - start !== LENGTH) return -1;
  for (let i = 0; i < PREFIX.length; i++) {
    if (bytes[start + i] !== PREFIX.charCodeAt(i)) return -1;
  }
  return start + HANDLE_OFFSET;
}
