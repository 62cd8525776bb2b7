// The writing end of one region of the location table: its shard's, or main's before shards run.
// Records change under their lock, chains under the region's; a writer that died in the middle of
// either leaves it odd, and its successor puts the region in order again.
import { latin1Equals, latin1Write } from '../base/latin1.ts';
import { hashText } from '../base/text-hash.ts';
import {
  Away,
  F,
  flagsOf,
  H,
  Kind,
  kindOf,
  MAX_TEXT,
  MAX_TEXT_BYTES,
  TEXT_BYTE,
  W,
} from './location-layout.ts';
import { LocationTable } from './location-table.ts';
import type { Registration } from './registration.ts';

/** `put`: the region is full. */
export const TABLE_FULL = -1;
/** `put`: a text is longer than the table keeps. */
export const TEXT_TOO_LONG = -2;

export class LocationWriter extends LocationTable {
  readonly #region: number;
  readonly #head: number;

  constructor(memory: SharedArrayBuffer, region: number) {
    super(memory);
    this.#region = region;
    this.#head = this.places.head(region);
    this.#repair();
  }

  get region(): number {
    return this.#region;
  }

  /**
   * Takes a registration in, in place of the one with the same AOR and Contact.
   * @returns its record, TABLE_FULL or TEXT_TOO_LONG
   */
  put(registration: Registration): number {
    const texts = textBytes(registration);
    if (texts < 0) return TEXT_TOO_LONG;
    const hash = hashText(registration.aor);
    const known = this.recordOf(registration.aor, registration.contact);
    if (known >= 0) {
      this.#count(known, -1);
      this.#write(known, registration, hash, texts);
      this.#count(known, 1);
      return known;
    }
    const record = this.#take();
    if (record < 0) {
      this.#add(H.refused, 1);
      return TABLE_FULL;
    }
    this.#write(record, registration, hash, texts);
    this.#changeChains(() => {
      const bucket = this.#bucketOf(hash);
      this.words[this.places.record(record) + W.next] = this.words[bucket]!;
      Atomics.store(this.words, bucket, record - this.firstRecord(this.#region) + 1);
    });
    this.#count(record, 1);
    return record;
  }

  /** The record of this AOR and Contact URI, or -1. */
  recordOf(aor: string, contact: string): number {
    for (const record of this.recordsOf(aor)) {
      const at = this.places.record(record);
      const lengths = this.words[at + W.lengths]!;
      const start = at * 4 + TEXT_BYTE + (lengths & 0xffff);
      if (latin1Equals(this.bytes, start, start + (lengths >>> 16), contact)) return record;
    }
    return -1;
  }

  /** Ends a registration of this region. */
  remove(record: number): void {
    const at = this.places.record(record);
    if ((this.words[at + W.flags]! & F.used) === 0) return;
    this.#count(record, -1);
    this.#changeChains(() => {
      this.#unlink(record, at);
    });
    this.#locked(record, () => {
      this.words[at + W.flags] = 0;
    });
    this.#free(record, at);
  }

  /** Removes what has expired among the next `limit` records; call again with the result. */
  sweep(from: number, limit: number, wallMs: number): number {
    const end = this.endOfRecords(this.#region);
    const start = from >= end || from < this.firstRecord(this.#region) ? 0 : from;
    const first = Math.max(start, this.firstRecord(this.#region));
    const to = Math.min(first + limit, end);
    this.scan(first, to, (record, _flags, _local, _words, _at, expiresAtMs) => {
      if (expiresAtMs <= wallMs) this.remove(record);
    });
    return to;
  }

  #write(record: number, registration: Registration, hash: number, texts: number): void {
    const { words, unsigned, times } = this;
    const at = this.places.record(record);
    this.#locked(record, () => {
      words[at + W.flags] = flagsOf(registration.kind, registration.behindNat);
      words[at + W.hash] = hash;
      words[at + W.local] = registration.local;
      for (let i = 0; i < 6; i++) unsigned[at + W.sockaddr + i] = registration.source[i]!;
      times[(at + W.registeredAt) >> 1] = registration.registeredAtMs;
      times[(at + W.expiresAt) >> 1] = registration.expiresAtMs;
      times[(at + W.refreshedAt) >> 1] = registration.refreshedAtMs;
      words[at + W.q] = registration.q;
      unsigned[at + W.cseq] = registration.cseq;
      this.#writeTexts(at, registration, texts);
    });
    Atomics.store(words, at + W.away, Away.No);
  }

  #writeTexts(at: number, registration: Registration, texts: number): void {
    const { aor, contact, callId, path, userAgent } = registration;
    const kept = userAgent.slice(0, MAX_TEXT_BYTES - texts).slice(0, MAX_TEXT.userAgent);
    let offset = at * 4 + TEXT_BYTE;
    for (const text of [aor, contact, callId, path, kept]) {
      offset += latin1Write(this.bytes, text, offset);
    }
    this.words[at + W.lengths] = aor.length | (contact.length << 16);
    this.words[at + W.lengths + 1] = callId.length | (kept.length << 8) | (path.length << 16);
  }

  /** A free record, or -1. */
  #take(): number {
    const { words } = this;
    const first = this.firstRecord(this.#region);
    const free = words[this.#head + H.free]!;
    if (free > 0) {
      words[this.#head + H.free] = words[this.places.record(first + free - 1) + W.next]!;
      return first + free - 1;
    }
    const highWater = words[this.#head + H.highWater]!;
    if (highWater >= this.places.perRegion) return -1;
    Atomics.store(words, this.#head + H.highWater, highWater + 1);
    return first + highWater;
  }

  #free(record: number, at: number): void {
    this.words[at + W.next] = this.words[this.#head + H.free]!;
    this.words[this.#head + H.free] = record - this.firstRecord(this.#region) + 1;
  }

  #unlink(record: number, at: number): void {
    const { words } = this;
    const first = this.firstRecord(this.#region);
    let link = this.#bucketOf(words[at + W.hash]! >>> 0);
    while (words[link]! > 0 && first + words[link]! - 1 !== record) {
      link = this.places.record(first + words[link]! - 1) + W.next;
    }
    if (words[link]! > 0) Atomics.store(words, link, words[at + W.next]!);
  }

  #bucketOf(hash: number): number {
    return this.places.bucket(this.#region) + ((hash >>> 8) & (this.places.buckets - 1));
  }

  #locked(record: number, change: () => void): void {
    const lock = this.lockOf(record);
    Atomics.add(this.words, lock, 1);
    change();
    Atomics.add(this.words, lock, 1);
  }

  #changeChains(change: () => void): void {
    Atomics.add(this.words, this.#head + H.structure, 1);
    change();
    Atomics.add(this.words, this.#head + H.structure, 1);
  }

  #count(record: number, by: number): void {
    const flags = this.words[this.places.record(record) + W.flags]!;
    this.#add(H.count, by);
    if ((flags & F.nat) !== 0) this.#add(H.behindNat, by);
    if (kindOf(flags) !== Kind.Phone) this.#add(H.gatewayChanges, 1);
  }

  #add(figure: number, by: number): void {
    Atomics.add(this.words, this.#head + figure, by);
  }

  /** Chains, free list and figures anew from the records; one that is torn is lost. */
  #repair(): void {
    const { words, places } = this;
    const first = this.firstRecord(this.#region);
    const structure = this.#head + H.structure;
    if ((Atomics.load(words, structure) & 1) === 0) Atomics.add(words, structure, 1);
    const bucket = places.bucket(this.#region);
    words.fill(0, bucket, bucket + places.buckets);
    for (const figure of [H.free, H.count, H.behindNat])
      Atomics.store(words, this.#head + figure, 0);
    for (let record = this.endOfRecords(this.#region) - 1; record >= first; record--) {
      const at = places.record(record);
      if ((Atomics.load(words, this.lockOf(record)) & 1) === 1) {
        words[at + W.flags] = 0;
        Atomics.add(words, this.lockOf(record), 1);
      }
      if ((words[at + W.flags]! & F.used) === 0) {
        this.#free(record, at);
        continue;
      }
      const link = this.#bucketOf(words[at + W.hash]! >>> 0);
      words[at + W.next] = words[link]!;
      words[link] = record - first + 1;
      this.#count(record, 1);
    }
    Atomics.add(words, structure, 1);
  }
}

/** Bytes of all texts but the user agent, or -1 when one of them is too long. */
function textBytes({ aor, contact, callId, path }: Registration): number {
  const fits =
    aor.length <= MAX_TEXT.aor &&
    contact.length <= MAX_TEXT.contact &&
    callId.length <= MAX_TEXT.callId &&
    path.length <= MAX_TEXT.path;
  const bytes = aor.length + contact.length + callId.length + path.length;
  return fits && bytes <= MAX_TEXT_BYTES ? bytes : -1;
}
