// What main counts of its TCP and TLS connections, for /metrics.

/** Why a connection ended. */
export type CloseReason =
  /** It closed, or the network broke. */
  | 'peer'
  | 'idle'
  /** A message began and did not end in time, or none ever came. */
  | 'slow_sender'
  /** It does not take what is sent to it. */
  | 'slow_reader'
  /** What came is no SIP message with a Content-Length. */
  | 'framing'
  /** Refused, no route, no answer in time. */
  | 'connect'
  /** TLS failed, certificates above all. */
  | 'handshake'
  | 'stop';

/** Why a connection was not taken or not made: too many in all, or of one address. */
export type RefusalReason = 'total' | 'source';

export interface StreamFigures {
  /** Connections that are open. */
  readonly open: Readonly<Record<'tcp' | 'tls', number>>;
  readonly opened: Readonly<Record<'accepted' | 'made', number>>;
  readonly closed: Readonly<Record<CloseReason, number>>;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** Messages received, sent, given back to their shard as undeliverable, dropped. */
  readonly messages: Readonly<Record<'received' | 'sent' | 'undeliverable' | 'dropped', number>>;
  /** Keep-alives answered, and sent to devices behind NAT. */
  readonly pings: Readonly<Record<'answered' | 'sent', number>>;
}

/** The same while it is counted. */
export class StreamCounters implements StreamFigures {
  readonly open = { tcp: 0, tls: 0 };
  readonly opened = { accepted: 0, made: 0 };
  readonly closed: Record<CloseReason, number> = {
    peer: 0,
    idle: 0,
    slow_sender: 0,
    slow_reader: 0,
    framing: 0,
    connect: 0,
    handshake: 0,
    stop: 0,
  };
  readonly refused = { total: 0, source: 0 };
  readonly messages = { received: 0, sent: 0, undeliverable: 0, dropped: 0 };
  readonly pings = { answered: 0, sent: 0 };
}
