// Which shard a datagram belongs to, for the packet I/O: by its Call-ID, without a full parse.
import type { ShardOf } from '../net/packet-io.ts';
import { shardOfCallId } from '../net/shard-of.ts';
import { findCallId, foundCallId } from '../sip/message/find-call-id.ts';

/** @returns -1 for what names no call: keep-alives, garbage */
export const shardOf: ShardOf = (buf, start, end, shards) =>
  findCallId(buf, start, end) ? shardOfCallId(buf, foundCallId.start, foundCallId.end, shards) : -1;
