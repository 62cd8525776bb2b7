// Who failed to prove himself, and who is suspended for it (SS_AUTHENTICATION_MAX_RETRY,
// SS_AUTHENTICATION_FAILED_SUSPEND): one table in shared memory for terminals and source addresses,
// written by all shards with Atomics, so that a suspension holds in each of them. Bounded: where a
// set of entries is full, the one that failed longest ago makes room, suspended ones last.
import { latin1Slice, latin1Write } from '../base/latin1.ts';
import { hashText } from '../base/text-hash.ts';

/** Which kind of name an entry has. */
export const Suspect = { Terminal: 1, Source: 2 } as const;
export type Suspect = (typeof Suspect)[keyof typeof Suspect];

/** One entry, for lists. */
export interface SuspectFigures {
  readonly kind: Suspect;
  /** User of a terminal, or IP address. */
  readonly name: string;
  /** Failures that count towards a suspension. */
  readonly failures: number;
  /** All failures, and changes of place of a terminal, since the entry was made. */
  readonly totalFailures: number;
  readonly moves: number;
  readonly lastAtMs: number;
  /** 0 when not suspended. */
  readonly suspendedUntilMs: number;
}

const ENTRY_WORDS = 32;
const SET_ENTRIES = 8;
const MAX_NAME = 64;
/** How often a shard asks for a lock, up to 1 ms; a failure may get lost without it. */
const MAX_TRIES = 10_000;
const NAME_BYTE = 64;
/** Words of an entry; times are wall seconds. */
const W = {
  /** Hash, 0 when free. */
  key: 0,
  kind: 1,
  failures: 2,
  total: 3,
  lastAt: 4,
  suspendedUntil: 5,
  moves: 6,
  length: 7,
  /** Of a set, in its first entry: one shard at a time makes entries. */
  lock: 8,
} as const;

/** @param entries a power of two, 128 bytes each */
export function createSuspensions(entries = 16_384): SharedArrayBuffer {
  return new SharedArrayBuffer(entries * ENTRY_WORDS * 4);
}

export class Suspensions {
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #sets: number;

  constructor(memory: SharedArrayBuffer) {
    this.#words = new Int32Array(memory);
    this.#bytes = Buffer.from(memory);
    this.#sets = this.#words.length / ENTRY_WORDS / SET_ENTRIES;
  }

  isSuspended(kind: Suspect, name: string, wallMs: number): boolean {
    const at = this.#find(kind, name);
    return at >= 0 && this.#get(at, W.suspendedUntil) * 1000 > wallMs;
  }

  /**
   * Counts a failure. Failures count together while no two are further apart than the suspension
   * lasts.
   * @param limit failures that suspend
   * @returns true when this one has suspended
   */
  fail(kind: Suspect, name: string, wallMs: number, limit: number, suspendS: number): boolean {
    const at = this.#findOrMake(kind, name, wallMs);
    const nowS = Math.floor(wallMs / 1000);
    if (nowS - this.#get(at, W.lastAt) > suspendS) Atomics.store(this.#words, at + W.failures, 0);
    Atomics.store(this.#words, at + W.lastAt, nowS);
    Atomics.add(this.#words, at + W.total, 1);
    const failures = Atomics.add(this.#words, at + W.failures, 1) + 1;
    // Not only at the limit: it may have been lowered since the last one.
    if (failures < Math.max(1, limit)) return false;
    const before = this.#get(at, W.suspendedUntil);
    if (before > nowS) return false;
    const until = Math.ceil(wallMs / 1000) + suspendS;
    // Of shards that get here at once one suspends.
    const was = Atomics.compareExchange(this.#words, at + W.suspendedUntil, before, until);
    if (was !== before) return false;
    Atomics.store(this.#words, at + W.failures, 0);
    return true;
  }

  /** A terminal has proved itself: what failed before no longer counts. */
  succeed(kind: Suspect, name: string): void {
    const at = this.#find(kind, name);
    if (at >= 0) Atomics.store(this.#words, at + W.failures, 0);
  }

  /** A terminal has registered from another place. */
  move(name: string, wallMs: number): void {
    const at = this.#findOrMake(Suspect.Terminal, name, wallMs);
    Atomics.add(this.#words, at + W.moves, 1);
    Atomics.store(this.#words, at + W.lastAt, Math.floor(wallMs / 1000));
  }

  /** All that failed or moved since they are in the table, most failures first. */
  list(wallMs: number): SuspectFigures[] {
    const all: SuspectFigures[] = [];
    for (let at = 0; at < this.#words.length; at += ENTRY_WORDS) {
      if (this.#get(at, W.key) === 0) continue;
      const until = this.#get(at, W.suspendedUntil) * 1000;
      const name = at * 4 + NAME_BYTE;
      all.push({
        kind: this.#get(at, W.kind) as Suspect,
        name: latin1Slice(this.#bytes, name, name + this.#get(at, W.length)),
        failures: this.#get(at, W.failures),
        totalFailures: this.#get(at, W.total),
        moves: this.#get(at, W.moves),
        lastAtMs: this.#get(at, W.lastAt) * 1000,
        suspendedUntilMs: until > wallMs ? until : 0,
      });
    }
    return all.sort((a, b) => b.totalFailures - a.totalFailures);
  }

  /** How many are suspended now. */
  suspended(wallMs: number): number {
    let count = 0;
    for (let at = 0; at < this.#words.length; at += ENTRY_WORDS) {
      if (this.#get(at, W.suspendedUntil) * 1000 > wallMs) count++;
    }
    return count;
  }

  /** Lets everybody of that name in again. */
  pardon(name: string): void {
    for (const kind of [Suspect.Terminal, Suspect.Source]) {
      const at = this.#find(kind, name);
      if (at < 0) continue;
      Atomics.store(this.#words, at + W.suspendedUntil, 0);
      Atomics.store(this.#words, at + W.failures, 0);
    }
  }

  #get(at: number, word: number): number {
    return Atomics.load(this.#words, at + word);
  }

  #find(kind: Suspect, name: string): number {
    const key = keyOf(kind, name);
    const first = this.#firstOf(key);
    for (let i = 0; i < SET_ENTRIES; i++) {
      const at = first + i * ENTRY_WORDS;
      if (this.#get(at, W.key) === key && this.#isNamed(at, kind, name)) return at;
    }
    return -1;
  }

  #findOrMake(kind: Suspect, name: string, wallMs: number): number {
    const known = this.#find(kind, name);
    if (known >= 0) return known;
    const first = this.#firstOf(keyOf(kind, name));
    const locked = this.#lock(first);
    const madeMeanwhile = this.#find(kind, name);
    const at = madeMeanwhile >= 0 ? madeMeanwhile : this.#make(first, kind, name, wallMs);
    if (locked) Atomics.store(this.#words, first + W.lock, 0);
    return at;
  }

  /** Entries of a set are made one after the other; false: who holds its lock is gone or slow. */
  #lock(first: number): boolean {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (Atomics.compareExchange(this.#words, first + W.lock, 0, 1) === 0) return true;
    }
    return false;
  }

  #make(first: number, kind: Suspect, name: string, wallMs: number): number {
    const kept = name.slice(0, MAX_NAME);
    const at = this.#vacate(first, wallMs);
    for (let word = 1; word < W.lock; word++) Atomics.store(this.#words, at + word, 0);
    Atomics.store(this.#words, at + W.kind, kind);
    latin1Write(this.#bytes, kept, at * 4 + NAME_BYTE);
    Atomics.store(this.#words, at + W.length, kept.length);
    Atomics.store(this.#words, at + W.lastAt, Math.floor(wallMs / 1000));
    Atomics.store(this.#words, at + W.key, keyOf(kind, name));
    return at;
  }

  /** Frees the entry that matters least, unless it was suspended since it was chosen. */
  #vacate(first: number, wallMs: number): number {
    for (let tries = 0; ; tries++) {
      const at = this.#leastOf(first, wallMs);
      const wasSuspended = this.#get(at, W.suspendedUntil) * 1000 > wallMs;
      const key = Atomics.exchange(this.#words, at + W.key, 0);
      const isSuspended = this.#get(at, W.suspendedUntil) * 1000 > wallMs;
      if (wasSuspended === isSuspended || tries === SET_ENTRIES) return at;
      Atomics.store(this.#words, at + W.key, key);
    }
  }

  /** A free entry of a set, else the one that matters least. */
  #leastOf(first: number, wallMs: number): number {
    let least = first;
    let leastWorth = Infinity;
    for (let i = 0; i < SET_ENTRIES; i++) {
      const at = first + i * ENTRY_WORDS;
      if (this.#get(at, W.key) === 0) return at;
      const until = this.#get(at, W.suspendedUntil);
      const worth = until * 1000 > wallMs ? until + 2 ** 32 : this.#get(at, W.lastAt);
      if (worth >= leastWorth) continue;
      least = at;
      leastWorth = worth;
    }
    return least;
  }

  #firstOf(key: number): number {
    return ((key >>> 0) % this.#sets) * SET_ENTRIES * ENTRY_WORDS;
  }

  #isNamed(at: number, kind: Suspect, name: string): boolean {
    if (this.#get(at, W.kind) !== kind) return false;
    const kept = name.slice(0, MAX_NAME);
    const start = at * 4 + NAME_BYTE;
    return latin1Slice(this.#bytes, start, start + this.#get(at, W.length)) === kept;
  }
}

function keyOf(kind: Suspect, name: string): number {
  return (hashText(name) ^ (kind * 0x9e3779b1)) | 1;
}
