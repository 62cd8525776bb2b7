// What both server transactions have in common: the way back to the client, the head of its
// responses, and the last response, which answers each retransmission of the request.
import type { Endpoint } from '../../base/endpoint.ts';
import { C, RESPONSES_SENT, countCode } from '../../base/counter-names.ts';
import { Timer, type Expiring } from '../../base/timer-wheel.ts';
import type { TransactionContext } from './context.ts';
import type { ResponseHead } from './response-head.ts';

/** What the transaction layer does at a transaction's end. */
export interface ServerEnds {
  /** Gives up its place in the table. */
  forget(transaction: ServerTransaction): void;
  /** Gives up its place, but goes on to know its request (retired-requests.ts). */
  retire(transaction: ServerTransaction, status: number): void;
}

export abstract class ServerTransaction implements Expiring {
  readonly context: TransactionContext;
  protected readonly timer: Timer = new Timer(this);
  /** Its place in the table of server transactions (server-table.ts). */
  keyHigh = 0;
  keyLow = 0;
  nextInBucket: ServerTransaction | null = null;
  /** Null once the final response was sent: what lingers then is small. */
  protected head: ResponseHead | null;
  readonly local: number;
  /** Where responses go. */
  readonly peer: Endpoint;
  readonly #ends: ServerEnds;
  protected lastResponse = '';

  constructor(
    context: TransactionContext,
    head: ResponseHead,
    local: number,
    peer: Endpoint,
    ends: ServerEnds,
  ) {
    this.context = context;
    this.head = head;
    this.local = local;
    this.peer = peer;
    this.#ends = ends;
  }

  /** Its client is at the other end of a TCP or TLS connection: it sends nothing again. */
  protected get reliable(): boolean {
    return this.context.reliable[this.local]!;
  }

  abstract expire(): void;

  /**
   * Sends a response.
   * @param reason its phrase; empty for the usual one
   * @param tag To tag of the response; empty in a 100 and within a dialog
   * @param rest the message from the line after CSeq to its end, body included
   */
  abstract respond(status: number, reason: string, tag: string, rest: string): void;

  /** The request came again. */
  retransmitted(): void {
    this.context.counters.add(C.requestRetransmissionsReceived, 1);
    this.sendAgain();
  }

  protected sendResponse(
    head: ResponseHead,
    status: number,
    reason: string,
    tag: string,
    rest: string,
  ): void {
    const message = head.text(status, reason, tag) + rest;
    this.lastResponse = message;
    if (status >= 200) this.head = null;
    countCode(this.context.counters, RESPONSES_SENT, status);
    this.context.transport.send(this.local, this.peer, message, this.keyLow);
  }

  protected sendAgain(): void {
    if (this.lastResponse === '') return;
    this.context.counters.add(C.responseRetransmissionsSent, 1);
    this.context.transport.send(this.local, this.peer, this.lastResponse, this.keyLow);
  }

  protected terminate(): void {
    this.context.timers.stop(this.timer);
    this.lastResponse = '';
    this.#ends.forget(this);
  }

  /** Ends early: `status`, or nothing (ABSORB), is all that retransmissions need. */
  protected retire(status: number): void {
    this.context.timers.stop(this.timer);
    this.lastResponse = '';
    if (this.reliable) this.#ends.forget(this);
    else this.#ends.retire(this, status);
  }
}
