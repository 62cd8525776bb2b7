// The two legs of an answered call: the ACK that joins them (RFC 3261 13.2.2.4), the BYE that ends
// each, and the state by which a restart could go on with both. call.ts makes one at the answer.
import { C } from '../base/counter-names.ts';
import type { CallState } from '../cdr/call-state.ts';
import type { StateKind } from '../cdr/cdr-sink.ts';
import type { CdrAttempt } from '../cdr/schema.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { acknowledge, sendBye } from './bye.ts';
import type { Attempt } from './attempt.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import type { CallerLeg } from './caller-leg.ts';
import { LegSessions } from './leg-sessions.ts';
import { LivenessProbe } from './liveness-probe.ts';
import { bodyOf, passedHeaders } from './passed-headers.ts';
import { longestTalkMs, TalkTime } from './talk-time.ts';

export class Talk {
  readonly caller: Dialog<Call>;
  readonly callee: Dialog<Call>;
  readonly time: TalkTime;
  readonly sessions: LegSessions;
  readonly #context: CallContext;
  readonly #leg: CallerLeg;
  /** CSeq of the INVITE that the vendor answered. */
  readonly #answerCseq: number;
  /** The caller's ACK of the answer has come, or is not expected any more. */
  #callerSettled = false;
  /** After a restart: whether that ACK came before is not known, so it may still come. */
  ackMayCome = false;
  /** The message after CSeq of the ACK for the vendor's 2xx; empty until the caller sent its. */
  #ack = '';
  #byeHeaders = '';
  #probes: readonly LivenessProbe[] | null = null;
  #ended = false;

  /**
   * @param callee its partner is the caller's dialog
   * @param carried the call as it was before a restart
   */
  private constructor(
    context: CallContext,
    leg: CallerLeg,
    callee: Dialog<Call>,
    answerCseq: number,
    time: TalkTime,
    carried: CallState | null,
  ) {
    this.#context = context;
    this.#leg = leg;
    this.caller = callee.partner!;
    this.callee = callee;
    this.#answerCseq = answerCseq;
    this.time = time;
    this.sessions = new LegSessions(this.caller, callee);
    if (carried === null) return;
    // A vendor that still resends its 200 gets an ACK; the caller's own may come late.
    this.#ack = NO_BODY;
    this.#callerSettled = true;
    this.ackMayCome = !carried.acknowledged;
  }

  /** Begins with a vendor's answer. @param offer the text with the SDP that the vendor got */
  static begin(
    call: Call,
    leg: CallerLeg,
    callee: Dialog<Call>,
    attempt: Attempt,
    answer: SipMessage,
    offer: string,
  ): Talk {
    const { context, sessionPolicy } = call;
    const noTimerLimitS = leg.session?.supported === true ? 0 : sessionPolicy.noTimerLimitS;
    const limitMs = longestTalkMs(call.gateway, attempt.target.gateway, noTimerLimitS);
    const time = new TalkTime(context, call, limitMs, null);
    const talk = new Talk(context, leg, callee, attempt.inviteCseq, time, null);
    talk.sessions.answered(talk.caller, leg.session, '');
    talk.sessions.granted(callee, answer, offer, attempt.minSeS);
    return talk;
  }

  /** Goes on after a restart. @param aliveMs until the state is written next */
  static carried(
    call: Call,
    leg: CallerLeg,
    callee: Dialog<Call>,
    state: CallState,
    aliveMs: number,
  ): Talk {
    const { context } = call;
    const time = new TalkTime(context, call, state.limitMs, state, aliveMs);
    return new Talk(context, leg, callee, state.answerCseq, time, state);
  }

  /** True once the caller's ACK of the answer has come. */
  get confirmed(): boolean {
    return this.#ack !== '';
  }

  /** Whether a dialog is one of the two that talk; those of other forks may end on their own. */
  has(dialog: Dialog<Call>): boolean {
    return dialog === this.callee || dialog === this.caller;
  }

  /** ACK of the caller for the answer: the vendor gets its own, with the same body. */
  onAck(ack: SipMessage): void {
    const late = this.ackMayCome && ack.cseq === this.#leg.cseq;
    if (this.#callerSettled && !late) return;
    this.#callerSettled = true;
    this.ackMayCome = false;
    this.#leg.invite?.acknowledged();
    if (this.#ended) {
      this.#byeCaller();
      return;
    }
    const { passHeaders } = this.callee.owner.gateway;
    this.#ack = passedHeaders(ack, passHeaders) + bodyOf(ack);
    this.sessions.callee?.sent(this.#ack);
    this.acknowledgeAgain();
  }

  /** No ACK has come for the answer. */
  onAckTimeout(): void {
    this.#callerSettled = true;
    if (this.#ended) this.#byeCaller();
  }

  /** The vendor's 2xx came again: its ACK was lost, or the caller's has not come yet. */
  acknowledgeAgain(): void {
    if (this.#ack === '') return;
    acknowledge(this.#context, this.callee, this.#answerCseq, this.#ack);
  }

  /** The same for any INVITE of ours within the call: what its ACK said is not known any more. */
  acknowledge(dialog: Dialog<Call>, cseq: number): void {
    const first = dialog === this.callee && cseq === this.#answerCseq;
    if (first) this.acknowledgeAgain();
    else acknowledge(this.#context, dialog, cseq, NO_BODY);
  }

  /**
   * Ends both legs.
   * @param from the dialog whose BYE ended the call; null when the switch does
   * @param headers lines for the BYE, such as Reason, each with CRLF
   */
  end(from: Dialog<Call> | null, headers: string): void {
    const { caller, callee } = this;
    this.#ended = true;
    this.sessions.stop();
    if (!this.confirmed) {
      // The vendor waits for an ACK that will not come from the caller any more.
      this.#ack = NO_BODY;
      this.acknowledgeAgain();
    }
    this.#byeHeaders = headers;
    if (from !== caller && this.#callerSettled) this.#byeCaller();
    if (from === callee) return;
    sendBye(this.#context, callee, headers, callee.owner.credentialsOf(callee));
  }

  /** Asks both peers whether the call still lives. */
  probe(): void {
    this.#probes ??= [new LivenessProbe(this.caller), new LivenessProbe(this.callee)];
    for (const probe of this.#probes) probe.send(this.#context);
  }

  /** Gives up a dialog whose peer has hung up; the caller's waits for the ACK of the answer. */
  release(dialog: Dialog<Call>): void {
    if (dialog.side === 'callee' || this.#callerSettled) this.#context.dialogs.remove(dialog);
  }

  /** Puts on record what a restart would go on with. */
  writeState(kind: StateKind, attempt: CdrAttempt): void {
    const { locals, clock, sink, counters } = this.#context;
    const { caller, callee, time, sessions } = this;
    const written = sink.state(kind, {
      writtenAtMs: clock.wallMs(),
      record: callee.owner.record,
      attempt,
      caller,
      callee,
      callerListen: locals[caller.local]!.contact,
      calleeListen: locals[callee.local]!.contact,
      inviteCseq: this.#leg.cseq,
      answerCseq: this.#answerCseq,
      acknowledged: this.#callerSettled && !this.ackMayCome,
      callerSession: sessions.caller,
      calleeSession: sessions.callee,
      limitMs: time.limitMs,
      proofAtMs: time.proofAtMs,
      proofMs: time.proofMs,
    });
    counters.add(written ? C.recordsWritten : C.callStatesDropped, 1);
  }

  /** RFC 3261 15: the caller gets no BYE before its ACK has come or has been waited for. */
  #byeCaller(): void {
    const { caller } = this;
    if (caller.ended) this.#context.dialogs.remove(caller);
    else sendBye(this.#context, caller, this.#byeHeaders, null);
  }
}
