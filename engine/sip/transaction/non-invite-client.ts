// The non-INVITE client transaction, RFC 3261 17.1.2 (figure 6):
//
//   Trying ──1xx──▶ Proceeding ──2xx-6xx──▶ Completed ──timer K──▶ gone
//     └── timer E resends, timer F: timeout ──▶ gone; unreachable ──▶ gone
import { C } from '../../base/counter-names.ts';
import type { SipMessage } from '../message/message.ts';
import { ClientTransaction, NOBODY } from './client-transaction.ts';
import { T4_MS } from './resend-schedule.ts';

const State = { Trying: 0, Completed: 1, Terminated: 2 } as const;
type State = (typeof State)[keyof typeof State];

export class NonInviteClient extends ClientTransaction {
  // Proceeding differs from Trying only in timer E's wait, which the schedule already holds at T2.
  #state: State = State.Trying;

  /** @param request the complete message, its top Via with this transaction's branch */
  start(request: string): void {
    this.sendFirst(request);
  }

  override receive(response: SipMessage): void {
    if (this.#state !== State.Trying) {
      this.context.counters.add(C.responseRetransmissionsReceived, 1);
      return;
    }
    if (response.status >= 200) {
      this.#state = State.Completed;
      this.request = '';
      this.context.timers.start(this.timer, T4_MS);
    }
    const user = this.user;
    if (response.status >= 200) this.user = NOBODY;
    user.onResponse(this, response);
  }

  override unreachable(): void {
    if (this.#state !== State.Trying) return;
    this.#state = State.Terminated;
    this.terminate();
    this.user.onUnreachable(this);
  }

  override expire(): void {
    if (this.#state === State.Trying) {
      if (this.resend()) return;
      this.#state = State.Terminated;
      this.terminate();
      this.context.counters.add(C.transactionTimeouts, 1);
      this.user.onTimeout(this);
      return;
    }
    this.#state = State.Terminated;
    this.terminate();
  }
}
