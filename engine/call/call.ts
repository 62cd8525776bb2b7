// One call: the caller's leg, the vendors tried one after the other, the leg that answered, the
// end.
//
//   routing ──200 of a vendor──▶ answered ──BYE, limit, lost peer──▶ ended
//      │  └─ failure, timeout: next vendor, else
//      └─ CANCEL, last failure ──▶ ended
//
// Two dialogs that know nothing of each other's identifiers (RFC 7092 3.1.1): what one side may see
// of the other is in passed-headers.ts, requests within the call are relayed by in-dialog.ts.
import type { Endpoint } from '../base/endpoint.ts';
import { C, PDD_MS, observe } from '../base/counter-names.ts';
import { Timer, type Expiring } from '../base/timer-wheel.ts';
import type { Cdr } from '../cdr/schema.ts';
import { SYSTEM_CALLS } from '../routing/gate-slots.ts';
import { q850Cause } from '../routing/q850-cause.ts';
import { releaseCode } from '../routing/release-codes.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { InviteServer, InviteServerUser } from '../sip/transaction/invite-server.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { answerCodec } from './answer-codec.ts';
import type { Attempt } from './attempt.ts';
import { acknowledge, sendBye } from './bye.ts';
import type { CallContext } from './call-context.ts';
import type { PendingOffer } from './relayed-invite.ts';
import { writeCdr } from './call-record.ts';
import { CallerLeg } from './caller-leg.ts';
import { Hunt } from './hunt.ts';
import { bodyOf, passedHeaders } from './passed-headers.ts';
import type { Credentials } from './vendor-credentials.ts';
import {
  ACK_MISSING,
  DIALOG_LOST,
  TABLE_FULL,
  TOO_LONG,
  release,
  type Release,
} from './release.ts';

/** Max-Forwards of an INVITE that has none (RFC 3261 8.1.1.6). */
const MAX_FORWARDS = 70;

const State = { Routing: 0, Answered: 1, Ended: 2 } as const;
type State = (typeof State)[keyof typeof State];

export class Call implements InviteServerUser, Expiring {
  readonly id: string;
  readonly timer: Timer = new Timer(this);
  readonly record: Cdr;
  readonly gateway: MappingGateway;
  /** The INVITE's passed headers, Content-Length and body: what each vendor gets. */
  offer: string;
  readonly maxForwards: number;
  /** The re-INVITE or UPDATE with an offer that is under way (RFC 3261 14, RFC 3311 5.2). */
  pendingOffer: PendingOffer | null = null;
  /** The callee's dialog of the answer; null before it. */
  answeredDialog: Dialog<Call> | null = null;
  readonly context: CallContext;
  readonly #caller: CallerLeg;
  readonly #hunt: Hunt;
  #state: State = State.Routing;
  #startedMono: number;
  #answeredMono = 0;
  /** CSeq of the INVITE that the vendor answered. */
  #answerCseq = 0;
  /** The caller's ACK of the answer has come, or is not expected any more. */
  #callerSettled = false;
  #byeHeaders = '';
  /**
   * The message after CSeq of the ACK for the vendor's 2xx; empty until the caller has sent its
   * own.
   */
  #ack = '';

  constructor(
    context: CallContext,
    request: SipMessage,
    source: Endpoint,
    gateway: MappingGateway,
    invite: InviteServer,
    record: Cdr,
  ) {
    this.id = record.id;
    this.context = context;
    this.gateway = gateway;
    this.record = record;
    this.offer = passedHeaders(request, gateway.passHeaders) + bodyOf(request);
    this.maxForwards = request.maxForwards < 0 ? MAX_FORWARDS : request.maxForwards;
    this.#startedMono = context.clock.monoMs();
    invite.user = this;
    this.#caller = new CallerLeg(context, this, invite, request, source, record.calleeIn);
    this.#hunt = new Hunt(this, context);
    context.callsByCallId.set(record.callIdIn, this);
    context.counters.add(C.callsStarted, 1);
    context.active.calls++;
  }

  /** True until a vendor has answered or the call has ended. */
  get routing(): boolean {
    return this.#state === State.Routing;
  }

  get ended(): boolean {
    return this.#state === State.Ended;
  }

  /** True once the caller's ACK of the answer has come. */
  get confirmed(): boolean {
    return this.#ack !== '';
  }

  /** The identity of the INVITE, for merged requests: From tag and CSeq (RFC 3261 8.2.2.2). */
  get callerTag(): string {
    return this.#caller.tag;
  }

  get inviteCseq(): number {
    return this.#caller.cseq;
  }

  /** Credentials for requests on a dialog: those of the vendor at its other end. */
  credentialsOf(dialog: Dialog<Call>): Credentials | null {
    if (dialog.side === 'caller') return null;
    return this.#hunt.attempt?.target.gateway.credentials ?? null;
  }

  /** Looks for a vendor. */
  route(): void {
    if (this.#caller.usable) this.#hunt.start();
    else this.#fail(TABLE_FULL);
  }

  // ---- What the hunt reports ----

  /** A provisional response of a vendor that the caller shall see. */
  onProgress(dialog: Dialog<Call>, response: SipMessage): void {
    if (this.record.ringingAtMs === 0) {
      this.record.ringingAtMs = this.context.clock.wallMs();
      this.#setPdd();
    }
    this.#pass(response, dialog);
  }

  onAnswer(attempt: Attempt, dialog: Dialog<Call>, response: SipMessage): void {
    const { context, record } = this;
    this.#state = State.Answered;
    this.answeredDialog = dialog;
    this.#answerCseq = attempt.inviteCseq;
    this.offer = '';
    this.#answeredMono = context.clock.monoMs();
    record.answeredAtMs = context.clock.wallMs();
    record.codec = answerCodec(response);
    context.counters.add(C.callsAnswered, 1);
    context.active.answered++;
    // An answer without ringing before it is the first sign of the callee.
    if (record.pddMs === 0) this.#setPdd();
    this.#pass(response, dialog);
    // Other early dialogs end with the answer (RFC 3261 13.2.2.4).
    this.#caller.release(dialog.partner);
    const limit = this.#longestMs(attempt);
    if (limit > 0) context.timers.start(this.timer, limit);
  }

  /** No vendor took the call. */
  onExhausted(failure: Release): void {
    this.#fail(failure);
  }

  // ---- What the caller's INVITE transaction reports ----

  onCancel(_transaction: InviteServer, reason: string): void {
    if (this.#state !== State.Routing) return;
    this.context.counters.add(C.callsCanceled, 1);
    const headers = reason === '' ? '' : `Reason: ${reason}\r\n`;
    const canceled = release(487, 'Canceled by the caller', 'caller', headers);
    this.#hunt.abort(canceled);
    this.#refuse(487, canceled);
  }

  onAckTimeout(): void {
    this.#callerSettled = true;
    if (this.#state === State.Ended) this.#byeCaller();
    else this.hangUp(ACK_MISSING);
  }

  // ---- What comes within the dialogs ----

  /** ACK of the caller for the answer: the vendor gets its own, with the same body. */
  onAck(ack: SipMessage): void {
    if (this.#state === State.Routing || this.#callerSettled) return;
    this.#callerSettled = true;
    this.#caller.invite.acknowledged();
    if (this.#state === State.Ended) {
      this.#byeCaller();
      return;
    }
    this.#ack = passedHeaders(ack, this.gateway.passHeaders) + bodyOf(ack);
    this.acknowledgeAgain();
  }

  /** The vendor's 2xx came again: its ACK was lost, or the caller's has not come yet. */
  acknowledgeAgain(): void {
    const dialog = this.answeredDialog;
    if (this.#ack === '' || dialog === null) return;
    acknowledge(this.context, dialog, this.#answerCseq, this.#ack);
  }

  /** BYE of either side; it has been answered. @param headers its Reason, for the other side */
  onBye(from: Dialog<Call>, headers: string): void {
    from.ended = true;
    if (this.#state === State.Ended) {
      this.#release(from);
    } else if (this.#state === State.Routing) {
      // A caller may end an early dialog by BYE (RFC 3261 15); for the call it is a CANCEL.
      if (from.side === 'caller') this.onCancel(this.#caller.invite, '');
    } else if (this.#isTalking(from)) {
      this.#endAnswered(release(200, 'Normal call clearing', from.side, headers), from);
    }
  }

  /** The peer of `dialog` no longer knows it, so the call is over (RFC 5057 5.1). */
  onDialogLost(dialog: Dialog<Call>): void {
    if (this.#isTalking(dialog)) this.hangUp(DIALOG_LOST);
  }

  /** Whether a dialog is one of the two that talk; those of other forks may end on their own. */
  #isTalking(dialog: Dialog<Call>): boolean {
    const callee = this.answeredDialog;
    return callee !== null && (dialog === callee || dialog === callee.partner);
  }

  /** Ends an answered call from here: both sides get BYE. */
  hangUp(reason: Release): void {
    if (this.#state === State.Answered) this.#endAnswered(reason, null);
  }

  /** Ends the call whatever its state. */
  stop(reason: Release): void {
    if (this.#state === State.Answered) this.#endAnswered(reason, null);
    else if (this.#state === State.Routing) {
      this.#hunt.abort(reason);
      this.#fail(reason);
    }
  }

  /** The call has lasted as long as it may. */
  expire(): void {
    this.context.counters.add(C.callsCutDuration, 1);
    this.hangUp(TOO_LONG);
  }

  /** Passes a vendor's provisional response or answer on to the caller. */
  #pass(response: SipMessage, vendor: Dialog<Call>): void {
    const headers = passedHeaders(response, this.gateway.passHeaders);
    this.#caller.respond(response.status, vendor, headers + bodyOf(response));
  }

  #setPdd(): void {
    const elapsed = this.context.clock.monoMs() - this.#startedMono;
    this.record.pddMs = Math.max(1, Math.round(elapsed));
    observe(this.context.counters, PDD_MS, elapsed);
  }

  /** The shortest of the limits that apply, in ms; 0 = none. */
  #longestMs(attempt: Attempt): number {
    const limits = [
      this.gateway.maxCallSeconds,
      attempt.target.gateway.maxCallSeconds,
      this.context.parameters.SS_SIP_NO_TIMER_REINVITE_INTERVAL,
    ].filter((seconds) => seconds > 0);
    return limits.length === 0 ? 0 : Math.min(...limits) * 1000;
  }

  // ---- The end ----

  /** Ends an unanswered call with a failure; the caller gets its code by the release-code table. */
  #fail(failure: Release): void {
    this.context.counters.add(C.callsFailed, 1);
    this.#refuse(releaseCode(failure.code, this.gateway.releaseCodes), failure);
  }

  #refuse(code: number, end: Release): void {
    const reason = `Reason: Q.850;cause=${q850Cause(code)}\r\n`;
    const headers = end.headers.includes('Reason:') ? end.headers : end.headers + reason;
    this.#caller.refuse(code, headers);
    this.record.endCode = code;
    this.#end(end);
  }

  /** @param from the dialog whose BYE ended the call; null when the switch does */
  #endAnswered(end: Release, from: Dialog<Call> | null): void {
    const { context, record } = this;
    const callee = this.answeredDialog!;
    const caller = callee.partner!;
    const credentials = this.credentialsOf(callee);
    this.#state = State.Ended;
    record.endCode = 200;
    record.durationMs = Math.max(0, Math.round(context.clock.monoMs() - this.#answeredMono));
    record.billedMs = record.durationMs;
    context.counters.add(C.callMilliseconds, record.durationMs);
    if (!this.confirmed) {
      // The vendor waits for an ACK that will not come from the caller any more.
      this.#ack = NO_BODY;
      this.acknowledgeAgain();
    }
    this.pendingOffer?.abandon();
    this.#byeHeaders = end.headers;
    if (from !== caller && this.#callerSettled) this.#byeCaller();
    if (from !== callee) sendBye(context, callee, end.headers, credentials);
    this.#hunt.finish();
    this.#end(end);
    if (from !== null) this.#release(from);
  }

  /** RFC 3261 15: the caller gets no BYE before its ACK has come or has been waited for. */
  #byeCaller(): void {
    const caller = this.answeredDialog?.partner ?? null;
    if (caller === null) return;
    if (caller.ended) this.context.dialogs.remove(caller);
    else sendBye(this.context, caller, this.#byeHeaders, null);
  }

  /** Gives up a dialog whose peer has hung up; the caller's waits for the ACK of the answer. */
  #release(dialog: Dialog<Call>): void {
    if (dialog.side === 'callee' || this.#callerSettled) this.context.dialogs.remove(dialog);
  }

  #end({ reason, side }: Release): void {
    const { context, record } = this;
    this.#state = State.Ended;
    context.timers.stop(this.timer);
    this.offer = '';
    record.endedAtMs = context.clock.wallMs();
    record.endReason = reason;
    record.endSide = side;
    context.gates.leave(SYSTEM_CALLS);
    context.gates.leave(this.gateway.slot);
    if (context.callsByCallId.get(record.callIdIn) === this) {
      context.callsByCallId.delete(record.callIdIn);
    }
    context.counters.add(C.callsEnded, 1);
    context.active.calls--;
    if (record.answeredAtMs !== 0) context.active.answered--;
    writeCdr(context, record);
  }
}
