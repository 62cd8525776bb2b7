// One call: the caller's leg, the vendors tried one after the other, the leg that answered, the
// end.
//
//   routing ──200 of a vendor──▶ answered ──BYE, limit, lost peer──▶ ended
//      │  └─ failure, timeout: next vendor, else
//      └─ CANCEL, last failure ──▶ ended
//
// Two dialogs that know nothing of each other's identifiers (RFC 7092 3.1.1): what one side may see
// of the other is in passed-headers.ts, requests within the call are relayed by in-dialog.ts. From
// the answer on its state is on record (START, ALIVE), so that a restart can go on with it.
import type { Endpoint } from '../base/endpoint.ts';
import { C } from '../base/counter-names.ts';
import { KIND_ALIVE, KIND_START, type Cdr, type CdrAttempt } from '../cdr/schema.ts';
import { SYSTEM_CALLS } from '../routing/gate-slots.ts';
import { q850Cause } from '../routing/q850-cause.ts';
import { releaseCode } from '../routing/release-codes.ts';
import type { MappingGateway, RoutingGateway } from '../routing/snapshot.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { InviteServer, InviteServerUser } from '../sip/transaction/invite-server.ts';
import { answerCodec } from './answer-codec.ts';
import { Attempt } from './attempt.ts';
import type { CallContext } from './call-context.ts';
import type { PendingOffer } from './relayed-invite.ts';
import { setPdd, writeCdr } from './call-record.ts';
import { CallerLeg } from './caller-leg.ts';
import { Hunt } from './hunt.ts';
import type { LegSessions, SessionAnswer } from './leg-sessions.ts';
import { NO_OFFER, offerOf, type Offer } from './offer.ts';
import type { SessionPolicy } from './session-policy.ts';
import type { CarriedCall } from './restore-call.ts';
import { Talk } from './talk.ts';
import type { Talking } from './talk-time.ts';
import type { Credentials } from '../sip/auth/challenge-answer.ts';
import {
  ACK_MISSING,
  BAD_NUMBER,
  DIALOG_LOST,
  TABLE_FULL,
  TOO_LONG,
  release,
  type Release,
} from './release.ts';

const State = { Routing: 0, Answered: 1, Ended: 2 } as const;
type State = (typeof State)[keyof typeof State];

export class Call implements InviteServerUser, Talking {
  readonly id: string;
  readonly record: Cdr;
  readonly gateway: MappingGateway;
  /** What each vendor gets of the INVITE. */
  offer: Offer = NO_OFFER;
  /** The re-INVITE or UPDATE with an offer that is under way (RFC 3261 14, RFC 3311 5.2). */
  pendingOffer: PendingOffer | null = null;
  readonly context: CallContext;
  readonly sessionPolicy: SessionPolicy;
  indexHash = 0;
  nextInIndex: Call | null = null;
  #caller!: CallerLeg;
  readonly #hunt: Hunt;
  #state: State = State.Routing;
  readonly #startedMono: number;
  /** The legs from the answer on; null before it. */
  #talk: Talk | null = null;

  /** A call whose places in the gates are taken; `begin` or `resume` follows. */
  constructor(context: CallContext, gateway: MappingGateway, record: Cdr) {
    this.id = record.id;
    this.context = context;
    this.sessionPolicy = context.sessionPolicy;
    this.gateway = gateway;
    this.record = record;
    this.#startedMono = context.clock.monoMs();
    this.#hunt = new Hunt(this, context);
    context.index.add(this);
  }

  /** Begins with the caller's INVITE and looks for a vendor. */
  begin(
    request: SipMessage,
    source: Endpoint,
    invite: InviteServer,
    session: SessionAnswer | null,
  ): void {
    const { context, record } = this;
    const { callerIn, calleeIn } = record;
    this.offer = offerOf(request, this.gateway, callerIn, calleeIn, context.passesIdentity);
    invite.user = this;
    this.#caller = CallerLeg.of(context, invite, request);
    this.#caller.session = session;
    this.#caller.open(this, request, source, record.calleeIn);
    context.counters.add(C.callsStarted, 1);
    if (!this.#caller.usable) this.#fail(TABLE_FULL);
    else if (this.offer.callee === '') this.#fail(BAD_NUMBER);
    else this.#hunt.start();
  }

  /** Goes on as an answered call whose beginning another process has seen. */
  resume({ state, caller, callee, target, aliveMs }: CarriedCall): void {
    const { context } = this;
    this.#caller = CallerLeg.carried(context, caller, state.inviteCseq);
    this.#hunt.attempt = new Attempt(this, this.#hunt, context, target, state.attempt, callee);
    this.#state = State.Answered;
    this.#talk = Talk.carried(this, this.#caller, callee, state, aliveMs);
    context.answered.calls++;
    this.#talk.sessions.carry(state);
    this.onStateDue();
  }

  /** Call-ID of the caller's leg. */
  get callIdIn(): string {
    return this.record.callIdIn;
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
    return this.#talk?.confirmed ?? false;
  }

  /** The callee's dialog of the answer; null before it. */
  get answeredDialog(): Dialog<Call> | null {
    return this.#talk?.callee ?? null;
  }

  /** The session timers of the two legs; null before the answer. */
  get sessions(): LegSessions | null {
    return this.#talk?.sessions ?? null;
  }

  /** The gateway at the other end of a dialog; null when no vendor is tried. */
  gatewayAt(dialog: Dialog<Call>): MappingGateway | RoutingGateway | null {
    if (dialog.side === 'caller') return this.gateway;
    return this.#hunt.attempt?.target.gateway ?? null;
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

  // ---- What the hunt reports ----

  /** A provisional response of a vendor that the caller shall see. */
  onProgress(dialog: Dialog<Call>, response: SipMessage): void {
    if (this.record.ringingAtMs === 0) {
      this.record.ringingAtMs = this.context.clock.wallMs();
      setPdd(this.context, this.record, this.#startedMono);
    }
    this.#pass(response, dialog);
  }

  onAnswer(attempt: Attempt, dialog: Dialog<Call>, response: SipMessage): void {
    const { context, record } = this;
    const { offer } = this;
    this.#state = State.Answered;
    this.offer = NO_OFFER;
    record.answeredAtMs = context.clock.wallMs();
    record.codec = answerCodec(response);
    context.counters.add(C.callsAnswered, 1);
    context.answered.calls++;
    // An answer without ringing before it is the first sign of the callee.
    if (record.pddMs === 0) setPdd(context, record, this.#startedMono);
    this.#pass(response, dialog);
    // Other early dialogs end with the answer (RFC 3261 13.2.2.4).
    this.#caller.release(dialog.partner);
    this.#talk = Talk.begin(this, this.#caller, dialog, attempt, response, offer.rest);
    this.#talk.writeState(KIND_START, attempt.record);
  }

  /** No vendor took the call. */
  onExhausted(failure: Release): void {
    this.#fail(failure);
  }

  // ---- What the caller's INVITE transaction reports ----

  onCancel(_transaction: InviteServer, reason: string): void {
    this.#cancel(reason);
  }

  #cancel(reason: string): void {
    if (this.#state !== State.Routing) return;
    this.context.counters.add(C.callsCanceled, 1);
    const headers = reason === '' ? '' : `Reason: ${reason}\r\n`;
    const canceled = release(487, 'Canceled by the caller', 'caller', headers);
    this.#hunt.abort(canceled);
    this.#refuse(487, canceled);
  }

  onAckTimeout(): void {
    this.#talk?.onAckTimeout();
    this.hangUp(ACK_MISSING);
  }

  // ---- What comes within the dialogs ----

  /** ACK of the caller for the answer. */
  onAck(ack: SipMessage): void {
    this.#talk?.onAck(ack);
    this.heard();
  }

  /**
   * A 2xx of one of the two dialogs that talk came again, long after it; false: it is none. A call
   * that has ended has such a dialog while its BYE is under way: the vendor still lacks the ACK.
   */
  onAnswerAgain(dialog: Dialog<Call>, cseq: number): boolean {
    const talk = this.#talk;
    if (talk?.has(dialog) !== true) return false;
    this.heard();
    talk.acknowledge(dialog, cseq);
    return true;
  }

  /** After a restart: whether the caller has got its answer is not known yet. */
  get answerUnseen(): boolean {
    return this.#state === State.Answered && this.#talk!.ackMayCome;
  }

  /** The vendor's 2xx came again. */
  acknowledgeAgain(): void {
    this.#talk?.acknowledgeAgain();
  }

  /** BYE of either side; it has been answered. @param headers its Reason, for the other side */
  onBye(from: Dialog<Call>, headers: string): void {
    from.ended = true;
    if (this.#state === State.Ended) {
      this.#talk?.release(from);
    } else if (this.#state === State.Routing) {
      // A caller may end an early dialog by BYE (RFC 3261 15); for the call it is a CANCEL.
      if (from.side === 'caller') this.#cancel('');
    } else if (this.#talk!.has(from)) {
      this.#endAnswered(release(200, 'Normal call clearing', from.side, headers), from);
    }
  }

  /** The peer of `dialog` no longer knows it, so the call is over (RFC 5057 5.1). */
  onDialogLost(dialog: Dialog<Call>): void {
    if (this.#talk?.has(dialog) === true) this.hangUp(DIALOG_LOST);
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

  onTooLong(): void {
    this.context.counters.add(C.callsCutDuration, 1);
    this.hangUp(TOO_LONG);
  }

  /** Also when a leg's target has changed: requests after a restart go to the new one. */
  onStateDue(): void {
    if (this.#state !== State.Answered) return;
    this.#talk!.writeState(KIND_ALIVE, this.#hunt.attempt!.record);
  }

  onSilent(): void {
    this.#talk?.probe();
  }

  /** A peer sent something within the call; after a restart that is the proof that it lives. */
  heard(): void {
    if (this.#state === State.Answered && this.#talk!.time.hear()) this.onStateDue();
  }

  /** Passes a vendor's provisional response or answer on to the caller. */
  #pass(response: SipMessage, vendor: Dialog<Call>): void {
    this.#caller.pass(response, vendor, this.gateway);
  }

  // ---- The end ----

  /** Ends an unanswered call with a failure; the caller gets its code by the release-code table. */
  #fail(failure: Release): void {
    this.context.counters.add(C.callsFailed, 1);
    this.#refuse(releaseCode(failure.code, this.gateway.releaseCodes), failure);
  }

  #refuse(code: number, end: Release): void {
    const reason = `Reason: Q.850;cause=${q850Cause(code)}\r\n`;
    // What the vendor said of its own code says nothing of the one that stands in for it.
    const said = end.headers.startsWith('Reason:');
    const headers = said ? (code === end.code ? end.headers : reason) : end.headers + reason;
    this.#caller.refuse(code, headers);
    this.record.endCode = code;
    this.#end(end);
  }

  /** @param from the dialog whose BYE ended the call; null when the switch does */
  #endAnswered(end: Release, from: Dialog<Call> | null): void {
    const talk = this.#talk!;
    this.#state = State.Ended;
    this.record.endCode = 200;
    this.pendingOffer?.abandon();
    talk.end(from, end.headers);
    this.#end(end);
    if (from !== null) talk.release(from);
  }

  #end({ reason, side }: Release): void {
    const { context, record } = this;
    this.#state = State.Ended;
    this.offer = NO_OFFER;
    record.endedAtMs = context.clock.wallMs();
    record.endReason = reason;
    record.endSide = side;
    let answered: CdrAttempt | null = null;
    if (this.#talk !== null) {
      this.#talk.time.finish(record);
      answered = this.#hunt.finish(record.endedAtMs);
      context.answered.calls--;
    }
    context.gates.leave(SYSTEM_CALLS);
    context.gates.leave(this.gateway.slot);
    context.index.remove(this);
    context.counters.add(C.callsEnded, 1);
    writeCdr(context, record, answered);
  }
}
