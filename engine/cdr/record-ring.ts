// What the record path needs of a ring between shard and recorder (engine/shm/ring.ts offers it;
// the wiring adapts it), and how a record's kind and version travel in the ring's type word.

/** The shard's end. */
export interface RecordRing {
  /** Copies `bytes[0, length)` in and publishes it; false when there is no room. */
  offer(type: number, bytes: Uint8Array, length: number): boolean;
  freeBytes(): number;
}

/** The recorder's end. */
export interface RecordSource {
  /** Hands over at most `limit` records, bytes valid during the call; returns how many. */
  read(
    handler: (type: number, bytes: Buffer, start: number, end: number) => void,
    limit: number,
  ): number;
  /** Bytes that wait. */
  depthBytes(): number;
}

export function ringType(kind: number, version: number): number {
  return kind | (version << 8);
}

export function kindOfType(type: number): number {
  return type & 0xff;
}

export function versionOfType(type: number): number {
  return (type >>> 8) & 0xff;
}
