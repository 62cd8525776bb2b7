// The reachability checks of one shard, whole: when (reachability.ts), what is sent
// (check-request.ts), and where it goes: the address that the terminal's REGISTER came from. Over
// TCP and TLS a request is sent once, and what cannot be delivered tells at once.
import type { Clock } from '../base/clock.ts';
import type { CounterRow } from '../base/counter-names.ts';
import type { SipParameterValues } from '../base/parameter-values.ts';
import type { Random } from '../base/random.ts';
import { STRICT_ORDER } from '../base/send-order.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import type { Transport } from '../sip/transaction/transport.ts';
import { CheckRequests } from './check-request.ts';
import { CheckTable } from './check-table.ts';
import { Away } from './location-layout.ts';
import { Reachability } from './reachability.ts';
import { endpointOf } from './source-words.ts';

export interface TerminalCheckServices {
  readonly shard: number;
  /** createLocationTable; the shard's region is checked. */
  readonly registry: { readonly locations: SharedArrayBuffer };
  readonly clock: Clock;
  readonly counters: CounterRow;
  readonly random: Random;
  readonly transport: Transport;
  /** Our listen addresses: transport and sent-by of Via, host of From. */
  readonly locals: readonly {
    readonly transport: string;
    readonly hostPort: string;
    readonly host: string;
  }[];
}

type CheckParameters = Pick<SipParameterValues, 'SS_ENDPOINTTIMETOLIVE'>;

export class TerminalChecks {
  readonly #services: TerminalCheckServices;
  readonly #table: CheckTable;
  readonly #requests: CheckRequests;
  readonly #reachability: Reachability;

  constructor(services: TerminalCheckServices, parameters: CheckParameters) {
    const { shard, registry, clock, counters, random } = services;
    this.#services = services;
    this.#table = new CheckTable(registry.locations);
    this.#requests = new CheckRequests(shard, random);
    const ask = this.#ask;
    const parts = { locations: this.#table, region: shard, clock, counters, ask };
    this.#reachability = new Reachability(parts, parameters.SS_ENDPOINTTIMETOLIVE);
  }

  /** Puts new parameters in force. */
  mount(parameters: CheckParameters): void {
    this.#reachability.seconds = parameters.SS_ENDPOINTTIMETOLIVE;
  }

  /** To be called often: asks who is due. */
  advance(): void {
    this.#reachability.advance();
  }

  /** Whether a response without a transaction answers a check; any final one proves life. */
  receive(response: SipMessage): boolean {
    const record = this.#recordOf(response);
    if (record < 0) return false;
    if (response.status >= 200) this.#reachability.answered(record);
    return true;
  }

  /** A request of ours came back; an ICMP error may be transient, a connection is not there. */
  unreachable(request: SipMessage): void {
    const record = this.#recordOf(request);
    if (record < 0) return;
    const local = this.#table.read(record)?.local ?? -1;
    if (this.#isStream(local)) this.#reachability.undeliverable(record);
  }

  #recordOf(message: SipMessage): number {
    if (message.method !== Method.Options) return -1;
    const { branchStart, branchEnd } = message.topVia;
    return this.#requests.recordOf(message.buf, branchStart, branchEnd);
  }

  #isStream(local: number): boolean {
    const address = this.#services.locals[local];
    return address !== undefined && address.transport !== 'udp';
  }

  readonly #ask = (record: number, checkBeganMs: number, again: boolean): void => {
    if (this.#table.awayOf(record) === Away.Disconnected) return;
    const registration = this.#table.read(record);
    if (registration === null) return;
    const { locals, transport } = this.#services;
    const local = locals[registration.local];
    // Undefined: a listen address that the configuration has no more.
    if (local === undefined || (again && local.transport !== 'udp')) return;
    const second = Math.floor(checkBeganMs / 1000);
    const via = `SIP/2.0/${local.transport.toUpperCase()} ${local.hostPort}`;
    const text = this.#requests.text(record, registration, second, via, local.host);
    transport.send(registration.local, endpointOf(registration), text, STRICT_ORDER);
  };
}
