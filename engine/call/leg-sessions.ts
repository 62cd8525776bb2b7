// The session timers of a call's two legs, each negotiated on its own (RFC 4028): towards a peer
// that asks we are the UAS, towards one that we ask the UAC. The rules are in
// engine/sip/dialog/session-negotiation.ts, a running timer in session-timer.ts.
import type { CallState } from '../cdr/call-state.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import {
  answerSession,
  grantedSession,
  type SessionTerms,
  type SessionWishes,
} from '../sip/dialog/session-negotiation.ts';
import { word } from '../sip/message/bytes.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { lists } from '../sip/message/option-tags.ts';
import { SessionExpires } from '../sip/message/session-expires.ts';
import type { Call } from './call.ts';
import { sdpIn } from './sdp-text.ts';
import { OFFERS_TIMER } from './session-policy.ts';
import { SessionTimer } from './session-timer.ts';

const TIMER = word('timer');
const UPDATE = word('update');
const expires = new SessionExpires();

/** What a request gets in its 2xx. */
export interface SessionAnswer {
  readonly terms: SessionTerms;
  /** The peer knows session timers itself; else a proxy asked for it. */
  readonly supported: boolean;
  readonly takesUpdate: boolean;
  /** The SDP last sent to a peer that does not take UPDATE; empty for others. */
  sdp: string;
}

/**
 * What an INVITE or UPDATE gets. @param running its leg has a session timer already
 * @returns null for no session timer; `too-small` for a 422
 */
export function sessionAnswer(
  request: SipMessage,
  wishes: SessionWishes,
  running: boolean,
): SessionAnswer | 'too-small' | null {
  const supported =
    lists(request, HeaderId.Supported, TIMER) || lists(request, HeaderId.Require, TIMER);
  expires.read(request);
  const { seconds, refresher } = expires;
  const minSeS = headerNumber(request, HeaderId.MinSe);
  const terms = answerSession({ supported, seconds, refresher, minSeS }, wishes, running);
  if (terms === null || terms === 'too-small') return terms;
  return { terms, supported, takesUpdate: lists(request, HeaderId.Allow, UPDATE), sdp: '' };
}

/** The lines of a 2xx; Require for a peer that must, or should, know (RFC 4028 9). */
export function answerLines({ terms, supported }: SessionAnswer): string {
  const required = supported ? 'Require: timer\r\n' : '';
  const { intervalS, refresher } = terms;
  return `${OFFERS_TIMER}${required}Session-Expires: ${intervalS};refresher=${refresher}\r\n`;
}

export class LegSessions {
  caller: SessionTimer | null = null;
  callee: SessionTimer | null = null;
  readonly #caller: Dialog<Call>;
  readonly #callee: Dialog<Call>;

  constructor(caller: Dialog<Call>, callee: Dialog<Call>) {
    this.#caller = caller;
    this.#callee = callee;
  }

  /** Goes on with those of before a restart. */
  carry({ callerSession, calleeSession }: CallState): void {
    if (callerSession !== null) this.caller = SessionTimer.carried(this.#caller, callerSession);
    if (calleeSession !== null) this.callee = SessionTimer.carried(this.#callee, calleeSession);
  }

  /** The timer of a dialog, running or not; null also for a dialog that does not talk. */
  of(dialog: Dialog<Call>): SessionTimer | null {
    if (dialog === this.#caller) return this.caller;
    return dialog === this.#callee ? this.callee : null;
  }

  /** What a request within the call gets in its 2xx. */
  answer(dialog: Dialog<Call>, request: SipMessage): SessionAnswer | 'too-small' | null {
    const call = dialog.owner;
    if (call.gatewayAt(dialog)?.sessionTimer !== true || !this.#talks(dialog)) return null;
    const running = (this.of(dialog)?.intervalS ?? 0) > 0;
    return sessionAnswer(request, call.sessionPolicy, running);
  }

  /** Our 2xx with these terms goes out now. @param text the part of it that has its SDP */
  answered(dialog: Dialog<Call>, answer: SessionAnswer | null, text: string): void {
    const session = this.of(dialog);
    session?.sent(text);
    if (answer === null) return;
    if (session !== null) {
      session.refreshed(answer.terms, 'uas');
    } else {
      answer.sdp ||= sdpIn(text);
      this.#open(dialog, answer.terms, 'uas', answer, 0);
    }
  }

  /** What a request of ours says within the call. */
  requestLines(dialog: Dialog<Call>): string {
    if (!this.#talks(dialog) || dialog.owner.gatewayAt(dialog)?.sessionTimer !== true) return '';
    return this.of(dialog)?.request ?? OFFERS_TIMER;
  }

  /**
   * A 2xx to a request of ours.
   * @param offer the text that has the SDP last sent to the peer
   * @param minSeS the highest Min-SE that it named; 0: none
   */
  granted(dialog: Dialog<Call>, response: SipMessage, offer: string, minSeS: number): void {
    if (!this.#talks(dialog) || dialog.owner.gatewayAt(dialog)?.sessionTimer !== true) return;
    const session = this.of(dialog);
    if (session !== null) {
      session.sent(offer);
      session.granted(response);
      return;
    }
    if (!expires.read(response)) return;
    const terms = grantedSession(expires);
    if (terms === null) return;
    const takesUpdate = lists(response, HeaderId.Allow, UPDATE);
    const sdp = takesUpdate ? '' : sdpIn(offer);
    this.#open(dialog, terms, 'uac', { takesUpdate, sdp }, minSeS);
  }

  stop(): void {
    this.caller?.stop();
    this.callee?.stop();
  }

  #talks(dialog: Dialog<Call>): boolean {
    return dialog === this.#caller || dialog === this.#callee;
  }

  #open(
    dialog: Dialog<Call>,
    terms: SessionTerms,
    role: 'uac' | 'uas',
    peer: { readonly takesUpdate: boolean; readonly sdp: string },
    minSeS: number,
  ): void {
    const session = new SessionTimer(dialog, dialog.owner.sessionPolicy, terms, role, peer);
    session.minSeS = Math.max(session.minSeS, minSeS);
    this[dialog.side] = session;
  }
}
