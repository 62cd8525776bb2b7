// The INVITE server transaction, RFC 3261 17.2.1 (figure 7) as corrected by RFC 6026 7.1:
//
//   Proceeding ──2xx──▶ Accepted ──ACK──▶ retired
//   Proceeding ──300-699──▶ Completed ──ACK──▶ retired
//   Accepted, Completed: resent on schedule (timer G); timer H or L: no ACK ──▶ gone
//   Over TCP and TLS a failure is sent once, and nothing is retired: nothing comes again.
//
// Retired (timers I and L), it only absorbs what is sent again: retired-requests.ts.
// In Accepted it also resends the 2xx until the ACK comes (13.3.1.4): the RFC gives that to the
// core, but schedule, message and timer are the same and stand here.
import { C } from '../../base/counter-names.ts';
import { usedUp, waitAfter, type ResendSchedule } from './resend-schedule.ts';
import { ABSORB } from './retired-requests.ts';
import { ServerTransaction } from './server-transaction.ts';

const State = { Proceeding: 0, Accepted: 1, Completed: 2, Terminated: 3 } as const;
type State = (typeof State)[keyof typeof State];

/** The transaction user of an INVITE server transaction: the core above it. */
export interface InviteServerUser {
  /** CANCEL came while the request was unanswered; it has been answered with 200. */
  onCancel(transaction: InviteServer, reason: string): void;
  /** The 2xx was never acknowledged (RFC 3261 13.3.1.4): the dialog must end. */
  onAckTimeout(transaction: InviteServer): void;
}

export class InviteServer extends ServerTransaction {
  #state: State = State.Proceeding;
  #sent = 0;
  #schedule!: ResendSchedule;
  /** Set by the core as soon as it takes the request. */
  user: InviteServerUser | null = null;

  /** True until a final response was sent. */
  get proceeding(): boolean {
    return this.#state === State.Proceeding;
  }

  /** True while a 2xx was sent: its ACK belongs to the core. */
  get accepted(): boolean {
    return this.#state === State.Accepted;
  }

  override respond(status: number, reason: string, tag: string, rest: string): void {
    if (this.#state !== State.Proceeding || this.head === null) return;
    this.sendResponse(this.head, status, reason, tag, rest);
    if (status < 200) return;
    this.#state = status < 300 ? State.Accepted : State.Completed;
    this.#schedule = this.context.schedule;
    this.#sent = 1;
    // A 2xx is resent on every transport: a hop behind the peer may have lost it (13.3.1.4).
    const once = this.reliable && status >= 300;
    const waitMs = once ? this.#schedule.giveUpMs : waitAfter(this.#schedule, 1);
    this.context.timers.start(this.timer, waitMs);
  }

  override retransmitted(): void {
    // RFC 6026 7.1: in Accepted a retransmission is absorbed, the 2xx has its own schedule.
    if (this.#state === State.Proceeding || this.#state === State.Completed) super.retransmitted();
    else this.context.counters.add(C.requestRetransmissionsReceived, 1);
  }

  /** The ACK of a failure: it shares the INVITE's branch. */
  receiveAck(): void {
    if (this.#state !== State.Completed) return;
    this.#settle();
  }

  /** The core got the ACK of the 2xx: it is not sent again. */
  acknowledged(): void {
    if (this.#state === State.Accepted) this.#settle();
  }

  override expire(): void {
    const once = this.reliable && this.#state === State.Completed;
    if (once || usedUp(this.#schedule, this.#sent)) {
      const user = this.#state === State.Accepted ? this.user : null;
      this.#end();
      this.context.counters.add(C.transactionTimeouts, 1);
      user?.onAckTimeout(this);
    } else {
      this.#sent++;
      this.sendAgain();
      this.context.timers.start(this.timer, waitAfter(this.#schedule, this.#sent));
    }
  }

  /** The ACK has come: retransmissions of the INVITE are absorbed from now on (timers I and L). */
  #settle(): void {
    this.#state = State.Terminated;
    this.user = null;
    this.retire(ABSORB);
  }

  #end(): void {
    this.#state = State.Terminated;
    this.user = null;
    this.terminate();
  }
}
