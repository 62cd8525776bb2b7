// A called user agent, a vendor's gateway: rings, answers or refuses each call as its plan says,
// hangs up, and follows CANCEL and BYE. INVITE server transaction and dialog as one call needs them
// (RFC 3261 9.2, 12, 13.3, 15.1, 17.2.1).
import type { Random } from '../../engine/base/random.ts';
import type { Heard } from './heard.ts';
import { contactPeer, requestText, responseText, sdpText } from './lines.ts';
import { Resend } from './resend.ts';
import type { Peer, SipPort } from './sip-port.ts';

/** What becomes of one call; times from the INVITE. */
export interface AnswerPlan {
  /** 180, 183 with SDP, or 0 for none. */
  readonly progress: 0 | 180 | 183;
  readonly progressMs: number;
  /** 200, or a failure of 300..699. */
  readonly finalStatus: number;
  /** Infinity: rings until the caller gives up. */
  readonly finalMs: number;
  /** BYE from this side so long after the answer; Infinity: never. */
  readonly talkMs: number;
}

interface Call {
  readonly invite: Heard;
  readonly from: Peer;
  readonly plan: AnswerPlan;
  readonly tag: string;
  readonly sdp: string;
  readonly timers: NodeJS.Timeout[];
  state: 'ringing' | 'refused' | 'answered' | 'talking' | 'closing';
  /** The last response to the INVITE, for its retransmissions. */
  response: string;
  resend: Resend | undefined;
}

export class Callee {
  readonly #port: SipPort;
  readonly #random: Random;
  readonly #planFor: (calledUser: string) => AnswerPlan;
  readonly #calls = new Map<string, Call>();
  #heard = 0;

  /** Takes over `port`; `planFor` decides what becomes of a call to that number. */
  constructor(port: SipPort, random: Random, planFor: (calledUser: string) => AnswerPlan) {
    this.#port = port;
    this.#random = random;
    this.#planFor = planFor;
    port.onMessage = (heard, from) => {
      if (heard.status === 0) this.#request(heard, from);
      else this.#response(heard);
    };
  }

  get active(): number {
    return this.#calls.size;
  }

  /** INVITEs that were calls, retransmissions apart. */
  get heard(): number {
    return this.#heard;
  }

  /** Forgets all calls and their timers, without a word to the peer. */
  dropAll(): void {
    for (const call of this.#calls.values()) this.#forget(call);
  }

  #request(heard: Heard, from: Peer): void {
    const call = this.#calls.get(heard.callId);
    if (heard.method === 'INVITE') this.#invite(heard, from, call);
    else if (heard.method === 'ACK') this.#ack(call);
    else if (heard.method === 'CANCEL') this.#cancel(heard, from, call);
    else if (heard.method === 'BYE') this.#bye(heard, from, call);
    else this.#answer(heard, from, heard.method === 'OPTIONS' || call !== undefined ? 200 : 481);
  }

  #invite(heard: Heard, from: Peer, known: Call | undefined): void {
    if (known !== undefined) {
      if (heard.cseq === known.invite.cseq) this.#port.send(known.response, from);
      else this.#answer(heard, from, 200, known.tag, known.sdp);
      return;
    }
    this.#heard++;
    const call: Call = {
      invite: heard,
      from,
      plan: this.#planFor(heard.calledUser),
      tag: this.#token(),
      sdp: sdpText(this.#port.host, 30_000 + (this.#random.u32() % 10_000) * 2),
      timers: [],
      state: 'ringing',
      response: '',
      resend: undefined,
    };
    this.#calls.set(heard.callId, call);
    this.#respond(call, 100, '');
    const { progress, progressMs, finalStatus, finalMs } = call.plan;
    if (progress !== 0) {
      this.#after(call, progressMs, () => {
        if (call.state === 'ringing')
          this.#respond(call, progress, progress === 183 ? call.sdp : '');
      });
    }
    this.#after(call, finalMs, () => {
      if (call.state === 'ringing') this.#final(call, finalStatus);
    });
  }

  #final(call: Call, status: number): void {
    call.state = status < 300 ? 'answered' : 'refused';
    const sdp = status < 300 ? call.sdp : '';
    call.resend = new Resend(
      () => {
        this.#respond(call, status, sdp);
      },
      () => {
        this.#forget(call);
      },
    );
  }

  #ack(call: Call | undefined): void {
    if (call === undefined) return;
    if (call.state === 'refused') {
      this.#forget(call);
    } else if (call.state === 'answered') {
      call.resend?.stop();
      call.state = 'talking';
      this.#after(call, call.plan.talkMs, () => {
        if (call.state === 'talking') this.#hangUp(call);
      });
    }
  }

  #cancel(heard: Heard, from: Peer, call: Call | undefined): void {
    this.#answer(heard, from, call === undefined ? 481 : 200, call?.tag);
    if (call?.state === 'ringing') this.#final(call, 487);
  }

  #bye(heard: Heard, from: Peer, call: Call | undefined): void {
    this.#answer(heard, from, call === undefined ? 481 : 200);
    if (call !== undefined) this.#forget(call);
  }

  #hangUp(call: Call): void {
    call.state = 'closing';
    const { invite, tag } = call;
    const text = requestText({
      method: 'BYE',
      uri: invite.contactUri,
      sentBy: this.#port.sentBy,
      branch: `z9hG4bK${this.#token()}`,
      from: `${invite.to};tag=${tag}`,
      to: invite.from,
      callId: invite.callId,
      cseq: 1,
    });
    const peer = contactPeer(invite.contactUri) ?? call.from;
    call.resend = new Resend(
      () => {
        this.#port.send(text, peer);
      },
      () => {
        this.#forget(call);
      },
    );
  }

  #response(heard: Heard): void {
    const call = this.#calls.get(heard.callId);
    if (call?.state === 'closing' && heard.status >= 200) this.#forget(call);
  }

  #respond(call: Call, status: number, sdp: string): void {
    call.response = responseText(call.invite, status, call.tag, this.#port.sentBy, sdp);
    this.#port.send(call.response, call.from);
  }

  #answer(heard: Heard, from: Peer, status: number, tag = this.#token(), sdp = ''): void {
    this.#port.send(responseText(heard, status, tag, this.#port.sentBy, sdp), from);
  }

  /** Nothing is set for Infinity: setTimeout would fire at once. */
  #after(call: Call, ms: number, act: () => void): void {
    if (ms !== Infinity) call.timers.push(setTimeout(act, ms));
  }

  #forget(call: Call): void {
    call.timers.forEach(clearTimeout);
    call.resend?.stop();
    this.#calls.delete(call.invite.callId);
  }

  #token(): string {
    return this.#random.u32().toString(36) + this.#random.u32().toString(36);
  }
}
