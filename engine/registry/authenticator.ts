// Who a request is from, by digest (RFC 3261 22, SIP-01 to SIP-04). What fails is answered here,
// challenged or refused, without any state. A user that does not exist gets what a wrong password
// gets. Suspended sources cost no hash; a device that is registered is not shut out by
// what others guess: its own address stays in.
import type { Clock } from '../base/clock.ts';
import { C, type CounterRow } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { SipParameterValues } from '../base/parameter-values.ts';
import { credentialsFor, type DigestCredentials } from '../sip/auth/credentials.ts';
import { Verdict, type DigestServer } from '../sip/auth/digest-server.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { TransactionLayer } from '../sip/transaction/transaction-layer.ts';
import type { LocationTable } from './location-table.ts';
import { isFrom } from './source-words.ts';
import type { Directory, Subscriber } from './subscriber.ts';
import { Suspect, type Suspensions } from './suspensions.ts';

/** A source may stand for several terminals: it is suspended after so many times their failures. */
const SOURCE_FACTOR = 4;
/** Hashed with for users that do not exist: they take the time of others. */
const NO_PASSWORD = 'no such user';

export type AuthenticationParameters = SipParameterValues & {
  readonly SS_REPLY_UNAUTHORIZED: boolean;
};

export interface AuthenticatorServices {
  readonly digest: DigestServer;
  readonly suspensions: Suspensions;
  readonly locations: LocationTable;
  readonly transactions: TransactionLayer;
  readonly clock: Clock;
  readonly counters: CounterRow;
  /** In force now. */
  readonly parameters: () => AuthenticationParameters;
  /** Realm when the parameter is empty, by listen address. */
  readonly hosts: readonly string[];
}

export class Authenticator {
  readonly #services: AuthenticatorServices;

  constructor(services: AuthenticatorServices) {
    this.#services = services;
  }

  /**
   * The subscriber that a request comes from.
   * @param claimed user that it says it is, by To of a REGISTER or by From
   * @param only credentials of this user alone will do; null: of anybody
   * @returns null when it has been answered, or dropped
   */
  authenticate(
    request: SipMessage,
    source: Endpoint,
    local: number,
    directory: Directory,
    claimed: string,
    only: string | null,
  ): Subscriber | null {
    const { suspensions, clock, parameters, hosts } = this.#services;
    const nowMs = clock.wallMs();
    const shutOut = suspensions.isSuspended(Suspect.Source, source.ip, nowMs);
    if (shutOut && !this.#isRegisteredAt(claimed, source, nowMs)) {
      return this.#suspended(request, source, local);
    }
    const configured = parameters().SS_SIP_AUTHENTICATION_REALM;
    const realm = configured === '' ? hosts[local]! : configured;
    const credentials = credentialsFor(request, realm);
    if (credentials === null) {
      this.#askFirst(request, source, local, directory, claimed, realm);
      return null;
    }
    const { username } = credentials;
    const terminalOut = suspensions.isSuspended(Suspect.Terminal, username, nowMs);
    if (terminalOut && !this.#isRegisteredAt(username, source, nowMs)) {
      return this.#suspended(request, source, local);
    }
    const subscriber = directory.find(username);
    const accepted = subscriber !== null && (only === null || only === username);
    return this.#check(request, source, local, credentials, accepted ? subscriber : null, realm);
  }

  /** A request of a source that is nobody: counted against it, and answered or dropped. */
  refuseStranger(request: SipMessage, source: Endpoint, local: number): void {
    const { suspensions, clock, counters } = this.#services;
    if (suspensions.isSuspended(Suspect.Source, source.ip, clock.wallMs())) {
      this.#suspended(request, source, local);
      return;
    }
    counters.add(C.requestsUnknownSource, 1);
    this.#failSource(source);
    this.#refuse(request, source, local);
  }

  #check(
    request: SipMessage,
    source: Endpoint,
    local: number,
    credentials: DigestCredentials,
    subscriber: Subscriber | null,
    realm: string,
  ): Subscriber | null {
    const { digest, counters, suspensions, parameters } = this.#services;
    const timeoutS = parameters().SS_SIP_AUTHENTICATION_TIMEOUT;
    const nonce = digest.nonceOf(credentials);
    const password = subscriber?.password ?? NO_PASSWORD;
    const method = request.methodText();
    const verdict = digest.check(credentials, method, password, nonce, timeoutS);
    if (subscriber === null || verdict === Verdict.Wrong) {
      this.#wrong(request, source, local, credentials, realm);
      return null;
    }
    if (verdict !== Verdict.Accepted) {
      counters.add(verdict === Verdict.Stale ? C.authStale : C.authReplays, 1);
      this.#challenge(request, source, local, realm, true, null);
      return null;
    }
    suspensions.succeed(Suspect.Terminal, credentials.username);
    if (!subscriber.locked) return subscriber;
    this.#services.transactions.reply(request, source, local, 403, '', NO_BODY);
    return null;
  }

  /** SIP-01, SIP-03: challenged again while rounds and time last, else refused. */
  #wrong(
    request: SipMessage,
    source: Endpoint,
    local: number,
    credentials: DigestCredentials,
    realm: string,
  ): void {
    const { digest, counters, parameters } = this.#services;
    const { SS_SIP_AUTHENTICATION_RETRY, SS_SIP_AUTHENTICATION_TIMEOUT } = parameters();
    counters.add(C.authFailures, 1);
    const suspended = this.#fail(Suspect.Terminal, credentials.username, 1);
    this.#failSource(source);
    const own = digest.nonceOf(credentials);
    const round = own?.round ?? 0;
    const late = own !== null && digest.ageOf(own) > SS_SIP_AUTHENTICATION_TIMEOUT;
    if (suspended || late || round >= SS_SIP_AUTHENTICATION_RETRY) {
      this.#refuse(request, source, local);
    } else {
      const after = own ?? digest.foreign();
      this.#challenge(request, source, local, realm, false, after);
    }
  }

  /** The first challenge; SIP-04 Off: only those that are known, or may be, get one. */
  #askFirst(
    request: SipMessage,
    source: Endpoint,
    local: number,
    directory: Directory,
    claimed: string,
    realm: string,
  ): void {
    const { parameters, counters } = this.#services;
    const known = directory.find(claimed) !== null;
    if (!known) {
      counters.add(C.requestsUnknownSource, 1);
      this.#failSource(source);
      const mayBe = directory.hasDigestGateways && request.method !== Method.Register;
      if (!mayBe && !parameters().SS_REPLY_UNAUTHORIZED) return;
    }
    this.#challenge(request, source, local, realm, false, null);
  }

  #challenge(
    request: SipMessage,
    source: Endpoint,
    local: number,
    realm: string,
    stale: boolean,
    after: Parameters<DigestServer['challenge']>[3],
  ): void {
    const { digest, transactions, counters, parameters } = this.#services;
    counters.add(C.authChallenges, 1);
    const proxy = parameters().SS_SIP_AUTHENTICATION_CODE === '407';
    const name = proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate';
    const headers = digest.challenge(name, realm, stale, after);
    transactions.reply(request, source, local, proxy ? 407 : 401, '', headers + NO_BODY);
  }

  #suspended(request: SipMessage, source: Endpoint, local: number): null {
    this.#services.counters.add(C.authSuspended, 1);
    this.#refuse(request, source, local);
    return null;
  }

  #refuse(request: SipMessage, source: Endpoint, local: number): void {
    const { transactions, parameters } = this.#services;
    if (!parameters().SS_REPLY_UNAUTHORIZED) return;
    transactions.reply(request, source, local, 403, '', NO_BODY);
  }

  #failSource(source: Endpoint): void {
    this.#fail(Suspect.Source, source.ip, SOURCE_FACTOR);
  }

  #fail(kind: Suspect, name: string, factor: number): boolean {
    const { suspensions, clock, counters, parameters } = this.#services;
    const { SS_AUTHENTICATION_MAX_RETRY, SS_AUTHENTICATION_FAILED_SUSPEND } = parameters();
    const limit = Math.max(1, SS_AUTHENTICATION_MAX_RETRY) * factor;
    const seconds = SS_AUTHENTICATION_FAILED_SUSPEND;
    const suspended = suspensions.fail(kind, name, clock.wallMs(), limit, seconds);
    if (suspended) counters.add(C.suspensions, 1);
    return suspended;
  }

  #isRegisteredAt(user: string, source: Endpoint, nowMs: number): boolean {
    const { locations } = this.#services;
    return locations.lookUp(user, nowMs).some((registration) => isFrom(registration, source));
  }
}
