// The session timer of one leg (RFC 4028 7.2, 10): one timer of the wheel for the next refresh,
// when it is ours to send, and for the end of a session that nobody refreshed.
//
//   running ──interval / segments, we refresh──▶ refreshing (session-refresh.ts)
//      ▲  │                                          │  └─ 481, 408, no answer ──▶ the call ends
//      │  └─ early hangup before the interval's end ─┼────────────────────────────▶ the call ends
//      └── 2xx of any refresh, ours or the peer's ◀──┘
//
// What a refresh agrees on counts from its 2xx on; one that agrees on no timer stops it (7.2), and
// a later one may start it again. A leg that never had a session timer has no object of this class.
import { C } from '../base/counter-names.ts';
import { TICK_MS, Timer, type Expiring } from '../base/timer-wheel.ts';
import type { SessionState } from '../cdr/call-state.ts';
import type { Dialog, Side } from '../sip/dialog/dialog.ts';
import { grantedSession, type SessionTerms } from '../sip/dialog/session-negotiation.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { SessionExpires, type Refresher } from '../sip/message/session-expires.ts';
import type { Call } from './call.ts';
import { SESSION_EXPIRED, type Release } from './release.ts';
import { MAX_MIN_SE_S, OFFERS_TIMER, type SessionPolicy } from './session-policy.ts';
import { SessionRefresh } from './session-refresh.ts';
import { sdpIn } from './sdp-text.ts';

/** Most of the interval that an early hangup may cut off (RFC 4028 10). */
const MOST_EARLY = 1 / 3;
/** Overdue refreshes after a restart are spread over this time. */
const OVERDUE_SPREAD_MS = 5000;
const expires = new SessionExpires();

export class SessionTimer implements Expiring, SessionState {
  readonly dialog: Dialog<Call>;
  readonly segments: number;
  readonly earlyHangupS: number;
  /** 0 while the timer is off. */
  intervalS: number;
  /** The refreshes are ours to send. */
  weRefresh: boolean;
  /** The highest Min-SE that is known of the leg. */
  minSeS: number;
  /** The peer allows UPDATE; else refreshes are re-INVITEs with `sdp`. */
  readonly takesUpdate: boolean;
  /** The SDP last sent to the peer; empty while it takes UPDATE. */
  sdp: string;
  readonly #timer: Timer = new Timer(this);
  readonly #refresh: SessionRefresh;
  #refreshedMono: number;
  /** When the next refresh of ours is due, unless one is under way. */
  #nextMono = Infinity;

  /** @param role ours in the transaction that agreed on `terms` */
  constructor(
    dialog: Dialog<Call>,
    { segments, earlyHangupS, minSeS }: SessionPolicy,
    terms: SessionTerms,
    role: Refresher,
    peer: { readonly takesUpdate: boolean; readonly sdp: string },
  ) {
    this.dialog = dialog;
    this.segments = segments;
    this.earlyHangupS = earlyHangupS;
    this.minSeS = minSeS;
    this.intervalS = terms.intervalS;
    this.weRefresh = terms.refresher === role;
    this.takesUpdate = peer.takesUpdate;
    this.sdp = peer.takesUpdate ? '' : peer.sdp;
    this.#refresh = new SessionRefresh(this);
    this.#refreshedMono = dialog.owner.context.clock.monoMs();
    this.#restart();
  }

  /** Goes on with a session of before a restart. */
  static carried(dialog: Dialog<Call>, state: SessionState): SessionTimer {
    const { clock, random } = dialog.owner.context;
    const terms: SessionTerms = {
      intervalS: state.intervalS,
      refresher: state.weRefresh ? 'uac' : 'uas',
    };
    const policy = { ...dialog.owner.sessionPolicy, ...state };
    const timer = new SessionTimer(dialog, policy, terms, 'uac', state);
    timer.#refreshedMono -= Math.max(0, clock.wallMs() - state.refreshedAtMs);
    timer.#restart();
    const earliest = clock.monoMs() + (random.u32() % OVERDUE_SPREAD_MS);
    if (timer.#nextMono < earliest) timer.#next(earliest);
    return timer;
  }

  /** When the session was refreshed last, by the wall clock of now. */
  get refreshedAtMs(): number {
    const { clock } = this.dialog.owner.context;
    return Math.round(clock.wallMs() - (clock.monoMs() - this.#refreshedMono));
  }

  /** Whether a refresh of ours is an UPDATE: without an SDP to send again there is no other way. */
  get byUpdate(): boolean {
    return this.takesUpdate || this.sdp === '';
  }

  /** What a request of ours says of session timers (RFC 4028 7.4). */
  get request(): string {
    if (this.intervalS === 0) return OFFERS_TIMER;
    return (
      `${OFFERS_TIMER}Session-Expires: ${Math.max(this.intervalS, this.minSeS)};` +
      `refresher=${this.weRefresh ? 'uac' : 'uas'}\r\nMin-SE: ${this.minSeS}\r\n`
    );
  }

  /** A 2xx of ours or of the peer has refreshed the session. @param role ours in its transaction */
  refreshed(terms: SessionTerms, role: Refresher): void {
    const { context, ended } = this.dialog.owner;
    // A 2xx that comes when the call is over refreshes nothing any more.
    if (ended) return;
    this.intervalS = terms.intervalS;
    this.weRefresh = terms.refresher === role;
    this.#refreshedMono = context.clock.monoMs();
    this.#restart();
    context.counters.add(C.sessionsRefreshed, 1);
    this.dialog.owner.onStateDue();
  }

  /** The peer's 2xx to a request of ours: it goes on, with its terms, or ends the timer. */
  granted(response: SipMessage): void {
    expires.read(response);
    const terms = grantedSession(expires);
    if (terms !== null) {
      this.refreshed(terms, 'uac');
    } else {
      this.intervalS = 0;
      this.stop();
    }
  }

  /** The peer's 422: what we ask for next is no less than it wants. False: that cannot help. */
  raise(response: SipMessage): boolean {
    const minSeS = headerNumber(response, HeaderId.MinSe);
    if (minSeS <= this.minSeS || minSeS > MAX_MIN_SE_S) return false;
    this.minSeS = minSeS;
    return true;
  }

  /** SDP went to the peer: `text` is a message from its headers on, or a part that has its body. */
  sent(text: string): void {
    if (!this.takesUpdate) this.sdp = sdpIn(text) || this.sdp;
  }

  /** A refresh of ours failed in passing: again after a while. */
  retry(delayMs: number): void {
    this.#next(this.dialog.owner.context.clock.monoMs() + delayMs);
  }

  /** The session cannot be kept: the call ends. */
  lost(reasons: Readonly<Record<Side, Release>>): void {
    const { owner, side } = this.dialog;
    if (owner.ended) return;
    owner.context.counters.add(C.callsCutSession, 1);
    owner.hangUp(reasons[side]);
  }

  stop(): void {
    this.dialog.owner.context.timers.stop(this.#timer);
  }

  expire(): void {
    const now = this.dialog.owner.context.clock.monoMs();
    if (this.#endMono - now < TICK_MS) {
      this.lost(SESSION_EXPIRED);
    } else if (this.#nextMono - now < TICK_MS) {
      this.#next(Infinity);
      this.#refresh.start();
    } else {
      this.#arm();
    }
  }

  /** When the call ends unless the session is refreshed. */
  get #endMono(): number {
    const early = Math.min(this.earlyHangupS, this.intervalS * MOST_EARLY);
    return this.#refreshedMono + (this.intervalS - early) * 1000;
  }

  #restart(): void {
    const period = (this.intervalS * 1000) / this.segments;
    this.#next(this.weRefresh ? this.#refreshedMono + period : Infinity);
  }

  #next(mono: number): void {
    this.#nextMono = mono;
    this.#arm();
  }

  #arm(): void {
    const { context, ended } = this.dialog.owner;
    if (ended) return;
    const { timers, clock } = context;
    const due = Math.min(this.#nextMono, this.#endMono);
    timers.start(this.#timer, Math.max(0, due - clock.monoMs()));
  }
}
