// The non-INVITE client transaction, RFC 3261 17.1.2 (figure 6):
//
//   Trying ──1xx──▶ Proceeding ──2xx-6xx──▶ gone
//     └── timer E resends, timer F: timeout ──▶ gone; unreachable ──▶ gone
//
// There is no Completed (timer K): a late copy of the final response is a stray, which is dropped.
import { C } from '../../base/counter-names.ts';
import type { SipMessage } from '../message/message.ts';
import { ClientTransaction } from './client-transaction.ts';

export class NonInviteClient extends ClientTransaction {
  /** @param request the complete message, its top Via with this transaction's branch */
  start(request: string): void {
    this.sendFirst(request);
  }

  /** Nobody wants to know any more: no further resends, no reports. */
  abandon(): void {
    this.terminate();
  }

  override receive(response: SipMessage): void {
    if (response.status >= 200) this.terminate();
    this.user.onResponse(this, response);
  }

  override unreachable(): void {
    this.terminate();
    this.user.onUnreachable(this);
  }

  override expire(): void {
    if (this.resend()) return;
    this.terminate();
    this.context.counters.add(C.transactionTimeouts, 1);
    this.user.onTimeout(this);
  }
}
