// A vendor's user agent, or a forking proxy with several behind it: it answers INVITEs by plans
// made as they come. Its forks are dialogs with one Call-ID and several To tags.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { Resender, ServerRequest, type World } from './agent.ts';
import { Leg } from './leg.ts';
import { LegAgent } from './leg-agent.ts';
import { sessionOf, type SessionHabits } from './leg-session.ts';
import type { PlannedAction } from './caller.ts';
import { sdpText } from './text-message.ts';

export interface PlannedResponse {
  /** After the response before it, or after its PRACK. */
  readonly afterMs: number;
  readonly status: number;
  readonly sdp: boolean;
  /** Sent reliably (RFC 3262) if the caller can. */
  readonly reliable: boolean;
  /** Which fork says it. */
  readonly fork: number;
  readonly extra: string;
}

export interface VendorPlan {
  /** Ends with the final response, if there is one. */
  readonly responses: readonly PlannedResponse[];
  /** Another fork answers too, this much later. */
  readonly secondAnswerAfterMs: number | null;
  /** The CANCEL comes too late: the INVITE is answered by 200 all the same. */
  readonly answersCancel: boolean;
  readonly byeAfterMs: number | null;
  readonly actions: readonly PlannedAction[];
  /** Null: it has no session timers. */
  readonly session: SessionHabits | null;
  /** The Min-SE of the 422 that a shorter interval gets; 0: any will do. */
  readonly minSeS: number;
}

export interface VendorOptions {
  readonly endpoint: Endpoint;
  readonly mark: string;
  /** 401 or 407: wants credentials for INVITE and BYE. */
  readonly challenge: 401 | 407 | null;
  readonly plan: () => VendorPlan;
}

/** One INVITE in the course of its plan. */
interface Ringing {
  readonly server: ServerRequest;
  readonly plan: VendorPlan;
  readonly forks: Map<number, Leg>;
  rseq: number;
  /** Waits for the PRACK of the last reliable response. */
  pracked: (() => void) | null;
}

export class Vendor extends LegAgent {
  readonly #options: VendorOptions;
  readonly #ringing = new Map<string, Ringing>();

  constructor(world: World, options: VendorOptions) {
    super(world, options.endpoint, options.mark);
    this.#options = options;
  }

  protected override onInitialInvite(server: ServerRequest): void {
    const { request } = server;
    if (this.#challenged(server)) return;
    const plan = this.#options.plan();
    const [asked] = sessionOf(request);
    if (asked > 0 && asked < plan.minSeS) {
      server.respond(422, `${this.mark}s`, `Min-SE: ${plan.minSeS}\r\n`);
      return;
    }
    const ringing: Ringing = { server, plan, forks: new Map(), rseq: 0, pracked: null };
    this.#ringing.set(request.callId, ringing);
    this.#say(ringing, 0);
  }

  protected override onCancel(invite: ServerRequest): void {
    const ringing = this.#ringing.get(invite.request.callId);
    if (ringing === undefined) invite.respond(487, `${this.mark}c`);
    else if (ringing.plan.answersCancel) this.#answer(ringing, 0, true);
    else {
      invite.respond(487, this.#leg(ringing, 0).localTag);
      for (const leg of ringing.forks.values()) leg.ended = true;
    }
  }

  protected override onPrack(leg: Leg, server: ServerRequest): void {
    const ringing = this.#ringing.get(leg.callId);
    const rack = server.request.header('rack');
    const [rseq, cseq] = rack.split(' ').map(Number);
    if (ringing === undefined || cseq !== ringing.server.request.cseq || rseq! > ringing.rseq) {
      this.world.complain(`${this.mark}: RAck ${rack} fits nothing`);
      server.respond(481, '');
      return;
    }
    server.respond(200, '');
    if (rseq === ringing.rseq) ringing.pracked?.();
  }

  protected override onInitialAck(leg: Leg): void {
    const plan = this.#ringing.get(leg.callId)?.plan;
    for (const { afterMs, action } of plan?.actions ?? []) {
      this.later(afterMs, () => this.act(leg, action));
    }
  }

  protected override knowsCall(): boolean {
    return false;
  }

  /** True when credentials are asked for. */
  #challenged(server: ServerRequest): boolean {
    const { challenge } = this.#options;
    if (challenge === null) return false;
    const given = challenge === 401 ? 'authorization' : 'proxy-authorization';
    if (server.request.header(given).includes('username="tandem"')) return false;
    const name = challenge === 401 ? 'WWW-Authenticate' : 'Proxy-Authenticate';
    const value = `Digest realm="${this.mark}", nonce="${this.mark}n", qop="auth", algorithm=MD5`;
    server.respond(challenge, `${this.mark}a`, `${name}: ${value}\r\n`);
    return true;
  }

  /** Says the responses of the plan, one after the other. */
  #say(ringing: Ringing, index: number): void {
    const planned = ringing.plan.responses[index];
    if (planned === undefined) return;
    this.later(planned.afterMs, () => {
      const { server } = ringing;
      if (server.final !== 0) return;
      const next = (): void => this.#say(ringing, index + 1);
      if (planned.status === 100) {
        server.respond(100, '');
        next();
      } else if (planned.status < 200) {
        this.#progress(ringing, planned, next);
      } else if (planned.status < 300) {
        this.#answer(ringing, planned.fork, planned.sdp);
      } else {
        const { localTag } = this.#leg(ringing, planned.fork);
        for (const leg of ringing.forks.values()) leg.ended = true;
        server.respond(planned.status, localTag, planned.extra);
      }
    });
  }

  #progress(ringing: Ringing, planned: PlannedResponse, next: () => void): void {
    const { server } = ringing;
    const leg = this.#leg(ringing, planned.fork);
    const body = planned.sdp ? sdpText(7) : '';
    const reliable = planned.reliable && server.request.all('supported').join().includes('100rel');
    if (!reliable) {
      server.respond(planned.status, leg.localTag, leg.contactLine, body);
      next();
      return;
    }
    ringing.rseq++;
    const extra = `${leg.contactLine}Require: 100rel\r\nRSeq: ${ringing.rseq}\r\n`;
    const resender = new Resender(
      this,
      Infinity,
      () => {
        if (server.final === 0) server.respond(planned.status, leg.localTag, extra, body);
      },
      () => {
        server.respond(504, leg.localTag);
      },
    );
    ringing.pracked = () => {
      ringing.pracked = null;
      resender.stop();
      next();
    };
  }

  #answer(ringing: Ringing, fork: number, sdp: boolean): void {
    const { server, plan } = ringing;
    this.#up(ringing, server, fork, sdp);
    if (plan.secondAnswerAfterMs === null) return;
    this.later(plan.secondAnswerAfterMs, () => {
      this.#up(ringing, new ServerRequest(this, server.request), fork + 1, sdp);
    });
  }

  #up(ringing: Ringing, server: ServerRequest, fork: number, sdp: boolean): void {
    const leg = this.#leg(ringing, fork);
    if (leg.ended) return;
    leg.up = true;
    leg.served.set(server.request.cseq, server);
    const body = sdp ? sdpText(8) : '';
    const session =
      leg.session === null ? '' : leg.session.allowLine + leg.session.answer(server.request);
    const extra =
      `${leg.contactLine}User-Agent: ${this.mark}\r\nServer: ${this.mark}\r\n` + session;
    server.respond(200, leg.localTag, extra, body, () => leg.bye());
    const { byeAfterMs } = ringing.plan;
    if (byeAfterMs !== null) this.later(byeAfterMs, () => leg.bye());
  }

  #leg(ringing: Ringing, fork: number): Leg {
    const known = ringing.forks.get(fork);
    if (known !== undefined) return known;
    const { request } = ringing.server;
    const localTag = `${this.mark}t${this.world.chance.token()}`;
    const leg = new Leg(this, {
      habits: ringing.plan.session,
      callId: request.callId,
      local: `${request.header('to')};tag=${localTag}`,
      localTag,
      remote: request.header('from'),
      remoteTag: request.fromTag,
      target: request.contact,
      localCseq: 0,
      remoteCseq: request.cseq,
    });
    ringing.forks.set(fork, leg);
    this.addLeg(leg);
    return leg;
  }
}
