// The INVITE client transaction, RFC 3261 17.1.1 (figure 5) as corrected by RFC 6026 7.2:
//
//   Calling ──1xx──▶ Proceeding          Calling, Proceeding ──2xx──▶ Accepted ──timer M──▶ gone
//     │ timer A resends                  Calling, Proceeding ──300-699──▶ Completed ──timer D──▶
// gone
//     └ timer B: timeout ──▶ gone        Completed: each 300-699 is acknowledged again
//
// It also holds the CANCEL of its request back until a provisional response allows it (RFC 3261
// 9.1).
import { C, REQUESTS_SENT, countCode } from '../../base/counter-names.ts';
import { HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';
import { Method } from '../message/methods.ts';
import { ClientTransaction, NOBODY } from './client-transaction.ts';
import { NonInviteClient } from './non-invite-client.ts';
import { NO_BODY, requestHead, type RequestIdentity } from './request-identity.ts';

const State = { Calling: 0, Proceeding: 1, Completed: 2, Accepted: 3, Terminated: 4 } as const;
type State = (typeof State)[keyof typeof State];

const MAX_FORWARDS = 70;

export class InviteClient extends ClientTransaction {
  #state: State = State.Calling;
  #cseq = 0;
  /** What its CANCEL and the ACK of its failure repeat; null once neither can follow. */
  #identity: RequestIdentity | null = null;
  #via = '';
  /** ACK of the failure, kept while the failure may come again. */
  #ack = '';
  #cancelWanted = false;
  #cancel: NonInviteClient | null = null;
  #cancelExtra = '';

  /**
   * @param via the top Via value, with this transaction's branch
   * @param rest the message from the line after CSeq to its end, body included
   */
  start(identity: RequestIdentity, via: string, maxForwards: number, rest: string): void {
    this.#identity = identity;
    this.#cseq = identity.cseq;
    this.#via = via;
    this.sendFirst(requestHead('INVITE', identity, via, identity.to, maxForwards) + rest);
  }

  /** CSeq of the request. */
  get cseq(): number {
    return this.#cseq;
  }

  /** True until a final response came or the transaction gave up. */
  get pending(): boolean {
    return this.#state === State.Calling || this.#state === State.Proceeding;
  }

  /**
   * Cancels the request: at once after a provisional response, else as soon as one comes.
   * @param extra further header lines for the CANCEL, such as Reason (RFC 3326), each with CRLF
   */
  cancel(extra = ''): void {
    if (this.#cancelWanted || !this.pending) return;
    this.#cancelWanted = true;
    this.#cancelExtra = extra;
    if (this.#state === State.Proceeding) this.#sendCancel();
  }

  /** The dialog that a 2xx opened has ended: its retransmissions need no ACK any more. */
  finish(): void {
    if (this.#state === State.Accepted) this.#end();
  }

  override receive(response: SipMessage): void {
    const status = response.status;
    switch (this.#state) {
      case State.Calling:
      case State.Proceeding:
        if (status < 200) this.#provisional(response);
        else if (status < 300) this.#accepted(response);
        else this.#failed(response);
        return;
      case State.Completed:
        this.context.counters.add(C.responseRetransmissionsReceived, 1);
        if (status >= 300) this.#sendAck();
        return;
      case State.Accepted:
        // Retransmissions and 2xx of further forks: the user acknowledges each (RFC 6026 7.2).
        if (status >= 200 && status < 300) this.user.onResponse(this, response);
        return;
    }
  }

  /** The response to the CANCEL, which shares the branch. */
  receiveForCancel(response: SipMessage): void {
    this.#cancel?.receive(response);
  }

  override unreachable(): void {
    if (!this.pending) return;
    this.#end();
    this.user.onUnreachable(this);
  }

  override expire(): void {
    if (this.#state === State.Calling) {
      if (this.resend()) return;
      this.#timeout();
    } else if (this.#state === State.Proceeding) {
      // Armed only behind a CANCEL: no final response within 64·T1 of it (RFC 3261 9.1).
      this.#timeout();
    } else {
      this.#end();
    }
  }

  #provisional(response: SipMessage): void {
    if (this.#state === State.Calling) {
      this.#state = State.Proceeding;
      this.context.timers.stop(this.timer);
      this.request = '';
      if (this.#cancelWanted) this.#sendCancel();
    }
    this.user.onResponse(this, response);
  }

  #accepted(response: SipMessage): void {
    this.#state = State.Accepted;
    this.request = '';
    this.#forgetRequest();
    this.context.timers.start(this.timer, this.giveUpMs);
    this.user.onResponse(this, response);
  }

  #failed(response: SipMessage): void {
    this.#state = State.Completed;
    this.request = '';
    const to = response.text(response.first(HeaderId.To));
    this.#ack = requestHead('ACK', this.#identity!, this.#via, to, MAX_FORWARDS) + NO_BODY;
    this.#forgetRequest();
    countCode(this.context.counters, REQUESTS_SENT, Method.Ack);
    this.#sendAck();
    const { user } = this;
    this.user = NOBODY;
    if (this.lingerMs === 0) this.#end();
    else this.context.timers.start(this.timer, this.lingerMs);
    user.onResponse(this, response);
  }

  #sendAck(): void {
    this.context.transport.send(this.local, this.peer, this.#ack, this.order);
  }

  #sendCancel(): void {
    const identity = this.#identity!;
    const head = requestHead('CANCEL', identity, this.#via, identity.to, MAX_FORWARDS);
    const { local, peer, order } = this;
    this.#cancel = new NonInviteClient(this.context, NOBODY, local, peer, order, () => {
      this.#cancel = null;
    });
    countCode(this.context.counters, REQUESTS_SENT, Method.Cancel);
    this.#cancel.start(head + this.#cancelExtra + NO_BODY);
    this.context.timers.start(this.timer, this.giveUpMs);
  }

  #forgetRequest(): void {
    this.#identity = null;
    this.#via = '';
  }

  #timeout(): void {
    this.#end();
    this.context.counters.add(C.transactionTimeouts, 1);
    this.user.onTimeout(this);
  }

  #end(): void {
    this.#state = State.Terminated;
    this.#ack = '';
    this.terminate();
  }
}
