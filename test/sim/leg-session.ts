// The session timer of a simulated peer on one leg (RFC 4028): what it says of it, and whether it
// keeps its word. It never hangs up for want of a refresh: that is left to the switch.
import type { Leg } from './leg.ts';
import type { TextMessage } from './text-message.ts';

/** What a peer does about session timers. */
export interface SessionHabits {
  /** Asked for in the INVITE, or granted in the 2xx at most. */
  readonly seconds: number;
  /** Who shall refresh, in its own requests and 2xx; empty: not said, or as asked. */
  readonly refresher: '' | 'uac' | 'uas';
  /** How it refreshes when that is up to it; null: it forgets. */
  readonly refreshesBy: 'UPDATE' | 'INVITE' | null;
  /** It allows UPDATE. */
  readonly takesUpdate: boolean;
  /** Final code of the first refresh of the switch that it gets; 0: it is answered well. */
  readonly firstRefresh: number;
}

export const TIMER_LINE = 'Supported: timer\r\n';

export class LegSession {
  readonly habits: SessionHabits;
  readonly #leg: Leg;
  /** 0: no session timer. */
  #seconds = 0;
  #ours = false;
  /** Grows with each agreement: an older one's refresh is not sent. */
  #agreement = 0;
  #refused = false;

  constructor(leg: Leg, habits: SessionHabits) {
    this.#leg = leg;
    this.habits = habits;
  }

  get allowLine(): string {
    return this.habits.takesUpdate
      ? 'Allow: INVITE, ACK, BYE, UPDATE\r\n'
      : 'Allow: INVITE, ACK, BYE\r\n';
  }

  /** Lines of a request of ours. */
  get requestLines(): string {
    if (this.#seconds === 0) return TIMER_LINE;
    const refresher = this.#ours ? 'uac' : 'uas';
    return `${TIMER_LINE}Session-Expires: ${this.#seconds};refresher=${refresher}\r\n`;
  }

  /** The code for a refresh of the switch when it is not a good one this time. */
  refusal(): number {
    if (this.#refused) return 0;
    this.#refused = true;
    return this.habits.firstRefresh;
  }

  /** Lines of a 2xx of ours to a request of the switch, which is agreed on with it. */
  answer(request: TextMessage): string {
    const [seconds, asked] = sessionOf(request);
    if (seconds === 0) return '';
    const least = Number(request.header('min-se') || 90);
    const granted = Math.max(least, Math.min(seconds, this.habits.seconds));
    const refresher = asked || this.habits.refresher || 'uas';
    this.#agree(granted, refresher === 'uas');
    return `Require: timer\r\nSession-Expires: ${granted};refresher=${refresher}\r\n`;
  }

  /** A 2xx of the switch to a request of ours. */
  learn(response: TextMessage): void {
    const [seconds, refresher] = sessionOf(response);
    this.#agree(seconds, refresher === 'uac');
  }

  #agree(seconds: number, ours: boolean): void {
    this.#seconds = seconds;
    this.#ours = ours;
    const agreement = ++this.#agreement;
    const method = this.habits.refreshesBy;
    if (!ours || seconds === 0 || method === null) return;
    this.#leg.agent.later((seconds * 1000) / 2, () => {
      if (agreement === this.#agreement && !this.#leg.ended) this.#leg.refresh(method);
    });
  }
}

/** Seconds, 0 for none, and the refresher, empty when it is not named. */
export function sessionOf(message: TextMessage): [number, string] {
  const value = message.header('session-expires');
  return [Number.parseInt(value, 10) || 0, /;refresher=(\w+)/.exec(value)?.[1] ?? ''];
}
