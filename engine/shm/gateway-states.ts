// The states of gateways (engine/base/gateway-states.ts) in shared memory, a line of cells for each
// gate slot. Readers on a call's way look at one word, which is 0 while nothing is held against the
// gateway.
import {
  Bar,
  Publication,
  Reachability,
  Registration,
  type GatewayStates,
  type GatewayStateView,
  type PublishedState,
} from '../base/gateway-states.ts';

/** Cells of a slot: 64 bytes, one cache line. */
const CELLS = 16;
/** Bits of what may be held against the gateway; times decide whether it still is. */
const MARKS = 0;
const REGISTRATION = 1;
const REGISTRATION_STATUS = 2;
const REGISTERED_UNTIL = 3;
const REACHABILITY = 4;
/** Microseconds, and 1 more: 0 is not known. */
const LATENCY = 5;
const ANSWERED_AT = 6;
const RETRY_UNTIL = 7;
/** Of each publication: entity-tag, end, open and capacity. */
const PUBLICATIONS = 8;
const PUBLICATION_CELLS = 4;
const TAG = 0;
const UNTIL = 1;
const OPEN = 2;
/** And 1 more: 0 is not said. */
const CAPACITY = 3;

const DOWN = 1;
const RETRY = 2;
const PUBLISHED = 4;

const KINDS = [Publication.Presence, Publication.Capacity] as const;
/** In place of an entity-tag while its publication is being written. */
const WRITING = 0xffffffff;

/** Memory for the states of `slots` gateways. */
export function createGatewayStates(slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(slots * CELLS * 4);
}

export class SharedGatewayStates implements GatewayStates {
  readonly #cells: Uint32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Uint32Array(memory);
  }

  barOf(slot: number, registers: boolean, wallMs: number): Bar {
    const at = slot * CELLS;
    const marks = Atomics.load(this.#cells, at + MARKS);
    if (marks === 0 && !registers) return Bar.None;
    if ((marks & DOWN) !== 0) return Bar.Down;
    if (registers && !this.#registered(at, wallMs)) return Bar.Unregistered;
    if ((marks & RETRY) !== 0 && this.#runs(at + RETRY_UNTIL, wallMs)) return Bar.RetryAfter;
    if ((marks & PUBLISHED) !== 0 && this.#closed(at, wallMs)) return Bar.Closed;
    return Bar.None;
  }

  capacityOf(slot: number, configured: number, wallMs: number): number {
    const at = slot * CELLS;
    if ((Atomics.load(this.#cells, at + MARKS) & PUBLISHED) === 0) return configured;
    return Math.min(configured, this.#capacity(at, wallMs) ?? configured);
  }

  setRegistration(slot: number, state: Registration, status: number, untilMs: number): void {
    const at = slot * CELLS;
    Atomics.store(this.#cells, at + REGISTERED_UNTIL, seconds(untilMs));
    Atomics.store(this.#cells, at + REGISTRATION_STATUS, status);
    Atomics.store(this.#cells, at + REGISTRATION, state);
  }

  reachabilityOf(slot: number): Reachability {
    return Atomics.load(this.#cells, slot * CELLS + REACHABILITY) as Reachability;
  }

  setReachability(slot: number, state: Reachability): void {
    const at = slot * CELLS;
    Atomics.store(this.#cells, at + REACHABILITY, state);
    if (state === Reachability.Down) Atomics.or(this.#cells, at + MARKS, DOWN);
    else Atomics.and(this.#cells, at + MARKS, ~DOWN);
  }

  setLatency(slot: number, latencyMs: number, wallMs: number): void {
    const at = slot * CELLS;
    Atomics.store(this.#cells, at + LATENCY, Math.round(latencyMs * 1000) + 1);
    Atomics.store(this.#cells, at + ANSWERED_AT, seconds(wallMs));
  }

  retryAfter(slot: number, untilMs: number): void {
    const at = slot * CELLS;
    const until = seconds(untilMs);
    for (;;) {
      const current = Atomics.load(this.#cells, at + RETRY_UNTIL);
      if (current >= until) break;
      const found = Atomics.compareExchange(this.#cells, at + RETRY_UNTIL, current, until);
      if (found === current) break;
    }
    Atomics.or(this.#cells, at + MARKS, RETRY);
  }

  publish(
    slot: number,
    kind: Publication,
    match: number,
    tag: number,
    state: PublishedState | null,
    untilMs: number,
    wallMs: number,
  ): boolean {
    const at = slot * CELLS;
    const publication = at + PUBLICATIONS + kind * PUBLICATION_CELLS;
    if (!this.#take(publication, match, wallMs)) return false;
    if (state !== null) {
      Atomics.store(this.#cells, publication + OPEN, state.open ? 1 : 0);
      const { capacity } = state;
      Atomics.store(this.#cells, publication + CAPACITY, capacity === null ? 0 : capacity + 1);
    }
    Atomics.store(this.#cells, publication + UNTIL, seconds(untilMs));
    Atomics.or(this.#cells, at + MARKS, PUBLISHED);
    Atomics.store(this.#cells, publication + TAG, tag);
    return true;
  }

  unpublish(slot: number, kind: Publication, match: number, wallMs: number): boolean {
    const publication = slot * CELLS + PUBLICATIONS + kind * PUBLICATION_CELLS;
    if (!this.#take(publication, match, wallMs)) return false;
    Atomics.store(this.#cells, publication + UNTIL, 0);
    Atomics.store(this.#cells, publication + TAG, 0);
    return true;
  }

  view(slot: number, wallMs: number): GatewayStateView {
    const cells = this.#cells;
    const at = slot * CELLS;
    const latency = Atomics.load(cells, at + LATENCY);
    const running = (cell: number): number => (this.#runs(cell, wallMs) ? milli(cells, cell) : 0);
    const stored = Atomics.load(cells, at + REGISTRATION) as Registration;
    const until = running(at + REGISTERED_UNTIL);
    const expired = stored === Registration.Registered && until === 0;
    return {
      registration: expired ? Registration.Failed : stored,
      registeredUntilMs: stored === Registration.Registered ? until : 0,
      registrationStatus: Atomics.load(cells, at + REGISTRATION_STATUS),
      reachability: Atomics.load(cells, at + REACHABILITY) as Reachability,
      latencyMs: latency === 0 ? null : (latency - 1) / 1000,
      answeredAtMs: milli(cells, at + ANSWERED_AT),
      published: this.#published(at, wallMs),
      retryAfterUntilMs: running(at + RETRY_UNTIL),
    };
  }

  clear(slot: number): void {
    for (let cell = 0; cell < CELLS; cell++) Atomics.store(this.#cells, slot * CELLS + cell, 0);
  }

  /** Claims a publication for writing when it has the tag `match`, or any for 0. */
  #take(publication: number, match: number, wallMs: number): boolean {
    for (;;) {
      const tag = Atomics.load(this.#cells, publication + TAG);
      if (match !== 0 && (tag !== match || !this.#runs(publication + UNTIL, wallMs))) return false;
      // A thread that died while it wrote leaves WRITING behind: the next initial one takes over.
      if (Atomics.compareExchange(this.#cells, publication + TAG, tag, WRITING) === tag)
        return true;
    }
  }

  #registered(at: number, wallMs: number): boolean {
    return (
      Atomics.load(this.#cells, at + REGISTRATION) === Registration.Registered &&
      this.#runs(at + REGISTERED_UNTIL, wallMs)
    );
  }

  #runs(cell: number, wallMs: number): boolean {
    return milli(this.#cells, cell) > wallMs;
  }

  /** Closed when one of its publications says so, or leaves no place. */
  #closed(at: number, wallMs: number): boolean {
    if (this.#capacity(at, wallMs) === 0) return true;
    return KINDS.some((kind) => {
      const publication = at + PUBLICATIONS + kind * PUBLICATION_CELLS;
      if (!this.#runs(publication + UNTIL, wallMs)) return false;
      return Atomics.load(this.#cells, publication + OPEN) === 0;
    });
  }

  #capacity(at: number, wallMs: number): number | null {
    const publication = at + PUBLICATIONS + Publication.Capacity * PUBLICATION_CELLS;
    if (!this.#runs(publication + UNTIL, wallMs)) return null;
    const cell = Atomics.load(this.#cells, publication + CAPACITY);
    return cell === 0 ? null : cell - 1;
  }

  #published(at: number, wallMs: number): GatewayStateView['published'] {
    let untilMs = 0;
    for (const kind of KINDS) {
      const cell = at + PUBLICATIONS + kind * PUBLICATION_CELLS + UNTIL;
      if (this.#runs(cell, wallMs)) untilMs = Math.max(untilMs, milli(this.#cells, cell));
    }
    if (untilMs === 0) return null;
    return { open: !this.#closed(at, wallMs), capacity: this.#capacity(at, wallMs), untilMs };
  }
}

/** Whole seconds fit a cell until 2106. */
function seconds(wallMs: number): number {
  return Math.ceil(wallMs / 1000);
}

function milli(cells: Uint32Array, cell: number): number {
  return Atomics.load(cells, cell) * 1000;
}
