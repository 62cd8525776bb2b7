// Whose a request outside of a dialog is: a customer's gateway by address (and port), one that has
// registered by where from, everybody else by digest; and the registrar, for who registers. What
// is refused has been answered here, without state. One per core; a new snapshot is mounted.
import type { Clock } from '../base/clock.ts';
import type { CounterRow } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import type { ShardParameterValues } from '../base/parameter-values.ts';
import { Authenticator } from '../registry/authenticator.ts';
import { Kind } from '../registry/location-layout.ts';
import { LocationWriter } from '../registry/location-writer.ts';
import type { Phone } from '../registry/phone-deck.ts';
import { Registrar } from '../registry/registrar.ts';
import { isFrom } from '../registry/source-words.ts';
import { Suspensions } from '../registry/suspensions.ts';
import { MappingTable } from '../routing/mapping-table.ts';
import { vendorIps } from '../routing/snapshot.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../routing/snapshot.ts';
import { DigestServer } from '../sip/auth/digest-server.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { NameAddr } from '../sip/message/name-addr.ts';
import { Uri } from '../sip/message/uri.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { TransactionLayer } from '../sip/transaction/transaction-layer.ts';
import type { Target } from './attempt.ts';
import { contactTarget, type ContactTarget } from './contact-target.ts';
import type { RegistryServices } from './core-services.ts';
import { byPreference, GatewayLocations } from './gateway-locations.ts';
import { calledPhone, callingPhone } from './phone-gateway.ts';
import { Subscribers } from './subscribers.ts';

export interface AccessServices {
  readonly shard: number;
  readonly clock: Clock;
  readonly counters: CounterRow;
  readonly transactions: TransactionLayer;
  readonly registry: RegistryServices;
  /** Host of each listen address: the realm when none is configured. */
  readonly hosts: readonly string[];
}

export class Access {
  readonly #clock: Clock;
  readonly #transactions: TransactionLayer;
  readonly #locations: LocationWriter;
  readonly #authenticator: Authenticator;
  readonly #registrar: Registrar;
  readonly #uri = new Uri();
  #parameters: ShardParameterValues;
  #mapping: MappingTable;
  #vendorIps: ReadonlySet<string>;
  subscribers: Subscribers;
  gatewayLocations: GatewayLocations;

  constructor(services: AccessServices, snapshot: Snapshot) {
    const { shard, clock, counters, transactions, registry, hosts } = services;
    this.#clock = clock;
    this.#transactions = transactions;
    this.#locations = new LocationWriter(registry.locations, shard);
    const suspensions = new Suspensions(registry.suspensions);
    const parameters = (): ShardParameterValues => this.#parameters;
    const shared = { suspensions, transactions, clock, counters, parameters };
    this.#authenticator = new Authenticator({
      ...shared,
      digest: new DigestServer(shard, registry.nonceKey, clock, registry.digestAlgorithms),
      locations: this.#locations,
      hosts,
    });
    this.#registrar = new Registrar({
      ...shared,
      authenticator: this.#authenticator,
      locations: this.#locations,
    });
    this.#parameters = snapshot.parameters;
    this.#mapping = new MappingTable(snapshot.mappingGateways);
    this.#vendorIps = vendorIps(snapshot);
    this.subscribers = new Subscribers(snapshot);
    this.gatewayLocations = new GatewayLocations(this.#locations, snapshot);
  }

  mount(snapshot: Snapshot): void {
    this.#parameters = snapshot.parameters;
    this.#mapping = new MappingTable(snapshot.mappingGateways);
    this.#vendorIps = vendorIps(snapshot);
    this.subscribers = new Subscribers(snapshot);
    this.gatewayLocations = new GatewayLocations(this.#locations, snapshot);
  }

  /** The gateway that a request's call is for; null when the request has been answered. */
  customerOf(request: SipMessage, source: Endpoint, local: number): MappingGateway | null {
    return this.byAddress(source) ?? this.#byDigest(request, source, local);
  }

  /** Whether a source is a gateway, without asking for credentials. */
  isGateway(source: Endpoint): boolean {
    return this.isVendor(source.ip) || this.byAddress(source) !== null;
  }

  isVendor(ip: string): boolean {
    return this.#vendorIps.has(ip) || this.gatewayLocations.isVendor(ip, this.#clock.wallMs());
  }

  /**
   * Whether a request other than INVITE may be answered as a gateway's or phone's; false when it
   * has been answered already.
   */
  mayAsk(request: SipMessage, source: Endpoint, local: number): boolean {
    if (this.isGateway(source) || this.isRegistered(request, source)) return true;
    return this.#byDigest(request, source, local) !== null;
  }

  /** Whether who sent a message names itself as somebody who has registered from there. */
  isRegistered(message: SipMessage, source: Endpoint): boolean {
    const user = this.#userOf(message, message.isRequest ? message.from : message.to);
    const nowMs = this.#clock.wallMs();
    return this.#locations.lookUp(user, nowMs).some((found) => isFrom(found, source));
  }

  /**
   * The contacts of a phone in the order to try them, none while it is not registered or cannot be
   * reached; null when the number is no phone's.
   */
  contactsOf(number: string): Target[] | null {
    const phone = this.#phoneOf(number);
    if (phone === null) return null;
    if (phone.lock) return [];
    const gateway = calledPhone(phone, this.#parameters);
    return this.#locations
      .lookUp(phone.e164, this.#clock.wallMs(), true)
      .filter(({ kind }) => kind === Kind.Phone)
      .sort(byPreference)
      .map((registration) => {
        const contact = contactTarget(registration);
        const { peer } = contact;
        const leg = { transport: gateway.transport, domain: '', others: [], callee: number };
        return { gateway, prefix: '', peer, contact, ...leg };
      });
  }

  /** A phone as the one that is called, registered or not; null when the number is no phone's. */
  calledPhone(number: string): RoutingGateway | null {
    const phone = this.#phoneOf(number);
    return phone === null ? null : calledPhone(phone, this.#parameters);
  }

  /** A phone as the customer of its calls; null when there is no such phone. */
  phoneThatCalls(e164: string): MappingGateway | null {
    const phone = this.subscribers.phone(e164);
    return phone === null ? null : callingPhone(phone);
  }

  #phoneOf(number: string): Phone | null {
    return this.subscribers.phone(number.startsWith('+') ? number.slice(1) : number);
  }

  /** Where a vendor's gateway is that registers; null while it is not registered. */
  locationOf(gateway: RoutingGateway): ContactTarget | null {
    return this.gatewayLocations.targetOf(gateway, this.#clock.wallMs());
  }

  /** Whether anybody may register at all. */
  get takesRegistrations(): boolean {
    return !this.subscribers.isEmpty;
  }

  /** A REGISTER. */
  register(request: SipMessage, source: Endpoint, local: number): void {
    this.#registrar.register(request, source, local, this.subscribers);
  }

  /** Refuses a source that may not do this. */
  #refuse(request: SipMessage, source: Endpoint, local: number): void {
    if (this.isGateway(source)) this.#transactions.reply(request, source, local, 403, '', NO_BODY);
    else this.#authenticator.refuseStranger(request, source, local);
  }

  /** Ends registrations by hand: of a whole address of record (REG-07). */
  endRegistrations(aor: string): void {
    if (this.#locations.regionOf(aor) !== this.#locations.region) return;
    for (const record of this.#locations.recordsOf(aor)) this.#locations.remove(record);
  }

  /** Removes some of the registrations that have expired; a few times a second. */
  sweep(): void {
    this.#registrar.sweep();
  }

  /** The customer's gateway that is known by where a request came from. */
  byAddress(source: Endpoint): MappingGateway | null {
    const gateway = this.#mapping.find(source.ip, source.port);
    if (gateway !== null) return gateway;
    const dynamic = this.gatewayLocations.ofSource(source, this.#clock.wallMs());
    return dynamic?.authentication === 'digest' ? null : dynamic;
  }

  #byDigest(request: SipMessage, source: Endpoint, local: number): MappingGateway | null {
    const { subscribers } = this;
    if (subscribers.isEmpty || this.isVendor(source.ip)) {
      this.#refuse(request, source, local);
      return null;
    }
    const claimed = this.#fromUser(request);
    const proven = this.#authenticator.authenticate(
      request,
      source,
      local,
      subscribers,
      claimed,
      null,
    );
    if (proven === null) return null;
    if (proven.kind === Kind.Phone) {
      const phone = subscribers.phone(proven.user);
      if (phone !== null) return callingPhone(phone);
    }
    const gateway = subscribers.mappingGateway(proven.user);
    if (gateway !== null && this.#mayComeFrom(gateway, source)) return gateway;
    this.#transactions.reply(request, source, local, 403, '', NO_BODY);
    return null;
  }

  /** A digest gateway with addresses must come from one of them as well. */
  #mayComeFrom(gateway: MappingGateway, source: Endpoint): boolean {
    if (gateway.authentication !== 'digest') return false;
    if (gateway.remoteIps.length === 0) return true;
    return new MappingTable([gateway], 'digest').find(source.ip, source.port) !== null;
  }

  #fromUser(request: SipMessage): string {
    return this.#userOf(request, request.from);
  }

  #userOf(message: SipMessage, { uriStart, uriEnd }: NameAddr): string {
    if (uriStart < 0 || !this.#uri.parse(message.buf, uriStart, uriEnd)) return '';
    return message.slice(this.#uri.userStart, this.#uri.userEnd);
  }
}
