// What is known of each gateway now, shared by all shards: whether it is registered, answers
// probes, said by PUBLISH what it can take, or asked to be left alone (Retry-After). Whoever learns
// something writes it, every shard's route table reads it. Implemented in engine/shm.

/** Why no call goes to a gateway now. */
export const Bar = { None: 0, Down: 1, Unregistered: 2, Closed: 3, RetryAfter: 4 } as const;
export type Bar = (typeof Bar)[keyof typeof Bar];

export const Registration = { None: 0, Registering: 1, Registered: 2, Failed: 3 } as const;
export type Registration = (typeof Registration)[keyof typeof Registration];

export const Reachability = { Unknown: 0, Up: 1, Down: 2 } as const;
export type Reachability = (typeof Reachability)[keyof typeof Reachability];

/** What a gateway may publish, each for itself: RFC 3863 presence, and our capacity format. */
export const Publication = { Presence: 0, Capacity: 1 } as const;
export type Publication = (typeof Publication)[keyof typeof Publication];

/** What one publication says. */
export interface PublishedState {
  readonly open: boolean;
  /** Most calls at once; null: not said. */
  readonly capacity: number | null;
}

/** Everything about one gateway, for people. Times are UTC epoch milliseconds, 0: none. */
export interface GatewayStateView {
  readonly registration: Registration;
  readonly registeredUntilMs: number;
  /** Final status of the last REGISTER; 408 without an answer, 0 before there was one. */
  readonly registrationStatus: number;
  readonly reachability: Reachability;
  /** Of the last answered probe; null before there was one. */
  readonly latencyMs: number | null;
  readonly answeredAtMs: number;
  /** What holds of its publications; null when there is none. */
  readonly published: (PublishedState & { readonly untilMs: number }) | null;
  readonly retryAfterUntilMs: number;
}

/**
 * Times are kept in whole seconds, rounded up. All are wall time, which alone all threads share: a
 * clock that is set back prolongs a state by as much.
 */
export interface GatewayStates {
  /** Why no call may go to the gateway of `slot`. @param registers calls need a registration */
  barOf(slot: number, registers: boolean, wallMs: number): Bar;
  /** What the gateway can take: the configured capacity or, when smaller, the published one. */
  capacityOf(slot: number, configured: number, wallMs: number): number;
  setRegistration(slot: number, state: Registration, status: number, untilMs: number): void;
  reachabilityOf(slot: number): Reachability;
  setReachability(slot: number, state: Reachability): void;
  /** An answer to a probe. */
  setLatency(slot: number, latencyMs: number, wallMs: number): void;
  /** Takes no calls until then; a later end that holds already stays. */
  retryAfter(slot: number, untilMs: number): void;
  /**
   * Puts a publication in force under the entity-tag `tag`, 1 to 2^31.
   * @param match the tag of the one that it replaces; 0: whatever there is
   * @param state null: what the replaced one says goes on
   * @returns false when `match` is not in force
   */
  publish(
    slot: number,
    kind: Publication,
    match: number,
    tag: number,
    state: PublishedState | null,
    untilMs: number,
    wallMs: number,
  ): boolean;
  /** Ends the publication with the tag `match`; false when it is not in force. */
  unpublish(slot: number, kind: Publication, match: number, wallMs: number): boolean;
  view(slot: number, wallMs: number): GatewayStateView;
  /** Forgets everything: the slot has another gateway now. */
  clear(slot: number): void;
}
