// One trace that an operator has started: whose messages, and when it ends by itself. Kept in the
// control store (engine/store), part of every snapshot, worked by engine/trace.

/**
 * `number`: caller or callee, `4420*` = all that begin so. `gateway`: name of a mapping or routing
 * gateway. `ip`: address or CIDR range. `call`: our call id, or the Call-ID of either leg.
 */
export type TraceKind = 'number' | 'gateway' | 'ip' | 'call';

export interface TraceFilter {
  /** 1 to 2^31 - 1; never used twice. */
  readonly id: number;
  readonly kind: TraceKind;
  readonly value: string;
  /** Digest responses, passwords and media keys are kept as they are; else they are masked. */
  readonly secrets: boolean;
  /** Wall time of its end. */
  readonly untilMs: number;
  /** Its end by what was kept of it, over all shards. */
  readonly maxMessages: number;
  readonly maxBytes: number;
}
