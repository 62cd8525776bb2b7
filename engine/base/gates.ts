// Counted permits that all shards share: calls at once and new calls per second, per gateway and
// for the whole system. Exact under race: a limit is never exceeded. Implemented in engine/shm.

export interface Gates {
  /** Takes one place of `slot` unless `capacity` are taken; false when full. */
  tryEnter(slot: number, capacity: number): boolean;
  /** Gives back a place taken by this shard with tryEnter. */
  leave(slot: number): void;
  /** Places taken now, over all shards. */
  occupied(slot: number): number;
  /** Counts an event in the clock second of `wallMs` unless `perSecond` are; false when full. */
  tryRate(slot: number, perSecond: number, wallMs: number): boolean;
}
