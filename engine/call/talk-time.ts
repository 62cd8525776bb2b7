// The time of an answered call: how long it has talked, how long it may, when its state is written
// anew, and how its end is known. One timer for the minute's ALIVE and for the length limit.
//
// A call that was carried over a restart goes on from its last proof of life by the wall clock: a
// step of that clock while the switch was down shifts what is billed. From then on the monotonic
// clock counts again.
import { C } from '../base/counter-names.ts';
import { TICK_MS, Timer, type Expiring } from '../base/timer-wheel.ts';
import { ALIVE_MS, type CallState } from '../cdr/call-state.ts';
import type { Cdr } from '../cdr/schema.ts';
import type { MappingGateway, RoutingGateway } from '../routing/snapshot.ts';
import type { CallContext } from './call-context.ts';

/** The call whose time it is. */
export interface Talking {
  /** Its state is to be written (ALIVE). */
  onStateDue(): void;
  /** It has lasted as long as it may. */
  onTooLong(): void;
  /** Carried over a restart long ago, and nobody was heard since: its peers are to be asked. */
  onSilent(): void;
}

/** How long a call may be silent after a restart before its peers are asked, once a minute. */
const SILENT_MS = 300_000;

/** What ends a reason in a record when nobody was heard after the restart. */
const UNHEARD = ', nobody heard since the restart';

export class TalkTime implements Expiring {
  /** Longest talk from the answer on; 0: no limit. */
  readonly limitMs: number;
  readonly #timer: Timer = new Timer(this);
  readonly #context: CallContext;
  readonly #call: Talking;
  readonly #answeredMono: number;
  readonly #begunMono: number;
  /** Taken over from before a restart, with the last proof of life from there. */
  readonly #carried: CallState | null;
  #heard = false;

  /**
   * Begins at the answer, or goes on after a restart.
   * @param aliveMs until the state is written next
   */
  constructor(
    context: CallContext,
    call: Talking,
    limitMs: number,
    carried: CallState | null,
    aliveMs: number = ALIVE_MS,
  ) {
    this.#context = context;
    this.#call = call;
    this.limitMs = limitMs;
    this.#carried = carried;
    const { clock } = context;
    const since =
      carried === null ? 0 : carried.proofMs + Math.max(0, clock.wallMs() - carried.proofAtMs);
    this.#begunMono = clock.monoMs();
    this.#answeredMono = this.#begunMono - since;
    this.#arm(aliveMs);
  }

  /** Whole milliseconds since the answer. */
  get elapsedMs(): number {
    return Math.max(0, Math.round(this.#context.clock.monoMs() - this.#answeredMono));
  }

  /** When the call was last known to live: now, unless it was carried over and nobody was heard. */
  get proofAtMs(): number {
    const silent = this.#silent;
    return silent === null ? this.#context.clock.wallMs() : silent.proofAtMs;
  }

  /** The talk until then. */
  get proofMs(): number {
    return this.#silent?.proofMs ?? this.elapsedMs;
  }

  /** A peer sent something within the call. True: it is the first sign after a restart. */
  hear(): boolean {
    if (this.#silent === null) return false;
    this.#heard = true;
    return true;
  }

  expire(): void {
    const leftMs = this.limitMs - this.elapsedMs;
    if (this.limitMs > 0 && leftMs < TICK_MS) {
      this.#call.onTooLong();
      return;
    }
    this.#arm(ALIVE_MS);
    this.#call.onStateDue();
    if (this.#silent === null) return;
    if (this.#context.clock.monoMs() - this.#begunMono >= SILENT_MS) this.#call.onSilent();
  }

  /** The call has ended: its times, and how the end is known, go into its record. */
  finish(record: Cdr): void {
    const { timers, counters, clock } = this.#context;
    timers.stop(this.#timer);
    record.endedAtMs = clock.wallMs();
    record.durationMs = this.elapsedMs;
    if (this.#carried !== null) record.endEvidence = 'recovered';
    const silent = record.endSide === 'server' ? this.#silent : null;
    if (silent !== null) {
      record.endedAtMs = silent.proofAtMs;
      record.durationMs = silent.proofMs;
      record.endEvidence = 'assumed';
      record.endReason += UNHEARD;
      counters.add(C.callsAssumed, 1);
    }
    record.billedMs = record.durationMs;
    counters.add(C.callMilliseconds, record.durationMs);
  }

  get #silent(): CallState | null {
    return this.#heard ? null : this.#carried;
  }

  #arm(aliveMs: number): void {
    const leftMs = this.limitMs > 0 ? Math.max(0, this.limitMs - this.elapsedMs) : Infinity;
    this.#context.timers.start(this.#timer, Math.min(aliveMs, leftMs));
  }
}

/**
 * The shortest of the limits that apply to a call, in ms; 0 = none.
 * @param noTimerLimitS 0 for a caller with session timers
 */
export function longestTalkMs(
  customer: MappingGateway,
  vendor: RoutingGateway,
  noTimerLimitS: number,
): number {
  const limits = [customer.maxCallSeconds, vendor.maxCallSeconds, noTimerLimitS].filter(
    (seconds) => seconds > 0,
  );
  return limits.length === 0 ? 0 : Math.min(...limits) * 1000;
}
