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
/** Key of an entry that a shard is filling in: keys are odd. */
const CLAIMED = 2;
/** How often a shard looks whether another one is done, some 10 µs; then a failure may get lost. */
const MAX_TRIES = 100;
const NAME_BYTE = 64;
/** Words of an entry; times are wall seconds. */
const W = {
  /** Hash, which is odd; 0 when free. */
  key: 0,
  kind: 1,
  failures: 2,
  total: 3,
  lastAt: 4,
  suspendedUntil: 5,
  moves: 6,
  length: 7,
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

  /**
   * An entry is claimed before it is filled, so that of shards that need one at once each gets its
   * own, and of those that need the same the first makes it.
   */
  #findOrMake(kind: Suspect, name: string, wallMs: number): number {
    const key = keyOf(kind, name);
    const first = this.#firstOf(key);
    for (let tries = 0; ; tries++) {
      const known = this.#find(kind, name);
      if (known >= 0) return known;
      // It may be the same name that another shard fills in; one that died is not waited for.
      if (tries < MAX_TRIES && this.#isBeingFilled(first)) continue;
      const at = this.#leastOf(first, wallMs);
      const before = this.#get(at, W.key);
      if (Atomics.compareExchange(this.#words, at + W.key, before, CLAIMED) !== before) continue;
      if (tries < MAX_TRIES && this.#get(at, W.suspendedUntil) * 1000 > wallMs) {
        // Suspended since it was chosen, or the whole set is.
        Atomics.store(this.#words, at + W.key, before);
        continue;
      }
      this.#fill(at, kind, name, wallMs);
      Atomics.store(this.#words, at + W.key, key);
      return at;
    }
  }

  #isBeingFilled(first: number): boolean {
    for (let i = 0; i < SET_ENTRIES; i++) {
      if (this.#get(first + i * ENTRY_WORDS, W.key) === CLAIMED) return true;
    }
    return false;
  }

  #fill(at: number, kind: Suspect, name: string, wallMs: number): void {
    const kept = name.slice(0, MAX_NAME);
    for (let word = 1; word < NAME_BYTE / 4; word++) Atomics.store(this.#words, at + word, 0);
    Atomics.store(this.#words, at + W.kind, kind);
    latin1Write(this.#bytes, kept, at * 4 + NAME_BYTE);
    Atomics.store(this.#words, at + W.length, kept.length);
    Atomics.store(this.#words, at + W.lastAt, Math.floor(wallMs / 1000));
  }

  /** A free entry of a set, else the one that matters least; none that is being filled in. */
  #leastOf(first: number, wallMs: number): number {
    let least = first;
    let leastWorth = Infinity;
    for (let i = 0; i < SET_ENTRIES; i++) {
      const at = first + i * ENTRY_WORDS;
      const key = this.#get(at, W.key);
      if (key === 0) return at;
      if (key === CLAIMED) continue;
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
