// One gateway of GET /gateways and of `npm run gateways`: what it is, what is known of it now and
// what follows for calls (MON-03 to MON-05 of the requirements).

/** MON-03. Offline: calls are kept away from it, `reason` says why. */
export type GatewayStatus = 'online' | 'offline' | 'high latency' | 'line limit reached';

export interface GatewayRow {
  readonly kind: 'mapping' | 'routing';
  readonly name: string;
  readonly status: GatewayStatus;
  /** Why it is offline, such as `not registered`; empty otherwise. */
  readonly reason: string;
  /** By the operator: takes no new calls. */
  readonly locked: boolean;
  /** Where its calls come from, or go to. */
  readonly address: string;
  readonly calls: number;
  /** What counts now, the published one included; null: not limited. */
  readonly capacity: number | null;
  /** Ours with it; null: none is needed. */
  readonly registration: {
    readonly state: 'none' | 'registering' | 'registered' | 'failed';
    /** Final status of the last REGISTER; 408 without an answer, 0 before there was one. */
    readonly code: number;
    readonly secondsLeft: number;
  } | null;
  /** Null: it is not probed. */
  readonly probe: {
    readonly state: 'unknown' | 'up' | 'down';
    /** Of the last answer; null before there was one. */
    readonly latencyMs: number | null;
    /** Seconds since the last answer. */
    readonly answeredSecondsAgo: number | null;
  } | null;
  /** What it said by PUBLISH; null: nothing that holds. */
  readonly published: {
    readonly state: 'open' | 'closed';
    readonly capacity: number | null;
    readonly secondsLeft: number;
  } | null;
  /** Left of the pause that it asked for; 0: none. */
  readonly retryAfterSeconds: number;
}
