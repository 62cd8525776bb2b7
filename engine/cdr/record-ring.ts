// What the record path needs of a ring between shard and recorder (engine/shm/ring.ts offers it;
// the wiring adapts it). An entry is a block of frames (frame-block.ts), its type how many there
// are.

/** The shard's end. */
export interface RecordRing {
  /** Copies `bytes[0, length)` in and publishes it; false when there is no room. */
  offer(type: number, bytes: Uint8Array, length: number): boolean;
  freeBytes(): number;
}

/** The recorder's end. */
export interface RecordSource {
  /** Hands over at most `limit` blocks, bytes valid during the call; returns how many. */
  read(
    handler: (records: number, bytes: Buffer, start: number, end: number) => void,
    limit: number,
  ): number;
  /** For how long from `monoMs` nothing more comes for sure; 0: it may. */
  quietMs(monoMs: number): number;
  /** Bytes that wait. */
  depthBytes(): number;
}
