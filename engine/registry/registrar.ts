// The registrar (RFC 3261 10.3): who proves himself binds his contacts to his address of record, as
// the location table keeps them. All REGISTERs of one user come to one shard, which alone writes
// its region. No transaction is kept: a retransmission is known by the binding that it made.
import type { Clock } from '../base/clock.ts';
import { C, type CounterRow } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { TransactionLayer } from '../sip/transaction/transaction-layer.ts';
import { Uri } from '../sip/message/uri.ts';
import type { AuthenticationParameters, Authenticator } from './authenticator.ts';
import { askedBindings, MAX_BINDINGS, type AskedBinding } from './contact-bindings.ts';
import { Away, type Kind } from './location-layout.ts';
import { TABLE_FULL, TEXT_TOO_LONG, type LocationWriter } from './location-writer.ts';
import type { Registration } from './registration.ts';
import { endpointOf, isFrom, sourceWords } from './source-words.ts';
import type { Directory } from './subscriber.ts';
import type { Suspensions } from './suspensions.ts';

/** Shorter registrations are refused (423), unless less is the longest there is. */
const MIN_EXPIRES_S = 60;
/** RFC 3261 17.1.2.2: a client sends a request again for so long. */
const RETRANSMISSIONS_MS = 32_000;
/** Records looked at for their expiry in one turn. */
const SWEEP_RECORDS = 4096;

export interface RegistrarServices {
  readonly authenticator: Authenticator;
  readonly locations: LocationWriter;
  readonly suspensions: Suspensions;
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  readonly counters: CounterRow;
  readonly parameters: () => AuthenticationParameters;
}

/** A refusal, with header lines. */
interface Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: string;
}

export class Registrar {
  readonly #services: RegistrarServices;
  readonly #to = new Uri();
  #sweptTo = 0;

  constructor(services: RegistrarServices) {
    this.#services = services;
  }

  register(request: SipMessage, source: Endpoint, local: number, directory: Directory): void {
    const aor = this.#aorOf(request);
    if (aor === '') {
      this.#refuse(request, source, local, refusal(404));
      return;
    }
    if (this.#isRetransmission(request, source, aor)) {
      this.#accept(request, source, local, aor);
      return;
    }
    const { authenticator } = this.#services;
    const subscriber = authenticator.authenticate(request, source, local, directory, aor, aor);
    if (subscriber === null) return;
    const problem = subscriber.registers
      ? this.#update(request, source, local, aor, subscriber.kind)
      : refusal(403);
    if (problem === null) this.#accept(request, source, local, aor);
    else this.#refuse(request, source, local, problem);
  }

  /** Removes some of what has expired; to be called a few times a second. */
  sweep(): void {
    const { locations, clock } = this.#services;
    this.#sweptTo = locations.sweep(this.#sweptTo, SWEEP_RECORDS, clock.wallMs());
  }

  #aorOf(request: SipMessage): string {
    const { to, buf } = request;
    if (to.uriStart < 0 || !this.#to.parse(buf, to.uriStart, to.uriEnd)) return '';
    return request.slice(this.#to.userStart, this.#to.userEnd);
  }

  /** The request that made a binding comes again: its 200 was lost. */
  #isRetransmission(request: SipMessage, source: Endpoint, aor: string): boolean {
    const { locations, clock } = this.#services;
    const nowMs = clock.wallMs();
    const callId = request.slice(request.callIdStart, request.callIdEnd);
    return locations
      .lookUp(aor, nowMs)
      .some(
        (binding) =>
          binding.cseq === request.cseq &&
          binding.callId === callId &&
          isFrom(binding, source) &&
          nowMs - binding.refreshedAtMs < RETRANSMISSIONS_MS,
      );
  }

  /** Binds, refreshes or removes; nothing of it when anything is wrong. */
  #update(
    request: SipMessage,
    source: Endpoint,
    local: number,
    aor: string,
    kind: Kind,
  ): Refusal | null {
    const asked = askedBindings(request, source);
    if (asked === null) return refusal(400, 'Bad Contact');
    const { locations, clock } = this.#services;
    const current = locations.lookUp(aor, clock.wallMs());
    const callId = request.slice(request.callIdStart, request.callIdEnd);
    const touched = asked === 'all' ? current : current.filter((c) => isAsked(asked, c.contact));
    // RFC 3261 10.3 step 7: an older request than the one that made the binding.
    if (touched.some((b) => b.callId === callId && b.cseq >= request.cseq)) return refusal(500);
    if (asked === 'all') {
      for (const { contact } of current) this.#remove(aor, contact);
      return null;
    }
    const binding = asked.filter(({ expiresS }) => expiresS !== 0);
    const brief = binding.find((one) => one.expiresS > 0 && one.expiresS < this.#minS(one));
    if (brief !== undefined) {
      return refusal(423, '', `Min-Expires: ${this.#minS(brief)}\r\n`);
    }
    const problem = binding.length === 0 ? null : this.#makeRoom(current, binding, source, callId);
    if (problem !== null) return problem;
    for (const { uri, expiresS } of asked) if (expiresS === 0) this.#remove(aor, uri);
    return this.#bind(request, source, local, aor, kind, binding);
  }

  /** REG-05: what is registered from another place goes, or stays and keeps this one out. */
  #makeRoom(
    current: readonly Registration[],
    asked: readonly AskedBinding[],
    source: Endpoint,
    callId: string,
  ): Refusal | null {
    const { parameters, counters, suspensions, clock } = this.#services;
    const elsewhere = current.filter(
      (binding) => binding.callId !== callId && endpointOf(binding).ip !== source.ip,
    );
    if (elsewhere.length > 0) {
      if (!parameters().SS_ENDPOINT_REGISTER_REPLACE) return refusal(403);
      counters.add(C.registrationsMoved, 1);
      suspensions.move(elsewhere[0]!.aor, clock.wallMs());
      for (const { aor, contact } of elsewhere) this.#remove(aor, contact);
    }
    const kept = current.filter((b) => !elsewhere.includes(b) && !isAsked(asked, b.contact));
    if (kept.length + asked.length <= MAX_BINDINGS) return null;
    const left = kept.filter(({ aor, contact }) => !this.#removeDisconnected(aor, contact));
    return left.length + asked.length > MAX_BINDINGS ? refusal(403, 'Too Many Contacts') : null;
  }

  /** Who comes back with another Contact each time leaves those of dead connections behind. */
  #removeDisconnected(aor: string, contact: string): boolean {
    const { locations } = this.#services;
    const record = locations.recordOf(aor, contact);
    if (record < 0 || locations.awayOf(record) !== Away.Disconnected) return false;
    locations.remove(record);
    return true;
  }

  #bind(
    request: SipMessage,
    source: Endpoint,
    local: number,
    aor: string,
    kind: Kind,
    asked: readonly AskedBinding[],
  ): Refusal | null {
    const { locations, clock } = this.#services;
    const words = sourceWords(source);
    if (words === null) return refusal(400);
    const nowMs = clock.wallMs();
    const callId = request.slice(request.callIdStart, request.callIdEnd);
    const agent = request.first(HeaderId.UserAgent);
    for (const one of asked) {
      const known = locations.recordOf(aor, one.uri);
      const before = known < 0 ? null : locations.read(known);
      const limitS = this.#limitS(one);
      const expiresS = one.expiresS < 0 ? limitS : Math.min(one.expiresS, limitS);
      const result = locations.put({
        aor,
        kind,
        contact: one.uri,
        source: words,
        local,
        behindNat: one.behindNat,
        registeredAtMs: before?.registeredAtMs ?? nowMs,
        refreshedAtMs: nowMs,
        expiresAtMs: nowMs + expiresS * 1000,
        q: one.q,
        callId,
        cseq: request.cseq,
        userAgent: agent < 0 ? '' : request.text(agent),
        path: pathOf(request),
      });
      if (result === TABLE_FULL) return refusal(503, '', 'Retry-After: 60\r\n');
      if (result === TEXT_TOO_LONG) return refusal(400, 'Contact Too Long');
    }
    return null;
  }

  /** REG-01: the longest that is granted. */
  #limitS({ behindNat }: AskedBinding): number {
    const { SS_ENDPOINT_EXPIRE, SS_ENDPOINT_NAT_EXPIRE } = this.#services.parameters();
    return behindNat ? SS_ENDPOINT_NAT_EXPIRE : SS_ENDPOINT_EXPIRE;
  }

  #minS(binding: AskedBinding): number {
    return Math.min(MIN_EXPIRES_S, this.#limitS(binding));
  }

  #remove(aor: string, contact: string): void {
    const { locations } = this.#services;
    const record = locations.recordOf(aor, contact);
    if (record >= 0) locations.remove(record);
  }

  /** 200 with all bindings there are now (RFC 3261 10.3 step 8). */
  #accept(request: SipMessage, source: Endpoint, local: number, aor: string): void {
    const { locations, clock, transactions, counters } = this.#services;
    const nowMs = clock.wallMs();
    counters.add(C.registers, 1);
    let lines = '';
    for (const { contact, expiresAtMs, q } of locations.lookUp(aor, nowMs)) {
      const preference = q === 1000 ? '' : `;q=${q / 1000}`;
      const left = Math.ceil((expiresAtMs - nowMs) / 1000);
      lines += `Contact: <${contact}>;expires=${left}${preference}\r\n`;
    }
    const path = pathOf(request);
    if (path !== '') lines += `Path: ${path}\r\n`;
    lines += `Date: ${new Date(nowMs).toUTCString()}\r\n`;
    transactions.reply(request, source, local, 200, '', lines + NO_BODY);
  }

  #refuse(request: SipMessage, source: Endpoint, local: number, why: Refusal): void {
    const { transactions, counters } = this.#services;
    counters.add(C.registersRefused, 1);
    transactions.reply(request, source, local, why.status, why.reason, why.headers + NO_BODY);
  }
}

function refusal(status: number, reason = '', headers = ''): Refusal {
  return { status, reason, headers };
}

function isAsked(asked: readonly AskedBinding[], contact: string): boolean {
  return asked.some(({ uri }) => uri === contact);
}

/** Path values in their order (RFC 3327): the Route of requests to the device. */
function pathOf(request: SipMessage): string {
  const values: string[] = [];
  for (let i = request.first(HeaderId.Path); i >= 0; i = request.next(i)) {
    values.push(request.text(i));
  }
  return values.join(', ');
}
