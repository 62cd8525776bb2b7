// A calling user agent: places calls, gives up after its patience, talks, hangs up.
// INVITE client transaction, dialog and BYE of RFC 3261 12, 13.2, 15, 17.1 as one call needs them.
import type { Random } from '../../engine/base/random.ts';
import type { Heard } from './heard.ts';
import { contactPeer, requestText, responseText, sdpText } from './lines.ts';
import { Resend } from './resend.ts';
import type { Peer, SipPort } from './sip-port.ts';

const FINAL_WAIT_MS = 32_000;
const MAX_LATE_ACKS = 1000;

export interface CallPlan {
  readonly caller: string;
  readonly callee: string;
  /** CANCEL when there is no answer by then. */
  readonly patienceMs: number;
  /** BYE so long after the answer. */
  readonly talkMs: number;
}

export interface CallOutcome {
  /** Final status of the INVITE; 408 when nobody answered. */
  readonly code: number;
  /** Provisional statuses, in order. */
  readonly progress: readonly number[];
  /** From the answer to the end; 0 when not answered. */
  readonly talkedMs: number;
  readonly endedBy: 'caller' | 'callee' | 'nobody';
}

interface Call {
  readonly plan: CallPlan;
  readonly callId: string;
  readonly from: string;
  readonly branch: string;
  readonly progress: number[];
  readonly done: (outcome: CallOutcome) => void;
  /** canceling: wants to be rid of it; CANCEL is out once `cancelSent`. */
  state: 'inviting' | 'canceling' | 'talking' | 'closing';
  cancelSent: boolean;
  resend: Resend | undefined;
  timer: NodeJS.Timeout | undefined;
  to: string;
  target: string;
  peer: Peer;
  cseq: number;
  answeredAt: number;
  /** The ACK of the final response, sent again when that response comes again. */
  ack: string;
}

export class Caller {
  readonly #port: SipPort;
  readonly #server: Peer;
  readonly #random: Random;
  readonly #calls = new Map<string, Call>();
  /** By Call-ID: the ACK of a failure, for when its response comes again. */
  readonly #lateAcks = new Map<string, string>();

  /** Takes over `port`; all calls go to `server`. */
  constructor(port: SipPort, server: Peer, random: Random) {
    this.#port = port;
    this.#server = server;
    this.#random = random;
    port.onMessage = (heard, from) => {
      if (heard.status === 0) this.#request(heard, from);
      else this.#response(heard);
    };
  }

  get active(): number {
    return this.#calls.size;
  }

  /** Resolves when the call has ended, whichever way; never rejects. */
  call(plan: CallPlan): Promise<CallOutcome> {
    const { host } = this.#server;
    const { port } = this.#server;
    const authority = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((done) => {
      const call: Call = {
        plan,
        callId: `${this.#token()}@${this.#port.host}`,
        from: `<sip:${plan.caller}@${this.#port.sentBy}>;tag=${this.#token()}`,
        branch: `z9hG4bK${this.#token()}`,
        progress: [],
        done,
        state: 'inviting',
        cancelSent: false,
        resend: undefined,
        timer: undefined,
        to: `<sip:${plan.callee}@${authority}>`,
        target: `sip:${plan.callee}@${authority}`,
        peer: this.#server,
        cseq: 1,
        answeredAt: 0,
        ack: '',
      };
      this.#calls.set(call.callId, call);
      this.#invite(call);
    });
  }

  /** Ends every call: BYE when answered, CANCEL when not. */
  hangUpAll(): void {
    for (const call of this.#calls.values()) {
      clearTimeout(call.timer);
      if (call.state === 'talking') this.#bye(call);
      else if (call.state === 'inviting') this.#cancel(call);
    }
  }

  #invite(call: Call): void {
    const body = sdpText(this.#port.host, 20_000 + (this.#random.u32() % 10_000) * 2);
    const text = this.#text(call, 'INVITE', call.branch, body);
    call.resend = new Resend(
      () => {
        this.#port.send(text, call.peer);
      },
      () => {
        this.#finish(call, 408, 'nobody');
      },
      Infinity,
    );
    call.timer = setTimeout(() => {
      if (call.state === 'inviting') this.#cancel(call);
    }, call.plan.patienceMs);
  }

  #response(heard: Heard): void {
    const call = this.#calls.get(heard.callId);
    if (call === undefined) {
      const ack = this.#lateAcks.get(heard.callId);
      if (heard.method === 'INVITE' && ack !== undefined) this.#port.send(ack, this.#server);
    } else if (heard.method === 'INVITE') {
      this.#inviteResponse(call, heard);
    } else if (heard.method === 'BYE' && heard.status >= 200) {
      this.#byeAnswered(call);
    } else if (heard.method === 'CANCEL' && heard.status >= 200 && call.ack === '') {
      call.resend?.stop();
    }
  }

  #inviteResponse(call: Call, heard: Heard): void {
    if (heard.status < 200) {
      call.progress.push(heard.status);
      // The INVITE arrived: no more of it (RFC 3261 17.1.1.2).
      if (!call.cancelSent) call.resend?.stop();
      if (call.state === 'canceling' && !call.cancelSent) this.#sendCancel(call);
      return;
    }
    if (call.ack !== '') {
      this.#port.send(call.ack, call.peer);
      return;
    }
    call.resend?.stop();
    clearTimeout(call.timer);
    call.to = heard.to;
    if (heard.status >= 300) {
      // Of the same transaction: the branch of the INVITE (RFC 3261 17.1.1.3).
      this.#acknowledge(call, call.branch);
      this.#finish(call, heard.status, 'nobody');
      return;
    }
    call.target = heard.contactUri;
    call.peer = contactPeer(heard.contactUri) ?? call.peer;
    call.answeredAt = performance.now();
    this.#acknowledge(call, `z9hG4bK${this.#token()}`);
    if (call.state === 'canceling') {
      this.#bye(call);
      return;
    }
    call.state = 'talking';
    call.timer = setTimeout(() => {
      this.#bye(call);
    }, call.plan.talkMs);
  }

  #acknowledge(call: Call, branch: string): void {
    call.ack = this.#text(call, 'ACK', branch);
    this.#port.send(call.ack, call.peer);
  }

  /** Not before a provisional response (RFC 3261 9.1); a 200 instead of it is followed by BYE. */
  #cancel(call: Call): void {
    call.state = 'canceling';
    if (call.progress.length > 0) this.#sendCancel(call);
  }

  #sendCancel(call: Call): void {
    call.cancelSent = true;
    const text = this.#text(call, 'CANCEL', call.branch);
    call.resend = new Resend(
      () => {
        this.#port.send(text, call.peer);
      },
      () => undefined,
    );
    // The 487 may be lost for good: the caller is free after 64 T1 (RFC 3261 9.1).
    call.timer = setTimeout(() => {
      this.#finish(call, 408, 'caller');
    }, FINAL_WAIT_MS);
  }

  #bye(call: Call): void {
    call.state = 'closing';
    call.cseq++;
    const text = this.#text(call, 'BYE', `z9hG4bK${this.#token()}`);
    call.resend = new Resend(
      () => {
        this.#port.send(text, call.peer);
      },
      () => {
        this.#byeAnswered(call);
      },
    );
  }

  #byeAnswered(call: Call): void {
    this.#finish(call, 200, 'caller');
  }

  #request(heard: Heard, from: Peer): void {
    if (heard.method === 'ACK') return;
    const call = this.#calls.get(heard.callId);
    const status = heard.method === 'OPTIONS' || call !== undefined ? 200 : 481;
    this.#port.send(responseText(heard, status, this.#token(), this.#port.sentBy), from);
    if (heard.method !== 'BYE' || call === undefined) return;
    this.#finish(call, 200, 'callee');
  }

  #finish(call: Call, code: number, endedBy: CallOutcome['endedBy']): void {
    if (!this.#calls.delete(call.callId)) return;
    clearTimeout(call.timer);
    call.resend?.stop();
    this.#keepAck(call);
    const talkedMs = call.answeredAt === 0 ? 0 : performance.now() - call.answeredAt;
    call.done({ code, progress: call.progress, talkedMs, endedBy });
  }

  #keepAck(call: Call): void {
    if (call.ack === '' || call.answeredAt !== 0) return;
    this.#lateAcks.set(call.callId, call.ack);
    if (this.#lateAcks.size <= MAX_LATE_ACKS) return;
    for (const oldest of this.#lateAcks.keys()) {
      this.#lateAcks.delete(oldest);
      return;
    }
  }

  #text(call: Call, method: string, branch: string, body = ''): string {
    const { target: uri, from, to, callId, cseq } = call;
    const { sentBy } = this.#port;
    return requestText({ method, uri, sentBy, branch, from, to, callId, cseq, body });
  }

  #token(): string {
    return this.#random.u32().toString(36) + this.#random.u32().toString(36);
  }
}
