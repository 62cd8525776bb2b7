// What a shard has lately received and sent, while a trace is on that may take a call in late: a
// vendor is known only when it is tried, perhaps after others. Then the messages that came before
// are taken from here. A fixed arena: old messages give way, nothing grows.
import type { Endpoint } from '../base/endpoint.ts';
import { latin1Equals, latin1Write } from '../base/latin1.ts';
import { findCallId, foundCallId } from '../sip/message/find-call-id.ts';
import type { Direction } from './trace-record.ts';

const ARENA_BYTES = 8 << 20;
const MAX_MESSAGES = 16_384;
/** Vendors' legs that are remembered with their call. */
const MAX_LEGS = 4096;

/** One message; its bytes are valid only during the call that hands it over. */
export interface SeenMessage {
  readonly direction: Direction;
  readonly timeUs: number;
  readonly local: number;
  readonly remote: Endpoint;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** A vendor's leg of a call that no trace has taken so far. */
export interface SeenLeg {
  readonly call: string;
  readonly callId: string;
  readonly leg: number;
  readonly gateway: string;
}

interface Kept {
  hash: number;
  direction: Direction;
  timeUs: number;
  local: number;
  remote: Endpoint | null;
  start: number;
  end: number;
}

export class LookBack {
  readonly #arena = Buffer.allocUnsafe(ARENA_BYTES);
  readonly #kept: Kept[] = Array.from({ length: MAX_MESSAGES }, () => ({
    hash: 0,
    direction: 0,
    timeUs: 0,
    local: 0,
    remote: null,
    start: 0,
    end: 0,
  }));
  readonly #legs: (SeenLeg | null)[] = Array.from({ length: MAX_LEGS }, () => null);
  #next = 0;
  #nextLeg = 0;
  /** Oldest message whose bytes are still whole. */
  #oldest = 0;
  #at = 0;

  /** Keeps a message received. @param callIdStart of its Call-ID in `bytes` */
  received(
    timeUs: number,
    local: number,
    remote: Endpoint,
    bytes: Buffer,
    range: { start: number; end: number; callIdStart: number; callIdEnd: number },
  ): void {
    const length = range.end - range.start;
    const kept = this.#claim(length);
    if (kept === null) return;
    bytes.copy(this.#arena, kept.start, range.start, range.end);
    kept.hash = hashOfBytes(bytes, range.callIdStart, range.callIdEnd);
    fill(kept, 0, timeUs, local, remote);
  }

  /** Keeps a message sent, latin1 text. */
  sent(timeUs: number, local: number, remote: Endpoint, text: string, callId: string): void {
    const kept = this.#claim(text.length);
    if (kept === null) return;
    latin1Write(this.#arena, text, kept.start);
    kept.hash = hashOfText(callId);
    fill(kept, 1, timeUs, local, remote);
  }

  /** Remembers which leg belongs to which call. */
  leg(leg: SeenLeg): void {
    this.#legs[this.#nextLeg++ % MAX_LEGS] = leg;
  }

  legsOf(call: string): SeenLeg[] {
    return this.#legs.filter((leg): leg is SeenLeg => leg?.call === call);
  }

  /** Hands over what there is with one of these Call-IDs, in its order. */
  replay(callIds: readonly string[], visit: (message: SeenMessage, callId: string) => void): void {
    const hashes = callIds.map(hashOfText);
    for (let i = this.#oldest; i < this.#next; i++) {
      const kept = this.#kept[i % MAX_MESSAGES]!;
      const index = hashes.indexOf(kept.hash);
      const callId = callIds[index];
      if (callId === undefined || !this.#has(kept, callId)) continue;
      const { direction, timeUs, local, remote, start, end } = kept;
      visit({ direction, timeUs, local, remote: remote!, bytes: this.#arena, start, end }, callId);
    }
  }

  #has({ start, end }: Kept, callId: string): boolean {
    if (!findCallId(this.#arena, start, end)) return false;
    return latin1Equals(this.#arena, foundCallId.start, foundCallId.end, callId);
  }

  /** Room for one more message; whatever stood there is forgotten. */
  #claim(length: number): Kept | null {
    if (length > ARENA_BYTES / 8) return null;
    if (this.#at + length > ARENA_BYTES) {
      this.#forget(this.#at, ARENA_BYTES);
      this.#at = 0;
    }
    const start = this.#at;
    this.#forget(start, start + length);
    if (this.#next - this.#oldest >= MAX_MESSAGES) this.#oldest++;
    const kept = this.#kept[this.#next++ % MAX_MESSAGES]!;
    kept.start = start;
    kept.end = start + length;
    this.#at = kept.end;
    return kept;
  }

  /** Messages lie in the arena in their order: those in the way are always the oldest. */
  #forget(start: number, end: number): void {
    while (this.#oldest < this.#next) {
      const kept = this.#kept[this.#oldest % MAX_MESSAGES]!;
      if (kept.end <= start || kept.start >= end) return;
      this.#oldest++;
    }
  }
}

function fill(
  kept: Kept,
  direction: Direction,
  timeUs: number,
  local: number,
  remote: Endpoint,
): void {
  kept.direction = direction;
  kept.timeUs = timeUs;
  kept.local = local;
  kept.remote = remote;
}

/** FNV-1a; equal hashes are compared byte by byte. */
function hashOfBytes(bytes: Buffer, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

function hashOfText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
