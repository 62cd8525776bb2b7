// A re-INVITE that passes end to end (RFC 3261 14): its responses, its ACK and its CANCEL too.
// It ends with its ACK; a peer that has lost the dialog ends the call (RFC 5057 5.1).
import { Timer, type Expiring } from '../base/timer-wheel.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { ClientTransaction, ClientUser } from '../sip/transaction/client-transaction.ts';
import type { InviteClient } from '../sip/transaction/invite-client.ts';
import type { InviteServer, InviteServerUser } from '../sip/transaction/invite-server.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { acknowledge } from './bye.ts';
import type { Call } from './call.ts';
import { bodyOf, passedHeaders, withoutReliable } from './passed-headers.ts';
import { answerLines, type SessionAnswer } from './leg-sessions.ts';
import { ACK_MISSING } from './release.ts';
import { answerChallenge } from '../sip/auth/challenge-answer.ts';

const MAX_FORWARDS = 70;
/** Timer C (RFC 3261 16.6): a re-INVITE that only rings is cancelled after this. */
const TIMER_C_MS = 180_000;

/** Something with an offer under way in a call; another one must wait. */
export interface PendingOffer {
  /** The dialog that it came in on; null for one of ours. */
  readonly from: Dialog<Call> | null;
  /** An ACK on `from`; true when it belongs to this offer. */
  receiveAck(ack: SipMessage): boolean;
  /** The call has ended. */
  abandon(): void;
}

export class RelayedInvite implements ClientUser, InviteServerUser, PendingOffer, Expiring {
  readonly from: Dialog<Call>;
  readonly timer: Timer = new Timer(this);
  readonly #to: Dialog<Call>;
  readonly #call: Call;
  readonly #server: InviteServer;
  /** CSeq of the re-INVITE as it came in: its ACK has the same. */
  readonly #cseq: number;
  readonly #rest: string;
  #client: InviteClient | null = null;
  #challenged = 0;
  /** 422 came once. */
  #raised = false;
  /** What its 2xx says of session timers. */
  readonly #session: SessionAnswer | null;
  #ack = '';
  /** The peer that asks has another Contact now. */
  readonly #moved: boolean;

  constructor(
    from: Dialog<Call>,
    to: Dialog<Call>,
    request: SipMessage,
    server: InviteServer,
    session: SessionAnswer | null,
  ) {
    this.from = from;
    this.#to = to;
    this.#session = session;
    this.#call = from.owner;
    this.#server = server;
    this.#cseq = request.cseq;
    const passed = passedHeaders(request, this.#call.gateway.passHeaders);
    const reliable = [from, to].every(
      (dialog) => this.#call.gatewayAt(dialog)?.reliableProvisional !== false,
    );
    this.#rest = (reliable ? passed : withoutReliable(passed)) + bodyOf(request);
    this.#moved = from.learnTarget(request, null);
    server.user = this;
    this.#call.pendingOffer = this;
  }

  send(authorization: string): void {
    const { transactions, timers } = this.#call.context;
    const to = this.#to;
    const identity = to.nextRequest();
    to.inviteCseq = identity.cseq;
    const lines = this.#call.sessions?.requestLines(to) ?? '';
    const rest = `Contact: ${to.contact}\r\n${authorization}${lines}${this.#rest}`;
    const client = transactions.invite(identity, MAX_FORWARDS, rest, to.local, to.peer, this);
    this.#client = client ?? null;
    if (client === undefined) this.#refuse(503);
    else timers.start(this.timer, TIMER_C_MS);
  }

  onResponse(transaction: ClientTransaction, response: SipMessage): void {
    const { status } = response;
    if (transaction !== this.#client || status === 100) return;
    if (status >= 200 && status < 300) this.#accepted(response);
    // After the end nothing is sent anew: its CSeq would make our BYE look old.
    else if (this.#call.ended) this.#pass(response);
    else if ((status === 401 || status === 407) && this.#authorize(response)) return;
    else if (status === 422 && this.#raise(response)) return;
    else this.#pass(response);
  }

  onTimeout(): void {
    this.#refuse(408);
    this.#call.onDialogLost(this.#to);
  }

  onUnreachable(): void {
    this.#refuse(503);
  }

  onCancel(_transaction: InviteServer, reason: string): void {
    this.#client?.cancel(reason === '' ? '' : `Reason: ${reason}\r\n`);
    this.#refuse(487);
  }

  onAckTimeout(): void {
    this.#done();
    this.#call.hangUp(ACK_MISSING);
  }

  receiveAck(ack: SipMessage): boolean {
    // Before our 2xx it is that of an answer which a restart has made forget: the peer asked again.
    if (ack.cseq !== this.#cseq || !this.#server.accepted) return false;
    this.#server.acknowledged();
    this.#ack = passedHeaders(ack, this.#call.gateway.passHeaders) + bodyOf(ack);
    this.#call.sessions?.of(this.#to)?.sent(this.#ack);
    this.#acknowledge();
    this.#done();
    return true;
  }

  abandon(): void {
    this.#client?.cancel();
    if (this.#server.accepted) this.#server.acknowledged();
    this.#refuse(487);
  }

  /** Timer C. */
  expire(): void {
    this.#client?.cancel();
    this.#refuse(408);
  }

  #accepted(response: SipMessage): void {
    if (!this.#server.proceeding) {
      // It came again, or after a CANCEL that was too late: then its ACK is ours to make.
      if (!this.#server.accepted && this.#ack === '') {
        this.#ack = NO_BODY;
        this.#learn(response);
      }
      this.#acknowledge();
      return;
    }
    this.#call.context.timers.stop(this.timer);
    this.#learn(response);
    this.#pass(response);
  }

  /** Contact and session of the peer as its 2xx has them. */
  #learn(response: SipMessage): void {
    const moved = this.#to.learnTarget(response, null);
    if (moved || this.#moved) this.#call.onStateDue();
    this.#call.sessions?.granted(this.#to, response, this.#rest, 0);
  }

  #acknowledge(): void {
    const to = this.#to;
    if (this.#ack === '' || this.#client === null) return;
    acknowledge(this.#call.context, to, this.#client.cseq, this.#ack);
  }

  #pass(response: SipMessage): void {
    const { status } = response;
    const rest = passedHeaders(response, this.#call.gateway.passHeaders) + bodyOf(response);
    const contact = status < 300 ? `Contact: ${this.from.contact}\r\n` : '';
    const answers = status >= 200 && status < 300 && this.#session !== null;
    const lines = answers ? answerLines(this.#session) : '';
    // A 422 is about our interval on the other leg.
    this.#server.respond(status === 422 ? 500 : status, '', '', contact + lines + rest);
    if (status < 200) return;
    if (status < 300) {
      this.#call.sessions?.answered(this.from, this.#session, rest);
      return;
    }
    this.#done();
    if (status === 481 || status === 408) this.#call.onDialogLost(this.#to);
  }

  #authorize(response: SipMessage): boolean {
    const credentials = this.#call.credentialsOf(this.#to);
    if (credentials === null) return false;
    this.#challenged++;
    const { uri } = this.#to.requestWith(0);
    const { random } = this.#call.context;
    const header = answerChallenge(response, 'INVITE', uri, credentials, random, this.#challenged);
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

  #refuse(status: number): void {
    this.#server.respond(status, '', '', NO_BODY);
    this.#done();
  }

  #done(): void {
    this.#call.context.timers.stop(this.timer);
    if (this.#call.pendingOffer === this) this.#call.pendingOffer = null;
  }
}
