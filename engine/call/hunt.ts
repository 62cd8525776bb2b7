// The hunt for a vendor that answers: candidates in routing order, their limits, the time each
// stage may take, and the rules by which a failed attempt leads to the next one (RTE-08 to RTE-14).
// At most one attempt is live at a time; what the call learns from it is forwarded to call.ts.
import { C } from '../base/counter-names.ts';
import { Bar } from '../base/gateway-states.ts';
import { Timer, type Expiring } from '../base/timer-wheel.ts';
import type { CdrAttempt } from '../cdr/schema.ts';
import { rewrite } from '../numbers/dial-rules.ts';
import { notePause } from '../registry/retry-after.ts';
import type { GatewayAddress, RoutingGateway } from '../routing/snapshot.ts';
import type { RouteCandidate, RouteTable } from '../routing/route-table.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Attempt, targetAt, type Target } from './attempt.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { announcesMedia } from './early-media.ts';
import { newAttemptRecord, writeAttempt } from './call-record.ts';
import { orderAddresses } from './gateway-addresses.ts';
import { q850Reason } from './q850-reason.ts';
import { redirectTarget } from './redirect.ts';
import {
  BARRED,
  INVITE_TIMEOUT,
  NO_ROUTE,
  PHONE_FULL,
  PHONE_OFFLINE,
  PHONE_UNREACHABLE,
  PROGRESS_TIMEOUT,
  RING_TIMEOUT,
  UNREACHABLE,
  VENDORS_FULL,
  release,
  type Release,
} from './release.ts';
import { codeGoesOn, isBound, silenceGoesOn } from './switch-rules.ts';

/** Most targets that 3xx responses may add to one call. */
const MAX_REDIRECTS = 4;

const NONE: readonly GatewayAddress[] = [];

/** How far an attempt has come; it only goes on. */
const Stage = { Invited: 0, Trying: 1, Progress: 2, EarlyMedia: 3, Ringing: 4 } as const;
type Stage = (typeof Stage)[keyof typeof Stage];

/** How an attempt ends whose stage takes too long. */
const TIMEOUTS: Readonly<Record<Stage, Release>> = {
  [Stage.Invited]: INVITE_TIMEOUT,
  [Stage.Trying]: PROGRESS_TIMEOUT,
  [Stage.Progress]: PROGRESS_TIMEOUT,
  [Stage.EarlyMedia]: RING_TIMEOUT,
  [Stage.Ringing]: RING_TIMEOUT,
};

/** Scratch of all hunts: no other one runs meanwhile, as an attempt only queues a datagram. */
const candidates: RouteCandidate[] = [];

export class Hunt implements Expiring {
  /** The live attempt, or the one that answered. */
  attempt: Attempt | null = null;
  readonly timer: Timer = new Timer(this);
  readonly #call: Call;
  readonly #context: CallContext;
  #tried: readonly string[] = [];
  /** Contacts of the phone called, in the order to try them, before any vendor. */
  #contacts: readonly Target[] = [];
  #redirects = 0;
  #lastFailure: Release = NO_ROUTE;
  #stage: Stage = Stage.Invited;

  constructor(call: Call, context: CallContext) {
    this.#call = call;
    this.#context = context;
  }

  /** Tries the first vendor; the call fails at once when there is none. */
  start(): void {
    const { access } = this.#context;
    const called = access.contactsOf(this.#call.offer.callee);
    if (called !== null) {
      this.#contacts = called;
      if (called.length === 0) this.#lastFailure = PHONE_OFFLINE;
    }
    if (this.#tryNext()) return;
    if (this.#lastFailure === NO_ROUTE) this.#context.counters.add(C.callsRefusedNoRoute, 1);
    this.#call.onExhausted(this.#lastFailure);
  }

  /** Ends the live attempt: the call has ended without an answer. */
  abort(end: Release): void {
    if (this.attempt !== null) this.#close(this.attempt, end);
  }

  /** The answered call has ended: the vendor's place is given back. Returns the attempt's row. */
  finish(endedAtMs: number): CdrAttempt | null {
    const { attempt } = this;
    if (attempt === null) return null;
    attempt.finish();
    return this.#leave(attempt, endedAtMs);
  }

  // ---- What the live attempt reports ----

  onTrying(attempt: Attempt): void {
    this.#enter(Stage.Trying, attempt.target.gateway.timeouts.tryingMs);
  }

  onProgress(attempt: Attempt, dialog: Dialog<Call>, response: SipMessage): void {
    const { timeouts } = attempt.target.gateway;
    const hasSdp = response.bodyEnd > response.bodyStart;
    attempt.sdp ||= hasSdp;
    if (attempt.sdp && !attempt.media) attempt.media = announcesMedia(response, true);
    if (response.status === 180) attempt.ringing = true;
    if (response.status === 180) this.#enter(Stage.Ringing, timeouts.ringingMs);
    else if (hasSdp) this.#enter(Stage.EarlyMedia, timeouts.sessionProgressSdpMs);
    else this.#enter(Stage.Progress, timeouts.sessionProgressMs);
    // 199 ends one early dialog of the vendor (RFC 6228); the caller's goes on with the call.
    if (response.status === 199) return;
    this.#markProgress(attempt);
    this.#call.onProgress(dialog, response);
  }

  onAnswer(attempt: Attempt, dialog: Dialog<Call>, response: SipMessage): void {
    this.#context.timers.stop(this.timer);
    this.#markProgress(attempt);
    attempt.record.code = response.status;
    attempt.record.reason = 'OK';
    this.#context.counters.add(C.attemptsAnswered, 1);
    this.#call.onAnswer(attempt, dialog, response);
  }

  onFailure(attempt: Attempt, response: SipMessage): void {
    const { status } = response;
    const { gateway } = attempt.target;
    const reason = q850Reason(response);
    const failure = release(status, `Gateway answered ${status}`, 'callee', reason);
    const follows = status < 400 && gateway.followRedirect && this.#redirects < MAX_REDIRECTS;
    const target = follows ? redirectTarget(response, attempt.target) : null;
    // Where a 3xx pointed, or a phone, is not the gateway itself.
    if (isItself(attempt.target)) notePause(this.#context, gateway.slot, response);
    this.#close(attempt, failure);
    if (target !== null) {
      this.#redirects++;
      if (this.#enterGates(target, this.#context.clock.wallMs()) && this.#try(target)) return;
    }
    if (status === 503 && this.#atNextAddress(attempt)) return;
    this.#goOn(attempt, failure, codeGoesOn(gateway, this.#context.parameters, status));
  }

  onTimeout(attempt: Attempt): void {
    this.#giveUp(attempt, INVITE_TIMEOUT);
  }

  onUnreachable(attempt: Attempt): void {
    this.#context.counters.add(C.attemptsUnreachable, 1);
    const failure = attempt.target.contact?.isGateway === false ? PHONE_UNREACHABLE : UNREACHABLE;
    this.#close(attempt, failure);
    if (this.#atNextAddress(attempt)) return;
    this.#goOn(attempt, failure, true);
  }

  /** A stage took too long. */
  expire(): void {
    if (this.attempt !== null) this.#giveUp(this.attempt, TIMEOUTS[this.#stage]);
  }

  // ---- One vendor after the other ----

  #tryNext(): boolean {
    for (let target = this.#contacts[0]; target !== undefined; target = this.#contacts[0]) {
      this.#contacts = this.#contacts.slice(1);
      if (!this.#enterGates(target, this.#context.clock.wallMs())) this.#lastFailure = PHONE_FULL;
      else if (this.#try(target)) return true;
    }
    return this.#tryNextVendor();
  }

  #tryNextVendor(): boolean {
    const { routes, clock } = this.#context;
    const { callee } = this.#call.offer;
    const nowMs = clock.wallMs();
    const count = routes.candidates(callee, nowMs, candidates);
    if (routes.firstBar !== Bar.None) this.#noteBarred(routes);
    for (let i = 0; i < count; i++) {
      const { gateway, prefix } = candidates[i]!;
      if (this.#tried.includes(gateway.name)) continue;
      const target = this.#targetOf(gateway, prefix, rewrite(callee, gateway.rewriteCallee));
      if (target === null) {
        this.#noteAway(gateway);
        continue;
      }
      if (this.#enterGates(target, nowMs)) {
        if (this.#try(target)) return true;
      } else if (this.#tried.length === 0) {
        this.#lastFailure = VENDORS_FULL;
      }
    }
    return false;
  }

  /** Null: not registered, or a name without any address, as far as DNS has answered. */
  #targetOf(gateway: RoutingGateway, prefix: string, callee: string): Target | null {
    const { domain, addresses } = gateway;
    if (gateway.registerType === 'dynamic') {
      const contact = this.#context.access.locationOf(gateway);
      return contact && targetAt(gateway, prefix, callee, contact.peer, NONE, contact);
    }
    if (domain === '') return targetAt(gateway, prefix, callee, gateway.peer, NONE, null);
    const [first, ...others] = orderAddresses(addresses, this.#context.random);
    return first === undefined ? null : targetAt(gateway, prefix, callee, first.peer, others, null);
  }

  /** The next address of the same gateway (RFC 3263 4.3): the call keeps its place in it. */
  #tryNextAddress({ target }: Attempt): boolean {
    const [next, ...others] = target.others;
    if (next === undefined) return false;
    const { gateway } = target;
    const { gates, states, clock } = this.#context;
    const capacity = states.capacityOf(gateway.slot, gateway.capacity, clock.wallMs());
    if (!gates.tryEnter(gateway.slot, capacity)) return false;
    return this.#try({ ...target, peer: next.peer, others });
  }

  /** A gateway that registers with us and has not is as one that we are not registered with. */
  #noteAway({ registerType }: RoutingGateway): void {
    if (registerType !== 'dynamic') return;
    this.#context.counters.add(C.attemptsSkippedUnregistered, 1);
    if (this.#lastFailure === NO_ROUTE) this.#lastFailure = BARRED[Bar.Unregistered];
  }

  /** Counts the gateways whose state kept this call away; without others it is what failed it. */
  #noteBarred({ barred, firstBar }: RouteTable): void {
    const { counters } = this.#context;
    counters.add(C.attemptsSkippedDown, barred[Bar.Down]!);
    counters.add(C.attemptsSkippedUnregistered, barred[Bar.Unregistered]!);
    counters.add(C.attemptsSkippedClosed, barred[Bar.Closed]!);
    counters.add(C.attemptsSkippedRetryAfter, barred[Bar.RetryAfter]!);
    if (this.#lastFailure === NO_ROUTE) this.#lastFailure = BARRED[firstBar];
  }

  #enterGates({ gateway }: Target, nowMs: number): boolean {
    const { gates, states, counters } = this.#context;
    const { slot, capacity, cps } = gateway;
    if (gates.tryEnter(slot, states.capacityOf(slot, capacity, nowMs))) {
      if (gates.tryRate(slot, cps, nowMs)) return true;
      gates.leave(gateway.slot);
    }
    counters.add(C.attemptsSkippedCapacity, 1);
    return false;
  }

  /** Starts an attempt whose gates were entered; false when it could not even be sent. */
  #try(target: Target): boolean {
    const { record } = this.#call;
    const { name } = target.gateway;
    if (!this.#tried.includes(name)) this.#tried = [...this.#tried, name];
    record.attempts++;
    const row = newAttemptRecord(this.#context, this.#call.id, record.attempts, target);
    const attempt = new Attempt(this.#call, this, this.#context, target, row);
    this.attempt = attempt;
    record.routingGateway = target.gateway.name;
    record.clearingAccount = target.gateway.clearingAccount;
    record.calleeOut = target.callee;
    record.destinationIp = target.peer.ip;
    record.callIdOut = '';
    this.#context.counters.add(C.attemptsStarted, 1);
    this.#stage = Stage.Invited;
    this.#context.timers.start(this.timer, target.gateway.timeouts.inviteMs);
    const problem = attempt.start();
    if (problem === null) {
      record.callIdOut = attempt.callId;
      return true;
    }
    this.#close(attempt, problem);
    // What a vendor said of the number tells the caller more than our trouble with the next.
    const unheard = this.#lastFailure === NO_ROUTE || this.#lastFailure === VENDORS_FULL;
    if (unheard) this.#lastFailure = problem;
    return false;
  }

  /** The attempt's time is over: it is cancelled, and another vendor tried if rules allow. */
  #giveUp(attempt: Attempt, reason: Release): void {
    this.#context.counters.add(C.attemptsTimedOut, 1);
    const silent = this.#stage === Stage.Invited;
    this.#close(attempt, reason);
    if (silent && this.#atNextAddress(attempt)) return;
    const { gateway } = attempt.target;
    this.#goOn(attempt, reason, !silent || silenceGoesOn(gateway, this.#context.parameters));
  }

  /** True when the call goes on with another address of the attempt's gateway. */
  #atNextAddress(attempt: Attempt): boolean {
    if (attempt.ringing || !this.#tryNextAddress(attempt)) return false;
    this.#context.counters.add(C.attemptsFailedOver, 1);
    return true;
  }

  #goOn(attempt: Attempt, failure: Release, allowed: boolean): void {
    this.#lastFailure = failure;
    const { parameters } = this.#context;
    const bound = isBound(attempt.target.gateway, parameters, attempt, this.#tried.length);
    if (allowed && !bound && this.#tryNext()) {
      this.#context.counters.add(C.attemptsFailedOver, 1);
    } else {
      this.#call.onExhausted(this.#lastFailure);
    }
  }

  /** Ends an unanswered attempt: its INVITE is cancelled if it still runs. */
  #close(attempt: Attempt, end: Release): void {
    this.#context.timers.stop(this.timer);
    this.attempt = null;
    attempt.abandon(end.headers);
    if (attempt.record.code === 0) {
      attempt.record.code = end.code;
      attempt.record.reason = end.reason;
    }
    const row = this.#leave(attempt, this.#context.clock.wallMs());
    writeAttempt(this.#context, this.#call.record, row);
  }

  /** Gives the vendor's place back; the row is complete then. */
  #leave({ target, record }: Attempt, endedAtMs: number): CdrAttempt {
    this.#context.gates.leave(target.gateway.slot);
    record.endedAtMs = endedAtMs;
    return record;
  }

  /** The first sign of the callee in this attempt: ringing, progress, or the answer itself. */
  #markProgress({ record, startedMono }: Attempt): void {
    if (record.pddMs !== 0) return;
    record.pddMs = Math.max(1, Math.round(this.#context.clock.monoMs() - startedMono));
  }

  /** A stage's time runs from its first sign: a vendor that repeats itself gains none. */
  #enter(stage: Stage, limitMs: number): void {
    if (stage <= this.#stage) return;
    this.#stage = stage;
    this.#context.timers.start(this.timer, limitMs);
  }
}

/** Whether the target is its gateway, by any address of it. */
function isItself({ gateway, peer, contact }: Target): boolean {
  if (peer === gateway.peer || contact?.isGateway === true) return true;
  return gateway.addresses.some((address) => address.peer === peer);
}
