// The location table as every thread reads it: by address of record for calls, by ranges of
// records for the pacer, record by record for the store and the lists. A record is read between two
// looks at its lock, which its writer makes odd while it writes: what was torn is read again.
import { latin1Slice } from '../base/latin1.ts';
import { hashText } from '../base/text-hash.ts';
import { Away, F, H, Kind, kindOf, placesIn, TEXT_BYTE, W } from './location-layout.ts';
import type { LocationPlaces } from './location-layout.ts';
import type { Registration } from './registration.ts';

/** Looks at a record or a chain that changes meanwhile; a writer needs about a microsecond. */
const MAX_LOOKS = 1000;

/**
 * One used record, for `scan`. `words[at]` to `words[at + 5]` are the sockaddr it registered from.
 */
export type RecordVisitor = (
  record: number,
  flags: number,
  local: number,
  words: Uint32Array,
  at: number,
  expiresAtMs: number,
) => void;

export class LocationTable {
  protected readonly places: LocationPlaces;
  protected readonly words: Int32Array;
  protected readonly unsigned: Uint32Array;
  protected readonly times: Float64Array;
  protected readonly bytes: Buffer;

  constructor(memory: SharedArrayBuffer) {
    this.places = placesIn(memory);
    this.words = new Int32Array(memory);
    this.unsigned = new Uint32Array(memory);
    this.times = new Float64Array(memory);
    this.bytes = Buffer.from(memory);
  }

  get regions(): number {
    return this.places.regions;
  }

  /** Records are numbered from 0 to here. */
  get records(): number {
    return this.places.regions * this.places.perRegion;
  }

  /** One past the last record of a region that was ever used; its first is `firstRecord`. */
  endOfRecords(region: number): number {
    return this.firstRecord(region) + this.#figure(region, H.highWater);
  }

  firstRecord(region: number): number {
    return region * this.places.perRegion;
  }

  /** Registrations now, with those that have expired and are not swept yet. */
  get registered(): number {
    return this.#sum(H.count);
  }

  get behindNat(): number {
    return this.#sum(H.behindNat);
  }

  /** Registrations refused because the table was full. */
  get refused(): number {
    return this.#sum(H.refused);
  }

  /** Another value means that a gateway's registration has changed. */
  get gatewayChanges(): number {
    return this.#sum(H.gatewayChanges);
  }

  /** The region, and so the shard, of an address of record. */
  regionOf(aor: string): number {
    return hashText(aor) % this.places.regions;
  }

  /** Another value than before means that the record was written; odd: it is being written. */
  versionOf(record: number): number {
    return Atomics.load(this.words, this.lockOf(record));
  }

  /** The registration, or null when the record is free. */
  read(record: number): Registration | null {
    const lock = this.lockOf(record);
    const at = this.places.record(record);
    for (let look = 0; look < MAX_LOOKS; look++) {
      const version = Atomics.load(this.words, lock);
      if ((version & 1) === 1) continue;
      const registration = this.#decode(at);
      if (Atomics.load(this.words, lock) === version) return registration;
    }
    return null;
  }

  /**
   * All registrations of an address of record that have not expired, in no order.
   * @param onlyReachable without devices that are known to be away
   */
  lookUp(aor: string, wallMs: number, onlyReachable = false): Registration[] {
    const found: Registration[] = [];
    for (const record of this.recordsOf(aor)) {
      if (onlyReachable && !this.isReachable(record)) continue;
      const registration = this.read(record);
      // The record may have gone to somebody else since.
      if (registration?.aor !== aor || registration.expiresAtMs <= wallMs) continue;
      found.push(registration);
    }
    return found;
  }

  /** Records of an address of record, for `read`; what is there may change until then. */
  recordsOf(aor: string): number[] {
    const hash = hashText(aor);
    const structure = this.places.head(hash % this.places.regions) + H.structure;
    let found: number[] = [];
    for (let look = 0; look < MAX_LOOKS; look++) {
      const before = Atomics.load(this.words, structure);
      found = this.#chain(hash, aor);
      if ((before & 1) === 0 && Atomics.load(this.words, structure) === before) break;
    }
    return found;
  }

  /** Visits the used records from `from` up to `to`, texts not decoded; torn ones are left out. */
  scan(from: number, to: number, visit: RecordVisitor): void {
    const { words } = this;
    for (let record = from; record < to; record++) {
      const version = Atomics.load(words, this.lockOf(record));
      const at = this.places.record(record);
      const flags = words[at + W.flags]!;
      if ((flags & F.used) === 0 || (version & 1) === 1) continue;
      const expiresAtMs = this.times[(at + W.expiresAt) >> 1]!;
      visit(record, flags, words[at + W.local]!, this.unsigned, at + W.sockaddr, expiresAtMs);
    }
  }

  isReachable(record: number): boolean {
    return this.awayOf(record) === Away.No;
  }

  awayOf(record: number): Away {
    return Atomics.load(this.words, this.places.record(record) + W.away) as Away;
  }

  /**
   * What was found out about a device; its next REGISTER makes it reachable again. It is a new
   * version of the record, so that lists and look-ups follow.
   */
  setAway(record: number, away: Away): void {
    const at = this.places.record(record);
    if (Atomics.exchange(this.words, at + W.away, away) === away) return;
    Atomics.add(this.words, this.lockOf(record), 2);
    if (kindOf(this.words[at + W.flags]!) === Kind.Phone) return;
    const region = Math.floor(record / this.places.perRegion);
    Atomics.add(this.words, this.places.head(region) + H.gatewayChanges, 1);
  }

  protected lockOf(record: number): number {
    const region = Math.floor(record / this.places.perRegion);
    return this.places.lock(region) + record - region * this.places.perRegion;
  }

  /** Whether the record at word `at` is of this address of record. */
  protected isOf(at: number, hash: number, aor: string): boolean {
    const { words } = this;
    if (words[at + W.hash] !== (hash | 0) || (words[at + W.flags]! & F.used) === 0) return false;
    const length = words[at + W.lengths]! & 0xffff;
    if (length !== aor.length) return false;
    const text = at * 4 + TEXT_BYTE;
    for (let i = 0; i < length; i++) {
      if (this.bytes[text + i] !== aor.charCodeAt(i)) return false;
    }
    return true;
  }

  /** The chain of a hash ends by itself unless it changes meanwhile, hence the bound. */
  #chain(hash: number, aor: string): number[] {
    const { perRegion, buckets } = this.places;
    const region = hash % this.places.regions;
    const bucket = this.places.bucket(region) + ((hash >>> 8) & (buckets - 1));
    const found: number[] = [];
    let next = Atomics.load(this.words, bucket);
    for (let steps = 0; next > 0 && steps < MAX_LOOKS; steps++) {
      const record = region * perRegion + next - 1;
      const at = this.places.record(record);
      if (this.isOf(at, hash, aor)) found.push(record);
      next = this.words[at + W.next]!;
    }
    return found;
  }

  #decode(at: number): Registration | null {
    const { words, unsigned, times } = this;
    const flags = words[at + W.flags]!;
    if ((flags & F.used) === 0) return null;
    const ends = this.#textEnds(at);
    const [aor, contact, callId, path, userAgent] = ends;
    const start = at * 4 + TEXT_BYTE;
    const sockaddr = at + W.sockaddr;
    return {
      aor: latin1Slice(this.bytes, start, aor),
      kind: kindOf(flags),
      contact: latin1Slice(this.bytes, aor, contact),
      source: [
        unsigned[sockaddr]!,
        unsigned[sockaddr + 1]!,
        unsigned[sockaddr + 2]!,
        unsigned[sockaddr + 3]!,
        unsigned[sockaddr + 4]!,
        unsigned[sockaddr + 5]!,
      ],
      local: words[at + W.local]!,
      behindNat: (flags & F.nat) !== 0,
      registeredAtMs: times[(at + W.registeredAt) >> 1]!,
      refreshedAtMs: times[(at + W.refreshedAt) >> 1]!,
      expiresAtMs: times[(at + W.expiresAt) >> 1]!,
      q: words[at + W.q]!,
      callId: latin1Slice(this.bytes, contact, callId),
      cseq: unsigned[at + W.cseq]!,
      userAgent: latin1Slice(this.bytes, path, userAgent),
      path: latin1Slice(this.bytes, callId, path),
    };
  }

  /** Where AOR, Contact, Call-ID, path and user agent end; within the record even when torn. */
  #textEnds(at: number): [number, number, number, number, number] {
    const first = this.words[at + W.lengths]!;
    const second = this.words[at + W.lengths + 1]!;
    const aor = at * 4 + TEXT_BYTE + (first & 0xffff);
    const contact = aor + (first >>> 16);
    const callId = contact + (second & 0xff);
    const path = callId + (second >>> 16);
    return [aor, contact, callId, path, path + ((second >>> 8) & 0xff)];
  }

  #figure(region: number, figure: number): number {
    return Atomics.load(this.words, this.places.head(region) + figure);
  }

  #sum(figure: number): number {
    let sum = 0;
    for (let region = 0; region < this.places.regions; region++)
      sum += this.#figure(region, figure);
    return sum;
  }
}
