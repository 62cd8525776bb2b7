// Where packet I/O counts in a shard's row (engine/base/counter-names.ts).
import { C } from '../base/counter-names.ts';
import type { NetCounterIndex } from '../net/packet-io.ts';

export const NET_COUNTERS: NetCounterIndex = {
  netReceived: C.packetsReceived,
  netSent: C.packetsSent,
  netForwarded: C.packetsForwarded,
  netForwardDropped: C.packetsForwardDropped,
  netSendDropped: C.packetsSendDropped,
  netSendErrors: C.sendErrors,
  netUnreachable: C.icmpUnreachable,
};
