// A request within the call that passes end to end: INFO, MESSAGE, NOTIFY, PRACK, UPDATE. It
// arrives on one dialog, leaves on its partner, and its responses come back the same way.
import type { Dialog } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method, methodName } from '../sip/message/methods.ts';
import type { ClientTransaction, ClientUser } from '../sip/transaction/client-transaction.ts';
import type { NonInviteServer } from '../sip/transaction/non-invite-server.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { Call } from './call.ts';
import { bodyOf, passedHeaders } from './passed-headers.ts';
import { answerLines, type SessionAnswer } from './leg-sessions.ts';
import type { PendingOffer } from './relayed-invite.ts';
import { answerChallenge } from '../sip/auth/challenge-answer.ts';

const MAX_FORWARDS = 70;

export class RelayedRequest implements ClientUser, PendingOffer {
  readonly from: Dialog<Call>;
  readonly #to: Dialog<Call>;
  readonly #call: Call;
  readonly #server: NonInviteServer;
  readonly #method: Method;
  readonly #rest: string;
  #challenged = 0;
  /** 422 came once. */
  #raised = false;
  /** What its 2xx says of session timers. */
  readonly #session: SessionAnswer | null;
  /** The peer that asks has another Contact now. */
  readonly #moved: boolean;

  constructor(
    from: Dialog<Call>,
    to: Dialog<Call>,
    request: SipMessage,
    server: NonInviteServer,
    session: SessionAnswer | null,
  ) {
    this.from = from;
    this.#to = to;
    this.#session = session;
    this.#call = from.owner;
    this.#server = server;
    this.#method = request.method;
    const contact = this.#refreshesTarget ? `Contact: ${to.contact}\r\n` : '';
    const passed = passedHeaders(request, this.#call.gateway.passHeaders);
    this.#rest = contact + rackFor(request, to) + passed + bodyOf(request);
    this.#moved = this.#refreshesTarget && from.learnTarget(request, null);
    const offers = this.#refreshesTarget && request.bodyEnd > request.bodyStart;
    if (offers) this.#call.pendingOffer = this;
  }

  send(authorization: string): void {
    const { transactions } = this.#call.context;
    const { sessions } = this.#call;
    const lines = this.#refreshesTarget ? (sessions?.requestLines(this.#to) ?? '') : '';
    const identity = this.#to.nextRequest();
    const sent = transactions.request(
      methodName(this.#method),
      this.#method,
      identity,
      MAX_FORWARDS,
      authorization + lines + this.#rest,
      this.#to.local,
      this.#to.peer,
      this,
    );
    if (sent === undefined) this.#answer(503, NO_BODY);
  }

  onResponse(_transaction: ClientTransaction, response: SipMessage): void {
    const { status } = response;
    if (status === 100) return;
    // After the end nothing is sent anew: its CSeq would make our BYE look old.
    const mayRetry = !this.#call.ended;
    if (mayRetry && (status === 401 || status === 407) && this.#authorize(response)) return;
    if (mayRetry && status === 422 && this.#raise(response)) return;
    const rest = passedHeaders(response, this.#call.gateway.passHeaders) + bodyOf(response);
    let lines = '';
    if (this.#refreshesTarget && status >= 200 && status < 300) {
      const moved = this.#to.learnTarget(response, null);
      if (moved || this.#moved) this.#call.onStateDue();
      lines = `Contact: ${this.from.contact}\r\n`;
      if (this.#session !== null) lines += answerLines(this.#session);
      this.#call.sessions?.granted(this.#to, response, this.#rest, 0);
      this.#call.sessions?.answered(this.from, this.#session, rest);
    }
    // A 422 is about our interval on the other leg.
    this.#answer(status === 422 ? 500 : status, lines + rest);
    if (status === 481 || status === 408) this.#call.onDialogLost(this.#to);
  }

  onTimeout(): void {
    this.#answer(408, NO_BODY);
    this.#call.onDialogLost(this.#to);
  }

  onUnreachable(): void {
    this.#answer(503, NO_BODY);
  }

  /** Only INVITE has an ACK. */
  receiveAck(): boolean {
    return false;
  }

  /** The call has ended: whoever asked gets an answer, the late response is nobody's. */
  abandon(): void {
    this.#answer(487, NO_BODY);
  }

  /** UPDATE changes the remote target; with an offer it also excludes others (RFC 3311 5.2). */
  get #refreshesTarget(): boolean {
    return this.#method === Method.Update;
  }

  #authorize(response: SipMessage): boolean {
    const credentials = this.#call.credentialsOf(this.#to);
    if (credentials === null) return false;
    this.#challenged++;
    const { uri } = this.#to.requestWith(0);
    const method = methodName(this.#method);
    const { random } = this.#call.context;
    const header = answerChallenge(response, method, uri, credentials, random, this.#challenged);
    if (header === '') return false;
    this.send(header);
    return true;
  }

  /** 422: once more with the Min-SE that the peer names (RFC 4028 7.3). */
  #raise(response: SipMessage): boolean {
    if (this.#raised || this.#call.sessions?.of(this.#to)?.raise(response) !== true) return false;
    this.#raised = true;
    this.send('');
    return true;
  }

  #answer(status: number, rest: string): void {
    if (status >= 200 && this.#call.pendingOffer === this) this.#call.pendingOffer = null;
    this.#server.respond(status, '', '', rest);
  }
}

/** RAck with the CSeq of the INVITE on the other leg (RFC 3262 7.2); empty for other requests. */
function rackFor(request: SipMessage, to: Dialog<Call>): string {
  const index = request.first(HeaderId.RAck);
  if (index < 0 || request.method !== Method.Prack) return '';
  const [rseq] = request.text(index).split(/[ \t]+/);
  return `RAck: ${rseq} ${to.inviteCseq} INVITE\r\n`;
}
