// In which order datagrams of one turn may leave (engine/net/datagram-trains.ts): a number names
// those whose order matters among each other, the messages of one dialog or of one transaction.
// Two that happen to share a number merely keep their order too.

/** Of a datagram that nothing may be known of: it leaves after all that were queued before it. */
export const STRICT_ORDER = -1;
