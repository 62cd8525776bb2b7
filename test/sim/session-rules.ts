// What must hold of session timers whatever happens (RFC 4028 10, SIP-05, SIP-08): a second view of
// each leg's interval, from the 2xx on the wire, against the moment at which the call ends.
import type { Cdr } from '../../engine/cdr/schema.ts';
import { sessionOf } from './leg-session.ts';
import type { TextMessage } from './text-message.ts';
import type { VirtualTime } from './virtual-time.ts';

/** A tick of the timer wheel, and one of rounding. */
const TOLERANCE_MS = 20;
/** A call whose interval ran out while the switch was down ends when it is back. */
const DOWNTIME_MS = 60_000;

interface WatchedLeg {
  /** Both tags, in the order of the switch's own view: forks are not watched. */
  readonly tags: string;
  /** When the last 2xx that agreed on an interval was sent or taken, first of its copies. */
  sinceMs: number;
  seconds: number;
}

export class SessionRules {
  readonly #time: VirtualTime;
  readonly #complain: (problem: string) => void;
  readonly #earlyS: number;
  /** Cores die here, and with them maybe the last refresh on record. */
  readonly #crashes: boolean;
  /** By Call-ID, from the 2xx of the INVITE on. */
  readonly #legs = new Map<string, WatchedLeg>();
  readonly #seen = new Set<string>();
  /** Ended by a session timer, and refreshed: to see that simulations do both. */
  expired = 0;
  refreshed = 0;

  constructor(
    time: VirtualTime,
    earlyS: number,
    crashes: boolean,
    complain: (problem: string) => void,
  ) {
    this.#time = time;
    this.#earlyS = earlyS;
    this.#crashes = crashes;
    this.#complain = complain;
  }

  /** A message of a peer, or one that the switch sends. */
  message(message: TextMessage, sent: boolean): void {
    const { status, cseqMethod, branch, callId } = message;
    if (status < 200 || status > 299 || !/^(INVITE|UPDATE)$/.test(cseqMethod)) return;
    const key = `${branch} ${cseqMethod} ${message.toTag}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const { fromTag, toTag } = message;
    const tags = sent ? `${toTag} ${fromTag}` : `${fromTag} ${toTag}`;
    const leg = this.#legs.get(callId);
    const [seconds] = sessionOf(message);
    if (leg === undefined) {
      if (cseqMethod === 'UPDATE') return;
      this.#legs.set(callId, { tags, sinceMs: this.#time.monoMs(), seconds });
    } else if (leg.tags === tags && (seconds > 0 || !sent)) {
      leg.sinceMs = this.#time.monoMs();
      leg.seconds = seconds;
      if (seconds > 0) this.refreshed++;
    }
  }

  /** A call has ended. */
  cdr(record: Cdr): void {
    const now = this.#time.monoMs();
    const expired = record.endReason.startsWith('Session expired');
    if (expired) this.expired++;
    for (const callId of [record.callIdIn, record.callIdOut]) {
      const leg = this.#legs.get(callId);
      if (leg === undefined || leg.seconds === 0) continue;
      const early = Math.min(this.#earlyS, leg.seconds / 3);
      const endMs = leg.sinceMs + (leg.seconds - early) * 1000;
      const late = this.#crashes ? DOWNTIME_MS : TOLERANCE_MS;
      if (now > endMs + late) {
        this.#complain(`${callId} outlived its ${leg.seconds} s by ${now - endMs} ms`);
      }
      const side = callId === record.callIdIn ? '(caller)' : '(callee)';
      if (!expired || !record.endReason.includes(side) || this.#crashes) continue;
      if (now < endMs - TOLERANCE_MS) {
        this.#complain(`${callId} expired ${endMs - now} ms before its ${leg.seconds} s`);
      }
    }
  }
}
