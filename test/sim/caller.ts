// A customer's user agent that makes one call by a plan: what it offers, when it gives up, what it
// does within the call, how it ends it, and what goes wrong on its side.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { hostPort } from '../../engine/base/endpoint.ts';
import type { ClientRequest, ServerRequest, World } from './agent.ts';
import { EDGE } from './edge.ts';
import { Leg } from './leg.ts';
import { LegAgent, type LegAction } from './leg-agent.ts';
import { TIMER_LINE, type SessionHabits } from './leg-session.ts';
import { requestText, sdpText, type TextMessage } from './text-message.ts';

export interface PlannedAction {
  /** Milliseconds after the leg is up. */
  readonly afterMs: number;
  readonly action: LegAction;
}

export interface CallPlan {
  readonly number: string;
  /** The INVITE has no SDP, the ACK has it. */
  readonly lateOffer: boolean;
  /** Supports 100rel. */
  readonly reliable: boolean;
  /** From the INVITE on; the CANCEL waits for a provisional response. */
  readonly cancelAfterMs: number | null;
  /** BYE in an early dialog instead of a CANCEL. */
  readonly earlyBye: boolean;
  readonly byeAfterMs: number | null;
  /** Null: the answer is never acknowledged. */
  readonly ackAfterMs: number | null;
  readonly actions: readonly PlannedAction[];
  readonly maxForwards: number;
  /** Empty: it does not ask for any. */
  readonly privacy: string;
  readonly extra: string;
  /** The same INVITE also comes on another path. */
  readonly merged: boolean;
  readonly crashAfterMs: number | null;
  /** Null: it has no session timers. */
  readonly session: SessionHabits | null;
}

const MERGED_AFTER_MS = 400;

export class Caller extends LegAgent {
  readonly plan: CallPlan;
  readonly callId: string;
  /** The leg that was answered. */
  leg: Leg | null = null;
  /** Final status of the INVITE; 0 while there is none. */
  final = 0;
  readonly #local: string;
  readonly #remote: string;
  readonly #localTag: string;
  readonly #pracked = new Set<string>();
  #invite!: ClientRequest;
  #wantsCancel = false;

  constructor(world: World, endpoint: Endpoint, mark: string, plan: CallPlan) {
    super(world, endpoint, mark);
    this.plan = plan;
    this.callId = `${mark}i${world.chance.token()}@${endpoint.ip}`;
    this.#localTag = `${mark}t${world.chance.token()}`;
    this.#local = `"Subscriber" <sip:12025550100@${endpoint.ip}>;tag=${this.#localTag}`;
    this.#remote = `<sip:${plan.number}@${EDGE.ip}>`;
  }

  start(): void {
    const { plan } = this;
    const text = this.#inviteText(this.newBranch());
    this.#invite = this.request(text, {
      onResponse: (response) => {
        this.#onResponse(response);
      },
      onTimeout: () => {
        this.final = 408;
      },
    });
    if (plan.merged) this.later(MERGED_AFTER_MS, () => this.#sendCopy());
    if (plan.cancelAfterMs !== null) this.later(plan.cancelAfterMs, () => this.#giveUp());
    if (plan.crashAfterMs !== null) {
      this.later(plan.crashAfterMs, () => {
        this.crashed = true;
      });
    }
  }

  protected override onInitialInvite(): void {
    this.world.complain(`${this.mark}: a caller was called`);
  }

  protected override onCancel(): void {
    this.world.complain(`${this.mark}: CANCEL at the caller`);
  }

  protected override onInitialAck(): void {
    this.world.complain(`${this.mark}: ACK of nothing`);
  }

  protected override onPrack(_leg: Leg, server: ServerRequest): void {
    this.world.complain(`${this.mark}: PRACK without a reliable response`);
    server.respond(481, '');
  }

  protected override knowsCall(callId: string): boolean {
    return callId === this.callId;
  }

  #inviteText(branch: string): string {
    const { plan } = this;
    const supported = plan.reliable ? 'Supported: 100rel, x-unknown\r\n' : '';
    return requestText({
      method: 'INVITE',
      uri: `sip:${plan.number}@${hostPort(EDGE)}`,
      sentBy: hostPort(this.endpoint),
      branch,
      from: this.#local,
      to: this.#remote,
      callId: this.callId,
      cseq: 1,
      maxForwards: plan.maxForwards,
      extra:
        `Contact: <sip:${this.mark}@${hostPort(this.endpoint)}>\r\n` +
        `User-Agent: ${this.mark}\r\nServer: ${this.mark}\r\nOrganization: ${this.mark}\r\n` +
        `X-Internal: ${this.mark}\r\n${supported}${sessionLines(plan.session)}` +
        `${this.#identity()}${plan.extra}`,
      body: plan.lateOffer ? '' : sdpText(1),
    });
  }

  /** What it says of itself besides From, each field with an address of its own side. */
  #identity(): string {
    const { privacy, number } = this.plan;
    const at = `@${this.endpoint.ip}`;
    return (
      `P-Asserted-Identity: "Subscriber" <sip:12025550101${at}>, <tel:+12025550102>\r\n` +
      `P-Preferred-Identity: <sip:12025550103${at}>\r\n` +
      `Remote-Party-ID: <sip:12025550104${at}>;party=calling\r\n` +
      `Diversion: <sip:${number}${at}>;reason=no-answer\r\n` +
      (privacy === '' ? '' : `Privacy: ${privacy}\r\n`)
    );
  }

  /** The same request on another path (RFC 3261 8.2.2.2); once the call is over it is a new one. */
  #sendCopy(): void {
    if (!this.#invite.proceeding || this.final !== 0) return;
    this.request(this.#inviteText(this.newBranch()), {
      onResponse: () => undefined,
      onTimeout: () => undefined,
    });
  }

  #giveUp(): void {
    if (this.final !== 0) return;
    if (!this.#invite.proceeding) {
      this.#wantsCancel = true;
      return;
    }
    const early = this.legs.get(this.callId)?.[0];
    if (this.plan.earlyBye && early !== undefined) early.bye();
    else this.cancel(this.#invite.request);
  }

  #onResponse(response: TextMessage): void {
    const { status } = response;
    if (status < 200) this.#onProgress(response);
    else if (status < 300) this.#onAnswer(response);
    else {
      this.final = status;
      for (const leg of this.legs.get(this.callId) ?? []) leg.ended = true;
    }
  }

  #onProgress(response: TextMessage): void {
    if (this.#wantsCancel) {
      this.#wantsCancel = false;
      this.#giveUp();
    }
    if (response.toTag === '') return;
    const leg = this.#legFor(response);
    const rseq = response.header('rseq');
    if (rseq === '') return;
    if (!this.plan.reliable) this.world.complain(`${this.mark}: reliable response not asked for`);
    const key = `${response.toTag} ${rseq}`;
    if (this.#pracked.has(key)) return;
    this.#pracked.add(key);
    leg.send('PRACK', `RAck: ${rseq} ${response.cseq} INVITE\r\n`);
  }

  #onAnswer(response: TextMessage): void {
    const leg = this.#legFor(response);
    const { plan } = this;
    if (this.leg !== null) {
      if (leg !== this.leg) this.world.complain(`${this.mark}: answered twice`);
      else if (plan.ackAfterMs !== null) leg.acknowledge(1, '');
      return;
    }
    this.leg = leg;
    this.final = response.status;
    leg.up = true;
    leg.session?.learn(response);
    for (const other of this.legs.get(this.callId) ?? []) if (other !== leg) other.ended = true;
    if (plan.ackAfterMs === null) return;
    this.later(plan.ackAfterMs, () => {
      leg.acknowledge(1, plan.lateOffer ? sdpText(1) : '');
    });
    // It gave up, but the answer was faster (RFC 3261 9.1): BYE instead.
    if (plan.cancelAfterMs !== null) this.later(plan.ackAfterMs + 1, () => leg.bye());
    if (plan.byeAfterMs !== null) this.later(plan.byeAfterMs, () => leg.bye());
    for (const { afterMs, action } of plan.actions)
      this.later(afterMs, () => this.act(leg, action));
  }

  #legFor(response: TextMessage): Leg {
    const known = this.legOf(this.callId, this.#localTag, response.toTag);
    if (known !== undefined) {
      if (response.contact !== '') known.target = response.contact;
      return known;
    }
    const leg = new Leg(this, {
      habits: this.plan.session,
      callId: this.callId,
      local: this.#local,
      localTag: this.#localTag,
      remote: response.header('to'),
      remoteTag: response.toTag,
      target: response.contact,
      localCseq: 1,
      remoteCseq: -1,
    });
    this.addLeg(leg);
    return leg;
  }
}

/** What an INVITE says of session timers. */
function sessionLines(habits: SessionHabits | null): string {
  if (habits === null) return '';
  const allow = habits.takesUpdate ? 'Allow: INVITE, ACK, BYE, UPDATE\r\n' : '';
  const refresher = habits.refresher === '' ? '' : `;refresher=${habits.refresher}`;
  const asked = habits.seconds === 0 ? '' : `Session-Expires: ${habits.seconds}${refresher}\r\n`;
  return `${TIMER_LINE}${allow}${asked}`;
}
