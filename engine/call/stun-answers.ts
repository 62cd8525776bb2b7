// STUN on the SIP port, as a shard answers it: without state, so many answers a second at most.
// What an answer says is engine/sip/message/stun.ts.
import type { Clock } from '../base/clock.ts';
import { C, type CounterRow } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { STRICT_ORDER } from '../base/send-order.ts';
import { stunAnswer } from '../sip/message/stun.ts';
import type { Transport } from '../sip/transaction/transport.ts';

/** Enough for 180,000 terminals of a shard that ask every 18 s; a flood costs no more than that. */
const MAX_ANSWERS_PER_SECOND = 10_000;

export class StunAnswers {
  readonly #clock: Clock;
  readonly #counters: CounterRow;
  readonly #transport: Transport;
  #second = 0;
  #answers = 0;

  constructor(clock: Clock, counters: CounterRow, transport: Transport) {
    this.#clock = clock;
    this.#counters = counters;
    this.#transport = transport;
  }

  /** One datagram with a STUN header. */
  receive(buf: Buffer, start: number, end: number, source: Endpoint, local: number): void {
    const second = Math.floor(this.#clock.monoMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#answers = 0;
    }
    const answer =
      this.#answers < MAX_ANSWERS_PER_SECOND ? stunAnswer(buf, start, end, source) : '';
    if (answer === '') {
      this.#counters.add(C.stunDropped, 1);
      return;
    }
    this.#answers++;
    this.#counters.add(C.stunAnswered, 1);
    this.#transport.send(local, source, answer, STRICT_ORDER);
  }
}
