// What both client transactions have in common: their place in the table, the request that they
// resend, and the user (call control) that they report to.
import type { Endpoint } from '../../base/endpoint.ts';
import { C } from '../../base/counter-names.ts';
import { Timer, type Expiring } from '../../base/timer-wheel.ts';
import type { SipMessage } from '../message/message.ts';
import type { TransactionContext } from './context.ts';
import { usedUp, waitAfter, type ResendSchedule } from './resend-schedule.ts';

/** The transaction user of a client transaction (RFC 3261 17.1): the core above it. */
export interface ClientUser {
  /** A provisional or final response; of a 2xx to INVITE also each retransmission. */
  onResponse(transaction: ClientTransaction, response: SipMessage): void;
  /** The peer did not answer: 408 in effect (RFC 3261 8.1.3.1). */
  onTimeout(transaction: ClientTransaction): void;
  /** The network says that the peer cannot be reached: 503 in effect. */
  onUnreachable(transaction: ClientTransaction): void;
}

/** The user of a transaction whose further course concerns nobody. */
export const NOBODY: ClientUser = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onUnreachable: () => undefined,
};

/** Gives up the transaction's place in the table of its shard. */
export type ReleaseClient = (transaction: ClientTransaction) => void;

export abstract class ClientTransaction implements Expiring {
  slot = -1;
  protected readonly timer: Timer = new Timer(this);
  readonly context: TransactionContext;
  /** NOBODY once it has got its last word: a transaction outlives its call by up to 32 s. */
  protected user: ClientUser;
  readonly local: number;
  readonly peer: Endpoint;
  /** See Transport.send. */
  readonly order: number;
  readonly #release: ReleaseClient;
  readonly #schedule: ResendSchedule;
  readonly #reliable: boolean;
  /** The message to resend; empty once nothing is to be resent. */
  protected request = '';
  #sent = 0;

  constructor(
    context: TransactionContext,
    user: ClientUser,
    local: number,
    peer: Endpoint,
    order: number,
    release: ReleaseClient,
  ) {
    this.context = context;
    this.user = user;
    this.local = local;
    this.peer = peer;
    this.order = order;
    this.#release = release;
    this.#schedule = context.schedule;
    this.#reliable = context.reliable[local]!;
  }

  abstract expire(): void;
  abstract receive(response: SipMessage): void;
  /** The datagram could not be delivered (ICMP, RFC 3261 18.4). */
  abstract unreachable(): void;

  /** Sends the request for the first time and arms the resend timer. */
  protected sendFirst(request: string): void {
    this.request = request;
    this.#sent = 1;
    this.context.transport.send(this.local, this.peer, request, this.order);
    const waitMs = this.#reliable ? this.giveUpMs : waitAfter(this.#schedule, 1);
    this.context.timers.start(this.timer, waitMs);
  }

  /** Resends at the next wait of the schedule; false when nothing is to be resent any more. */
  protected resend(): boolean {
    if (this.#reliable || usedUp(this.#schedule, this.#sent)) return false;
    this.#sent++;
    this.context.counters.add(C.requestRetransmissionsSent, 1);
    this.context.transport.send(this.local, this.peer, this.request, this.order);
    this.context.timers.start(this.timer, waitAfter(this.#schedule, this.#sent));
    return true;
  }

  /** Timer B or F: how long a transaction of this kind may take. */
  protected get giveUpMs(): number {
    return this.#schedule.giveUpMs;
  }

  /** Timer D: how long copies of a final response may come. */
  protected get lingerMs(): number {
    return this.#reliable ? 0 : this.giveUpMs;
  }

  protected terminate(): void {
    this.context.timers.stop(this.timer);
    this.request = '';
    this.#release(this);
  }
}
