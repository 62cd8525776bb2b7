// How records leave for the report server: http-target.ts, tcp-target.ts, udp-target.ts. A batch
// has arrived when the other side says so in a way that its program must have seen; udp cannot say.

/** A record on its way. */
export interface PushRecord {
  /** UUID of the call: what the receiver knows a repeat by. */
  readonly id: string;
  /** JSON object on one line. */
  readonly json: string;
}

/** The other side has taken the batch, or it refuses what is in it and will do so again. */
export type PushOutcome =
  { readonly status: 'taken' } | { readonly status: 'refused'; readonly reason: string };

export interface ReportTarget {
  /** Throws (RetryLater when the other side says when) while it cannot be had. */
  send(records: readonly PushRecord[], signal: AbortSignal): Promise<PushOutcome>;
  close(): void;
}
