// Where everything stands in the location table's shared memory: who is registered, one region per
// shard. A region has one writer, its shard; all threads read. Buckets hold the first record of a
// chain, so that nothing moves and no tombstones pile up; records are used densely from the start,
// which keeps the resident memory and the pacer's scan as small as what is registered.

/** Bytes of a record; its texts share what is behind the numbers. */
const RECORD_BYTES = 384;
const RECORD_WORDS = RECORD_BYTES / 4;
const TEXT_WORD = 22;
export const TEXT_BYTE = TEXT_WORD * 4;
/** AOR, Contact URI, Call-ID, path and user agent of one record together. */
export const MAX_TEXT_BYTES = RECORD_BYTES - TEXT_BYTE;
/** Of each text alone; the user agent is cut, what else is longer is refused. */
export const MAX_TEXT = { aor: 64, contact: 255, callId: 128, userAgent: 64, path: 200 } as const;

/** Words of a record. */
export const W = {
  flags: 0,
  hash: 1,
  /** Next record of the bucket + 1, 0 at its end. */
  next: 2,
  local: 3,
  /** Six words of the sockaddr, as engine/net/sockaddr.ts has them. */
  sockaddr: 4,
  /** Float64 wall times. */
  registeredAt: 10,
  expiresAt: 12,
  refreshedAt: 14,
  q: 16,
  cseq: 17,
  /** Lengths: AOR | contact << 16, then Call-ID | user agent << 8 | path << 16. */
  lengths: 18,
  /** Not under the lock: why the device is not called (`Away`); any thread may set it. */
  away: 20,
  /** Not under the lock: state of the reachability check (check-table.ts), its shard's alone. */
  check: 21,
} as const;

/** Bits of `flags`; a free record has none. */
export const F = { used: 1, nat: 2, kind: 0b1100 } as const;
const KIND_SHIFT = 2;

/** Who registered. */
export const Kind = { Phone: 0, MappingGateway: 1, RoutingGateway: 2 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

/** Whether a registered device can be called, and why not. */
export const Away = {
  No: 0,
  /** It did not answer when it was asked last. */
  Silent: 1,
  /** It is behind NAT, and the connection that it registered over has ended: no way leads there. */
  Disconnected: 2,
} as const;
export type Away = (typeof Away)[keyof typeof Away];

export function kindOf(flags: number): Kind {
  return ((flags & F.kind) >> KIND_SHIFT) as Kind;
}

export function flagsOf(kind: Kind, behindNat: boolean): number {
  return F.used | (kind << KIND_SHIFT) | (behindNat ? F.nat : 0);
}

/** Words of a region's head, on 128-byte lines of its own. */
export const H = {
  /** Odd while chains change: a reader that found nothing looks again. */
  structure: 0,
  /** Records ever used: scans end here. */
  highWater: 1,
  /** Most recently freed record + 1. */
  free: 2,
  count: 3,
  behindNat: 4,
  /** Goes up with every change to a gateway's record. */
  gatewayChanges: 5,
  /** Registrations refused because the region was full. */
  refused: 6,
} as const;
const HEAD_WORDS = 32;
/** Words before the regions: regions, records per region. */
const TABLE_WORDS = 32;

/** Lengths of a torn record may lead behind it: never behind the memory. */
const TORN_BYTES = 1024;

export interface LocationPlaces {
  readonly regions: number;
  readonly perRegion: number;
  readonly buckets: number;
  /** Word of a region's head, of its first bucket, of its first lock. */
  head(region: number): number;
  bucket(region: number): number;
  lock(region: number): number;
  /** Word of the record with this number over all regions. */
  record(record: number): number;
  readonly bytes: number;
}

/** Hashes do not fill regions evenly: each takes this much more than its share. */
const SLACK = 1.05;
const SLACK_RECORDS = 64;

/** @param capacity registrations over all regions */
function locationPlaces(capacity: number, regions: number): LocationPlaces {
  const perRegion =
    regions === 1 ? capacity : Math.ceil((capacity / regions) * SLACK) + SLACK_RECORDS;
  return placesOf(regions, perRegion);
}

export function createLocationTable(capacity: number, regions: number): SharedArrayBuffer {
  const places = locationPlaces(capacity, regions);
  const memory = new SharedArrayBuffer(places.bytes);
  const words = new Int32Array(memory, 0, 2);
  words[0] = regions;
  words[1] = places.perRegion;
  return memory;
}

export function placesIn(memory: SharedArrayBuffer): LocationPlaces {
  const [regions, perRegion] = new Int32Array(memory, 0, 2);
  return placesOf(regions!, perRegion!);
}

function placesOf(regions: number, perRegion: number): LocationPlaces {
  const buckets = 2 ** Math.ceil(Math.log2(Math.max(2, perRegion)));
  const locks = Math.ceil(perRegion / HEAD_WORDS) * HEAD_WORDS;
  const bucketsAt = TABLE_WORDS + regions * HEAD_WORDS;
  const locksAt = bucketsAt + Math.max(buckets, HEAD_WORDS) * regions;
  const recordsAt = locksAt + locks * regions;
  return {
    regions,
    perRegion,
    buckets,
    head: (region) => TABLE_WORDS + region * HEAD_WORDS,
    bucket: (region) => bucketsAt + region * Math.max(buckets, HEAD_WORDS),
    lock: (region) => locksAt + region * locks,
    record: (record) => recordsAt + record * RECORD_WORDS,
    bytes: (recordsAt + regions * perRegion * RECORD_WORDS) * 4 + TORN_BYTES,
  };
}
