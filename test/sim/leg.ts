// One dialog as a simulated user agent has it: identifiers, CSeq rules, the ACKs it owes, and what
// it knows of the call's end.
import { hostPort } from '../../engine/base/endpoint.ts';
import type { Agent, ClientRequest, ServerRequest } from './agent.ts';
import { LegSession, type SessionHabits } from './leg-session.ts';
import { requestText, type TextMessage } from './text-message.ts';

/** What is given when a leg begins. */
export interface LegStart {
  /** Null for a peer without session timers. */
  readonly habits: SessionHabits | null;
  readonly callId: string;
  /** Our From or To value with tag, and the peer's. */
  readonly local: string;
  readonly localTag: string;
  readonly remote: string;
  readonly remoteTag: string;
  /** The peer's Contact. */
  readonly target: string;
  readonly localCseq: number;
  readonly remoteCseq: number;
}

export class Leg {
  readonly agent: Agent;
  readonly callId: string;
  readonly local: string;
  readonly localTag: string;
  remote: string;
  remoteTag: string;
  target: string;
  localCseq: number;
  remoteCseq: number;
  /** A 2xx was sent or received. */
  up = false;
  /** BYE was sent or received, or the INVITE failed. */
  ended = false;
  /** An INVITE or an UPDATE of ours is under way. */
  offering = false;
  readonly session: LegSession | null;
  /** Sends a refresh of the session; set by the agent that can. */
  refresh: (method: 'UPDATE' | 'INVITE') => void = () => undefined;
  /** INVITE transactions of the peer on this leg, by CSeq: their 2xx waits for its ACK. */
  readonly served = new Map<number, ServerRequest>();
  /** ACKs that we sent, by CSeq of the INVITE: each 2xx that comes again gets the same. */
  readonly #acks = new Map<number, string>();

  constructor(agent: Agent, start: LegStart) {
    this.agent = agent;
    this.callId = start.callId;
    this.local = start.local;
    this.localTag = start.localTag;
    this.remote = start.remote;
    this.remoteTag = start.remoteTag;
    this.target = start.target;
    this.localCseq = start.localCseq;
    this.remoteCseq = start.remoteCseq;
    this.session = start.habits === null ? null : new LegSession(this, start.habits);
  }

  get contactLine(): string {
    return `Contact: <sip:${this.agent.mark}@${hostPort(this.agent.endpoint)}>\r\n`;
  }

  text(method: string, cseq: number, extra = '', body = ''): string {
    return requestText({
      method,
      uri: this.target,
      sentBy: hostPort(this.agent.endpoint),
      branch: this.agent.newBranch(),
      from: this.local,
      to: this.remote,
      callId: this.callId,
      cseq,
      extra: `User-Agent: ${this.agent.mark}\r\n${extra}`,
      body,
    });
  }

  send(
    method: string,
    extra = '',
    body = '',
    onResponse: (response: TextMessage) => void = () => undefined,
    onTimeout: () => void = () => undefined,
  ): ClientRequest {
    this.localCseq++;
    const text = this.text(method, this.localCseq, extra, body);
    return this.agent.request(text, { onResponse, onTimeout });
  }

  bye(): void {
    if (this.ended) return;
    this.ended = true;
    this.send('BYE');
  }

  /** Acknowledges a 2xx; one that comes again gets the ACK that it got before. */
  acknowledge(cseq: number, body: string): void {
    let ack = this.#acks.get(cseq);
    if (ack === undefined) {
      ack = this.text('ACK', cseq, '', body);
      this.#acks.set(cseq, ack);
    }
    this.agent.transmit(ack);
  }
}
