// One registration of ours with a routing gateway (RFC 3261 10.2, user agent's side):
//
//   Waiting ──time──▶ Registering ──200──▶ Registered ──refresh time──▶ Registering ...
//      ▲                  │  401/407: again with credentials; 423: again with Min-Expires
//      └── retry delay ───┘  no answer, 5xx: the registrar's next address, then Waiting
//   leave() from anywhere ──▶ Leaving (REGISTER with Expires 0 when it is alive) ──▶ Gone
//
// What is registered stays so until its expiry, whatever becomes of a refresh; only a refusal by
// the registrar itself ends it at once. The state is in the shared cells, where routing reads it.
import { C } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { Registration } from '../base/gateway-states.ts';
import { hex32 } from '../base/hex.ts';
import { Timer, type Expiring } from '../base/timer-wheel.ts';
import { STRICT_ORDER } from '../base/send-order.ts';
import { answerChallenge, type Credentials } from '../sip/auth/challenge-answer.ts';
import { newCallId } from '../sip/call-identifiers.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
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
import { grantedSeconds } from './granted-expiry.ts';
import { registeredContact, userPart } from './registered-contact.ts';
import { MAX_PAUSE_SECONDS, notePause } from './retry-after.ts';

/** Before the expiry a refresh has this long: a timeout of its transaction, and a second try. */
const REFRESH_MARGIN_SECONDS = 40;
/** Most challenges in a row that are answered: one per address, realm change and stale nonce. */
const MAX_CHALLENGES = 4;
/** In the state, as if it were a final response. */
const NO_ANSWER = 408;
const UNREACHABLE = 503;

const Phase = { Waiting: 0, Registering: 1, Registered: 2, Leaving: 3, Gone: 4 } as const;
type Phase = (typeof Phase)[keyof typeof Phase];

export class OutboundRegistration implements ClientUser, Expiring {
  readonly #context: AgentContext;
  readonly #target: AgentTarget;
  readonly #credentials: Credentials;
  readonly #timer: Timer = new Timer(this);
  readonly #callId: string;
  readonly #from: string;
  readonly #to: string;
  #phase: Phase = Phase.Waiting;
  #transaction: NonInviteClient | null = null;
  /** Which of the registrar's addresses is asked; after a success it stays. */
  #address = 0;
  /** Addresses that failed since the last success. */
  #failed = 0;
  #cseq = 0;
  /** URI of the Contact last sent. */
  #contact = '';
  #challenges = 0;
  /** What the REGISTER under way asks for; null: nothing. */
  #asked: number | null = null;
  /** Min-Expires of the registrar's last 423. */
  #minimum = 0;
  #untilMs = 0;

  constructor(context: AgentContext, target: AgentTarget, credentials: Credentials) {
    this.#context = context;
    this.#target = target;
    this.#credentials = credentials;
    const { shard, random, states, clock } = context;
    this.#callId = newCallId(shard, random);
    const aor = `<sip:${userPart(credentials.username)}@${target.domain}>`;
    this.#from = `${aor};tag=${hex32(random.u32())}`;
    this.#to = aor;
    // A shard that has died left it registered: calls go on while its successor registers anew.
    this.#untilMs = states.view(target.slot, clock.wallMs()).registeredUntilMs;
    if (this.#untilMs === 0) this.#note(Registration.Registering, 0);
  }

  /** Registers, at the timers' next tick. */
  start(): void {
    this.#context.timers.start(this.#timer, 0);
  }

  /** A parameter has changed: what runs on its old value is done anew. */
  retune(): void {
    const { timers, parameters } = this.#context;
    if (this.#phase === Phase.Registered) timers.start(this.#timer, 0);
    if (this.#phase !== Phase.Waiting || this.#failed === 0) return;
    timers.start(this.#timer, parameters.SS_SIP_USER_AGENT_RETRY_DELAY * 1000);
  }

  /**
   * Ends it for good: the gateway was removed or changed, or the switch stops. Withdraws what is
   * alive, when SS_SIP_USER_AGENT_SEND_UNREGISTER says so.
   */
  leave(): void {
    const { timers, parameters } = this.#context;
    timers.stop(this.#timer);
    if (this.#phase >= Phase.Leaving) return;
    const silent = !parameters.SS_SIP_USER_AGENT_SEND_UNREGISTER;
    // The answer of a first REGISTER is awaited: it may yet make a registration to be withdrawn.
    if (!silent && this.#transaction !== null && !this.#alive) this.#phase = Phase.Leaving;
    else if (silent || !this.#alive) this.#end();
    else this.#withdraw();
  }

  /** Nothing of it is left. */
  get gone(): boolean {
    return this.#phase === Phase.Gone;
  }

  /** Time to register, to refresh or to try again. */
  expire(): void {
    this.#challenges = 0;
    this.#failed = 0;
    this.#register();
  }

  onResponse(transaction: NonInviteClient, response: SipMessage): void {
    const { status } = response;
    if (transaction !== this.#transaction || status < 200) return;
    this.#transaction = null;
    const withdrawal = this.#asked === 0;
    if ((status === 401 || status === 407) && this.#authorize(response)) return;
    if (this.#phase === Phase.Leaving) {
      if (status < 300 && !withdrawal) this.#withdraw();
      else this.#end();
    } else if (status < 300) this.#accepted(response);
    else if (status === 423 && this.#askMore(response)) return;
    else this.#refused(response);
  }

  onTimeout(): void {
    this.#unanswered(NO_ANSWER);
  }

  onUnreachable(): void {
    this.#unanswered(UNREACHABLE);
  }

  get #alive(): boolean {
    return this.#untilMs > this.#context.clock.wallMs();
  }

  get #peer(): Endpoint | undefined {
    const addresses = this.#target.addresses();
    return addresses[this.#address % addresses.length];
  }

  #register(): void {
    const wanted = this.#context.parameters.SS_SIP_USER_AGENT_EXPIRE;
    const least = this.#minimum === 0 ? null : this.#minimum;
    this.#asked = wanted === null ? least : Math.max(wanted, this.#minimum);
    this.#phase = Phase.Registering;
    if (!this.#alive) this.#note(Registration.Registering, 0);
    if (!this.#send('')) this.#wait(UNREACHABLE, 0);
  }

  #withdraw(): void {
    this.#transaction?.abandon();
    this.#phase = Phase.Leaving;
    this.#challenges = 0;
    this.#asked = 0;
    if (!this.#send('')) this.#end();
  }

  #send(authorization: string): boolean {
    const { locals, transactions } = this.#context;
    const { username } = this.#credentials;
    const peer = this.#peer;
    const local = peer === undefined ? -1 : localTowards(this.#context, this.#target, peer);
    if (peer === undefined || local < 0) return false;
    this.#contact = registeredContact(username, locals[local]!.contact);
    const expires = this.#asked === null ? '' : `Expires: ${this.#asked}\r\n`;
    const transaction = transactions.request(
      'REGISTER',
      Method.Register,
      {
        uri: `sip:${this.#target.authority}`,
        route: '',
        from: this.#from,
        to: this.#to,
        callId: this.#callId,
        cseq: ++this.#cseq,
        order: STRICT_ORDER,
      },
      MAX_FORWARDS,
      `Contact: <${this.#contact}>\r\n${expires}${authorization}${NO_BODY}`,
      local,
      peer,
      this,
    );
    this.#transaction = transaction ?? null;
    return transaction !== undefined;
  }

  /** Sends it again with credentials (RFC 3261 22.2); false when that cannot help. */
  #authorize(response: SipMessage): boolean {
    if (++this.#challenges > MAX_CHALLENGES) return false;
    const { random } = this.#context;
    const uri = `sip:${this.#target.authority}`;
    const attempt = this.#challenges;
    const header = answerChallenge(response, 'REGISTER', uri, this.#credentials, random, attempt);
    return header !== '' && this.#send(header);
  }

  /** RFC 3261 10.2.8: asks for as long as the registrar wants; once, it may not raise it again. */
  #askMore(response: SipMessage): boolean {
    const minimum = headerNumber(response, HeaderId.MinExpires);
    if (minimum <= (this.#asked ?? 0)) return false;
    this.#minimum = minimum;
    this.#asked = minimum;
    this.#challenges = 0;
    return this.#send('');
  }

  #accepted(response: SipMessage): void {
    const { clock, timers, counters } = this.#context;
    const seconds = grantedSeconds(response, this.#contact, this.#asked);
    if (seconds <= 0) {
      this.#untilMs = 0;
      this.#wait(response.status, 0);
      return;
    }
    counters.add(C.registrationsOut, 1);
    this.#phase = Phase.Registered;
    this.#untilMs = clock.wallMs() + seconds * 1000;
    this.#note(Registration.Registered, response.status);
    const early = Math.max(REFRESH_MARGIN_SECONDS, seconds / 10);
    timers.start(this.#timer, Math.max(seconds / 2, seconds - early) * 1000);
  }

  #refused(response: SipMessage): void {
    const { status } = response;
    notePause(this.#context, this.#target.slot, response);
    if (status >= 500 && status < 600) {
      const pause = headerNumber(response, HeaderId.RetryAfter);
      this.#tryNextAddress(status, Math.min(pause, MAX_PAUSE_SECONDS));
      return;
    }
    this.#untilMs = 0;
    this.#wait(status, 0);
  }

  #unanswered(status: number): void {
    this.#transaction = null;
    if (this.#phase === Phase.Leaving) this.#end();
    else this.#tryNextAddress(status, 0);
  }

  /** The registrar may have other addresses; all are tried before the delay. */
  #tryNextAddress(status: number, pauseSeconds: number): void {
    this.#address++;
    this.#challenges = 0;
    if (++this.#failed < this.#target.addresses().length) this.#register();
    else this.#wait(status, pauseSeconds);
  }

  #wait(status: number, pauseSeconds: number): void {
    const { timers, parameters, counters } = this.#context;
    counters.add(C.registrationsOutFailed, 1);
    this.#failed = Math.max(this.#failed, 1);
    this.#phase = Phase.Waiting;
    this.#note(this.#alive ? Registration.Registered : Registration.Failed, status);
    const delay = Math.max(parameters.SS_SIP_USER_AGENT_RETRY_DELAY, pauseSeconds);
    timers.start(this.#timer, delay * 1000);
  }

  #end(): void {
    this.#transaction?.abandon();
    this.#transaction = null;
    this.#phase = Phase.Gone;
  }

  #note(state: Registration, status: number): void {
    this.#context.states.setRegistration(this.#target.slot, state, status, this.#untilMs);
  }
}
