// Which shard a datagram belongs to, for the packet I/O: by its Call-ID, without a full parse.
import { latin1Slice } from '../base/latin1.ts';
import type { ShardOf } from '../net/packet-io.ts';
import { shardOfCallId } from '../net/shard-of.ts';
import { findCallId, foundCallId } from '../sip/message/find-call-id.ts';

/** The same, but for vendors' legs whose Call-ID leads elsewhere since a restart. */
export function shardOfWith(moved: ReadonlyMap<string, number>): ShardOf {
  return (buf, start, end, shards) => {
    if (moved.size > 0 && findCallId(buf, start, end)) {
      const shard = moved.get(latin1Slice(buf, foundCallId.start, foundCallId.end));
      if (shard !== undefined) return shard;
    }
    return shardOf(buf, start, end, shards);
  };
}

/** @returns -1 for what names no call: keep-alives, garbage */
export const shardOf: ShardOf = (buf, start, end, shards) =>
  findCallId(buf, start, end) ? shardOfCallId(buf, foundCallId.start, foundCallId.end, shards) : -1;
