// Asks one routing gateway by OPTIONS whether it is there (RFC 3261 11): whatever final or
// provisional response comes, it is; nothing within the interval, or ICMP, is a failure.
//
//   Unknown, Up ──failAfter failures in a row──▶ Down ──recoverAfter answers in a row──▶ Up
//
// A 503 with Retry-After is an answer too, and keeps calls away until then (retry-after.ts).
import { C } from '../base/counter-names.ts';
import { hostPort } from '../base/endpoint.ts';
import { Reachability } from '../base/gateway-states.ts';
import { hex32 } from '../base/hex.ts';
import { Timer, type Expiring } from '../base/timer-wheel.ts';
import { STRICT_ORDER } from '../base/send-order.ts';
import { newCallId } from '../sip/call-identifiers.ts';
import { Method } from '../sip/message/methods.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { ClientUser } from '../sip/transaction/client-transaction.ts';
import type { NonInviteClient } from '../sip/transaction/non-invite-client.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import {
  localTowards,
  MAX_FORWARDS,
  type AgentContext,
  type AgentTarget,
} from './agent-context.ts';
import { notePause } from './retry-after.ts';

/** Multiples of it, modulo 1, spread evenly however many there are. */
const GOLDEN_RATIO = 0.618_033_988_75;

export interface ProbeSettings {
  readonly intervalMs: number;
  readonly failAfter: number;
  readonly recoverAfter: number;
}

export class GatewayProbe implements ClientUser, Expiring {
  readonly #context: AgentContext;
  readonly #target: AgentTarget;
  readonly #timer: Timer = new Timer(this);
  #settings: ProbeSettings;
  #transaction: NonInviteClient | null = null;
  #sentMs = 0;
  /** In a row, of which only one is not 0. */
  #failures = 0;
  #answers = 0;

  constructor(context: AgentContext, target: AgentTarget, settings: ProbeSettings) {
    this.#context = context;
    this.#target = target;
    this.#settings = settings;
  }

  /** Begins with a share of the interval that differs by slot: gateways are not asked at once. */
  start(): void {
    const share = (this.#target.slot * GOLDEN_RATIO) % 1;
    this.#context.timers.start(this.#timer, this.#settings.intervalMs * share);
  }

  /** Goes on by other settings; what was counted stays. */
  change(settings: ProbeSettings): void {
    const { intervalMs } = this.#settings;
    this.#settings = settings;
    if (settings.intervalMs !== intervalMs) this.start();
  }

  stop(): void {
    this.#context.timers.stop(this.#timer);
    this.#transaction?.abandon();
    this.#transaction = null;
  }

  /** Time for the next one. */
  expire(): void {
    if (this.#transaction !== null) {
      this.#transaction.abandon();
      this.#failed();
    }
    this.#context.timers.start(this.#timer, this.#settings.intervalMs);
    this.#send();
  }

  onResponse(transaction: NonInviteClient, response: SipMessage): void {
    if (transaction !== this.#transaction) return;
    const { clock, states } = this.#context;
    const { slot } = this.#target;
    if (response.status < 200) transaction.abandon();
    this.#transaction = null;
    states.setLatency(slot, clock.monoMs() - this.#sentMs, clock.wallMs());
    notePause(this.#context, slot, response);
    this.#failures = 0;
    this.#answers++;
    const needed = this.#isDown ? this.#settings.recoverAfter : 1;
    if (this.#answers >= needed) states.setReachability(slot, Reachability.Up);
  }

  onTimeout(): void {
    this.#failed();
  }

  onUnreachable(): void {
    this.#failed();
  }

  get #isDown(): boolean {
    return this.#context.states.reachabilityOf(this.#target.slot) === Reachability.Down;
  }

  #failed(): void {
    const { counters, states } = this.#context;
    this.#transaction = null;
    counters.add(C.probesFailed, 1);
    this.#answers = 0;
    this.#failures++;
    if (this.#failures < this.#settings.failAfter) return;
    states.setReachability(this.#target.slot, Reachability.Down);
  }

  #send(): void {
    const { locals, transactions, shard, random, clock, counters } = this.#context;
    const { authority, addresses } = this.#target;
    const [peer] = addresses();
    const local = peer === undefined ? -1 : localTowards(this.#context, this.#target, peer);
    if (peer === undefined || local < 0) return;
    const uri = `sip:${authority === '' ? hostPort(peer) : authority}`;
    this.#sentMs = clock.monoMs();
    const transaction = transactions.request(
      'OPTIONS',
      Method.Options,
      {
        uri,
        route: '',
        from: `<sip:${locals[local]!.host}>;tag=${hex32(random.u32())}`,
        to: `<${uri}>`,
        callId: newCallId(shard, random),
        cseq: 1,
        order: STRICT_ORDER,
      },
      MAX_FORWARDS,
      `Accept: application/sdp\r\n${NO_BODY}`,
      local,
      peer,
      this,
    );
    if (transaction === undefined) return;
    this.#transaction = transaction;
    counters.add(C.probesSent, 1);
  }
}
