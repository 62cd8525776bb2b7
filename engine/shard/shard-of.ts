// Which shard a datagram belongs to, for the packet I/O, without a full parse: by its Call-ID, a
// REGISTER by the user that it registers, so that each registration has one writer.
import { latin1Slice } from '../base/latin1.ts';
import { hashBytes } from '../base/text-hash.ts';
import type { ShardOf } from '../net/packet-io.ts';
import { shardOfCallId } from '../net/shard-of.ts';
import { findCallId, foundCallId } from '../sip/message/find-call-id.ts';
import { findRegisterUser, foundRegisterUser } from '../sip/message/find-register-user.ts';

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
export const shardOf: ShardOf = (buf, start, end, shards) => {
  if (findRegisterUser(buf, start, end)) {
    return hashBytes(buf, foundRegisterUser.start, foundRegisterUser.end) % shards;
  }
  return findCallId(buf, start, end)
    ? shardOfCallId(buf, foundCallId.start, foundCallId.end, shards)
    : -1;
};
