// The non-INVITE server transaction, RFC 3261 17.2.2 (figure 8):
//
//   Trying ──1xx──▶ Proceeding ──200-699──▶ Completed ──timer J──▶ gone
//   Timer J is zero over TCP and TLS.
//   A retransmitted request gets the last response again; before there is one it is absorbed.
//   A bare final response is retired at once (retired-requests.ts) and made anew when needed: its
//   request must have a To tag, or the response the stateless one, so that both are the same.
import { NO_BODY } from './request-identity.ts';
import { ServerTransaction } from './server-transaction.ts';

export class NonInviteServer extends ServerTransaction {
  override respond(status: number, reason: string, tag: string, rest: string): void {
    if (this.head === null) return;
    this.sendResponse(this.head, status, reason, tag, rest);
    if (status < 200) return;
    // A bare response is made anew from its request: nothing of it needs to be kept.
    if (this.reliable) this.terminate();
    else if (rest === NO_BODY && reason === '') this.retire(status);
    else this.context.timers.start(this.timer, this.context.schedule.giveUpMs);
  }

  override expire(): void {
    this.terminate();
  }
}
