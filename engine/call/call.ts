// One call: the caller's leg, the vendors tried one after the other, the leg that answered, the end.
//
//   routing ──200 of a vendor──▶ answered ──BYE, limit, lost peer──▶ ended
//      │  └─ failure, timeout: next vendor, else
//      └─ CANCEL, last failure ──▶ ended
//
// Two dialogs that know nothing of each other's identifiers (RFC 7092 3.1.1): what one side may see
// of the other is in passed-headers.ts, requests within the call are relayed by in-dialog.ts.
import type { Endpoint } from '../base/endpoint.ts';
import { C, PDD_MS, observe } from '../base/counter-names.ts';
import { Timer } from '../base/timer-wheel.ts';
import type { Cdr } from '../cdr/schema.ts';
import { failsOver } from '../routing/failover-codes.ts';
import { SYSTEM_CALLS } from '../routing/gate-slots.ts';
import { q850Cause } from '../routing/q850-cause.ts';
import { releaseCode } from '../routing/release-codes.ts';
import { MAX_CANDIDATES, type RouteCandidate } from '../routing/route-table.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { InviteServer, InviteServerUser } from '../sip/transaction/invite-server.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { answerCodec } from './answer-codec.ts';
import { Attempt, type Target } from './attempt.ts';
import { acknowledge, sendBye } from './bye.ts';
import type { CallContext } from './call-context.ts';
import type { PendingOffer } from './relayed-invite.ts';
import { writeCdr } from './call-record.ts';
import { CallerLeg } from './caller-leg.ts';
import { bodyOf, passedHeaders } from './passed-headers.ts';
import { redirectTarget } from './redirect.ts';
import type { Credentials } from './vendor-credentials.ts';
import {
  ACK_MISSING,
  INVITE_TIMEOUT,
  NO_ROUTE,
  PROGRESS_TIMEOUT,
  RING_TIMEOUT,
  TABLE_FULL,
  TOO_LONG,
  UNREACHABLE,
  VENDORS_FULL,
  release,
  type Release,
} from './release.ts';

/** Max-Forwards of an INVITE that has none (RFC 3261 8.1.1.6). */
const MAX_FORWARDS = 70;
/** Most targets that 3xx responses may add to one call. */
const MAX_REDIRECTS = 4;

const State = { Routing: 0, Answered: 1, Ended: 2 } as const;
type State = (typeof State)[keyof typeof State];

const candidates: RouteCandidate[] = [];

export class Call extends Timer implements InviteServerUser {
  readonly id: string;
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
  readonly #tried: string[] = [];
  #state: State = State.Routing;
  #attempt: Attempt | null = null;
  #redirects = 0;
  #startedMono: number;
  #answeredMono = 0;
  #lastFailure: Release = NO_ROUTE;
  #stageTimeout: Release = INVITE_TIMEOUT;
  /** The message after CSeq of the ACK for the vendor's 2xx; empty until the caller has sent its own. */
  #ack = '';

  constructor(
    context: CallContext,
    request: SipMessage,
    source: Endpoint,
    gateway: MappingGateway,
    invite: InviteServer,
    record: Cdr,
  ) {
    super();
    this.id = record.id;
    this.context = context;
    this.gateway = gateway;
    this.record = record;
    this.offer = passedHeaders(request, gateway.passHeaders) + bodyOf(request);
    this.maxForwards = request.maxForwards < 0 ? MAX_FORWARDS : request.maxForwards;
    this.#startedMono = context.clock.monoMs();
    invite.user = this;
    this.#caller = new CallerLeg(context, this, invite, request, source, record.calleeIn);
    context.callsByCallId.set(record.callIdIn, this);
    context.counters.add(C.callsStarted, 1);
    context.active.calls++;
  }

  get answered(): boolean {
    return this.#state === State.Answered;
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

  get inviteCseqText(): string {
    return this.#caller.invite.head.cseq;
  }

  /** Credentials for requests on a dialog: those of the vendor at its other end. */
  credentialsOf(dialog: Dialog<Call>): Credentials | null {
    if (dialog.side === 'caller') return null;
    return this.#attempt?.target.gateway.credentials ?? null;
  }

  /** Tries the first vendor. */
  route(): void {
    if (!this.#caller.usable) this.#fail(TABLE_FULL);
    else if (!this.#tryNext()) this.#fail(this.#lastFailure);
  }

  // ---- What vendors report (attempt.ts) ----

  onTrying(attempt: Attempt): void {
    if (attempt !== this.#attempt || this.#stageTimeout !== INVITE_TIMEOUT) return;
    this.#armStage(attempt.target.gateway.timeouts.tryingMs, PROGRESS_TIMEOUT);
  }

  onProgress(attempt: Attempt, dialog: Dialog<Call>, response: SipMessage): void {
    const { timeouts } = attempt.target.gateway;
    const hasSdp = response.bodyEnd > response.bodyStart;
    attempt.hasSdp ||= hasSdp;
    if (response.status === 180 || hasSdp) attempt.ringing = true;
    if (response.status === 180) this.#armStage(timeouts.ringingMs, RING_TIMEOUT);
    else if (hasSdp) this.#armStage(timeouts.sessionProgressSdpMs, RING_TIMEOUT);
    else if (!attempt.ringing) this.#armStage(timeouts.sessionProgressMs, PROGRESS_TIMEOUT);
    // 199 ends one early dialog of the vendor (RFC 6228); the caller's goes on with the call.
    if (response.status === 199) return;
    this.#markProgress(attempt);
    this.#pass(response, dialog);
  }

  onAnswer(attempt: Attempt, dialog: Dialog<Call>, response: SipMessage): void {
    const { context, record } = this;
    this.#state = State.Answered;
    this.answeredDialog = dialog;
    this.offer = '';
    this.#answeredMono = context.clock.monoMs();
    record.answeredAtMs = context.clock.wallMs();
    record.codec = answerCodec(response);
    attempt.record.code = response.status;
    attempt.record.reason = 'OK';
    context.counters.add(C.callsAnswered, 1);
    context.active.answered++;
    context.counters.add(C.attemptsAnswered, 1);
    this.#observePdd(attempt);
    this.#pass(response, dialog);
    // Other early dialogs end with the answer (RFC 3261 13.2.2.4).
    this.#caller.release(dialog.partner);
    const limit = this.#longestMs(attempt);
    if (limit > 0) context.timers.start(this, limit);
    else context.timers.stop(this);
  }

  onFailure(attempt: Attempt, response: SipMessage): void {
    const { status } = response;
    const { gateway } = attempt.target;
    const cause = response.first(HeaderId.Reason);
    const headers = cause < 0 ? '' : `Reason: ${response.text(cause)}\r\n`;
    const failure = release(status, `Gateway answered ${status}`, 'callee', headers);
    const redirect = status < 400 && gateway.followRedirect && this.#redirects < MAX_REDIRECTS;
    const target = redirect ? redirectTarget(response, attempt.target) : null;
    this.#closeAttempt(attempt, failure);
    if (target !== null) {
      this.#redirects++;
      if (this.#enterGates(target) && this.#start(target)) return;
    }
    const untilConnect = this.context.parameters.SS_GATEWAY_SWITCH_UNTIL_CONNECT;
    this.#goOn(attempt, failure, failsOver(gateway.failoverCodes, status, untilConnect));
  }

  onTimeout(attempt: Attempt): void {
    this.#giveUp(attempt, INVITE_TIMEOUT);
  }

  onUnreachable(attempt: Attempt): void {
    this.context.counters.add(C.attemptsUnreachable, 1);
    this.#closeAttempt(attempt, UNREACHABLE);
    this.#goOn(attempt, UNREACHABLE, true);
  }

  // ---- What the caller's INVITE transaction reports ----

  onCancel(_transaction: InviteServer, reason: string): void {
    if (this.#state !== State.Routing) return;
    this.context.counters.add(C.callsCanceled, 1);
    const headers = reason === '' ? '' : `Reason: ${reason}\r\n`;
    const canceled = release(487, 'Canceled by the caller', 'caller', headers);
    if (this.#attempt !== null) this.#closeAttempt(this.#attempt, canceled);
    this.#refuse(487, canceled);
  }

  onAckTimeout(): void {
    this.hangUp(ACK_MISSING);
  }

  // ---- What comes within the dialogs ----

  /** ACK of the caller for the answer: the vendor gets its own, with the same body. */
  onAck(ack: SipMessage): void {
    if (this.#state !== State.Answered || this.confirmed) return;
    this.#caller.invite.acknowledged();
    this.#ack = passedHeaders(ack, this.gateway.passHeaders) + bodyOf(ack);
    this.acknowledgeAgain();
  }

  /** The vendor's 2xx came again: its ACK was lost, or the caller's has not come yet. */
  acknowledgeAgain(): void {
    const dialog = this.answeredDialog;
    if (this.#ack === '' || dialog === null) return;
    acknowledge(this.context, dialog, dialog.inviteCseq, this.#ack);
  }

  /** BYE of either side; it has been answered. @param headers its Reason, for the other side */
  onBye(from: Dialog<Call>, headers: string): void {
    if (this.#state === State.Ended) {
      this.context.dialogs.remove(from);
    } else if (this.#state === State.Routing) {
      // A caller may end an early dialog by BYE (RFC 3261 15); for the call it is a CANCEL.
      if (from.side === 'caller') this.onCancel(this.#caller.invite, '');
    } else {
      this.#endAnswered(release(200, 'Normal call clearing', from.side, headers), from);
    }
  }

  /** Ends an answered call from here: both sides get BYE. */
  hangUp(reason: Release): void {
    if (this.#state === State.Answered) this.#endAnswered(reason, null);
  }

  /** Ends the call whatever its state. */
  stop(reason: Release): void {
    if (this.#state === State.Answered) this.#endAnswered(reason, null);
    else if (this.#state === State.Routing) {
      if (this.#attempt !== null) this.#closeAttempt(this.#attempt, reason);
      this.#fail(reason);
    }
  }

  /** The stage of the call took too long, or the call itself did. */
  override expire(): void {
    if (this.#state === State.Answered) {
      this.context.counters.add(C.callsCutDuration, 1);
      this.hangUp(TOO_LONG);
    } else if (this.#state === State.Routing && this.#attempt !== null) {
      this.#giveUp(this.#attempt, this.#stageTimeout);
    }
  }

  // ---- Vendors, one after the other ----

  #tryNext(): boolean {
    const { context, record } = this;
    const count = context.routes.candidates(record.calleeIn, candidates);
    for (let i = 0; i < count && i < MAX_CANDIDATES; i++) {
      const { gateway, prefix } = candidates[i]!;
      if (this.#tried.includes(gateway.name)) continue;
      const target: Target = { gateway, prefix, peer: gateway.peer, callee: record.calleeIn };
      if (this.#enterGates(target)) {
        if (this.#start(target)) return true;
      } else if (this.#attempt === null && this.#lastFailure === NO_ROUTE) {
        this.#lastFailure = VENDORS_FULL;
      }
    }
    return false;
  }

  #enterGates({ gateway }: Target): boolean {
    const { gates, counters, clock } = this.context;
    if (gates.tryEnter(gateway.slot, gateway.capacity)) {
      if (gates.tryRate(gateway.slot, gateway.cps, clock.wallMs())) return true;
      gates.leave(gateway.slot);
    }
    counters.add(C.attemptsSkippedCapacity, 1);
    return false;
  }

  /** Starts an attempt whose gates were entered; false when it could not even be sent. */
  #start(target: Target): boolean {
    const { context, record } = this;
    this.#tried.push(target.gateway.name);
    record.attempts++;
    const attempt = new Attempt(this, context, target, record.attempts);
    this.#attempt = attempt;
    record.routingGateway = target.gateway.name;
    record.clearingAccount = target.gateway.clearingAccount;
    record.calleeOut = target.callee;
    record.destinationIp = target.peer.ip;
    context.counters.add(C.attemptsStarted, 1);
    const problem = attempt.start();
    if (problem !== null) {
      this.#closeAttempt(attempt, problem);
      this.#lastFailure = problem;
      return false;
    }
    record.callIdOut = attempt.dialog.callId;
    this.#armStage(target.gateway.timeouts.inviteMs, INVITE_TIMEOUT);
    return true;
  }

  /** The attempt's time is over: it is cancelled, and another vendor tried if rules allow. */
  #giveUp(attempt: Attempt, reason: Release): void {
    this.context.counters.add(C.attemptsTimedOut, 1);
    this.#closeAttempt(attempt, reason);
    this.#goOn(attempt, reason, true);
  }

  #goOn(attempt: Attempt, failure: Release, allowed: boolean): void {
    this.#lastFailure = failure;
    if (allowed && this.#mayFailOver(attempt) && this.#tryNext()) {
      this.context.counters.add(C.attemptsFailedOver, 1);
    } else {
      this.#fail(this.#lastFailure);
    }
  }

  /** RTE-09, RTE-11, SIP-14: the rules that bind a call to the vendor it has. */
  #mayFailOver(attempt: Attempt): boolean {
    const { parameters } = this.context;
    const limit = parameters.SS_GATEWAY_SWITCH_LIMIT;
    if (limit !== null && this.record.attempts > limit) return false;
    if (attempt.hasSdp && parameters.SS_SIP_STOP_SWITCH_AFTER_SDP) return false;
    return !attempt.ringing || parameters.SS_GATEWAY_SWITCH_UNTIL_CONNECT;
  }

  /** Ends an attempt: its INVITE is cancelled if it still runs, its place given back, its row written. */
  #closeAttempt(attempt: Attempt, end: Release): void {
    const { context } = this;
    const { record } = attempt;
    this.#attempt = null;
    attempt.abandon(end.headers);
    context.gates.leave(attempt.target.gateway.slot);
    record.endedAtMs = context.clock.wallMs();
    if (record.code === 0) {
      record.code = end.code;
      record.reason = end.reason;
    }
    this.#writeAttempt(attempt);
  }

  #writeAttempt(attempt: Attempt): void {
    const written = this.context.sink.attempt(attempt.record);
    this.context.counters.add(written ? C.recordsWritten : C.recordsDropped, 1);
  }

  /** Passes a vendor's provisional response or answer on to the caller. */
  #pass(response: SipMessage, vendor: Dialog<Call>): void {
    const headers = passedHeaders(response, this.gateway.passHeaders);
    this.#caller.respond(response.status, vendor, headers + bodyOf(response));
  }

  // ---- What the record keeps ----

  #markProgress(attempt: Attempt): void {
    const { record, context } = this;
    if (attempt.record.pddMs === 0) {
      const elapsed = context.clock.wallMs() - attempt.record.startedAtMs;
      attempt.record.pddMs = Math.max(1, elapsed);
    }
    if (record.ringingAtMs !== 0) return;
    record.ringingAtMs = context.clock.wallMs();
    this.#setPdd();
  }

  /** An answer without ringing before it counts as the first sign of the callee. */
  #observePdd(attempt: Attempt): void {
    if (attempt.record.pddMs === 0) {
      const elapsed = this.context.clock.wallMs() - attempt.record.startedAtMs;
      attempt.record.pddMs = Math.max(1, elapsed);
    }
    if (this.record.pddMs === 0) this.#setPdd();
  }

  #setPdd(): void {
    const elapsed = this.context.clock.monoMs() - this.#startedMono;
    this.record.pddMs = Math.max(1, Math.round(elapsed));
    observe(this.context.counters, PDD_MS, elapsed);
  }

  #armStage(delayMs: number, timeout: Release): void {
    this.#stageTimeout = timeout;
    this.context.timers.start(this, delayMs);
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
    const attempt = this.#attempt!;
    const { credentials } = attempt.target.gateway;
    record.endCode = end.code;
    record.durationMs = Math.max(0, Math.round(context.clock.monoMs() - this.#answeredMono));
    record.billedMs = record.durationMs;
    context.counters.add(C.callMilliseconds, record.durationMs);
    if (!this.confirmed) {
      // The vendor waits for an ACK that will not come from the caller any more.
      this.#ack = NO_BODY;
      this.#caller.invite.acknowledged();
      this.acknowledgeAgain();
    }
    this.pendingOffer?.abandon();
    if (from !== caller) sendBye(context, caller, end.headers, null);
    if (from !== callee) sendBye(context, callee, end.headers, credentials);
    attempt.live = false;
    attempt.record.endedAtMs = context.clock.wallMs();
    context.gates.leave(attempt.target.gateway.slot);
    this.#writeAttempt(attempt);
    this.#end(end);
    if (from !== null) context.dialogs.remove(from);
    if (callee !== attempt.dialog) context.dialogs.remove(attempt.dialog);
  }

  #end({ reason, side }: Release): void {
    const { context, record } = this;
    this.#state = State.Ended;
    context.timers.stop(this);
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
