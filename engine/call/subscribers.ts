// Everybody who can prove himself by a password, as a snapshot has them: phones, and gateways that
// register or are known by credentials.
import { Kind } from '../registry/location-layout.ts';
import { PhoneDeck, type Phone } from '../registry/phone-deck.ts';
import type { Directory, Subscriber } from '../registry/subscriber.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../routing/snapshot.ts';

interface GatewaySubscriber extends Subscriber {
  readonly gateway: MappingGateway | RoutingGateway;
}

export class Subscribers implements Directory {
  readonly isEmpty: boolean;
  readonly hasDigestGateways: boolean;
  readonly #phones: PhoneDeck;
  readonly #gateways = new Map<string, GatewaySubscriber>();
  readonly #mappingGateways = new Map<string, MappingGateway>();

  constructor({ phones, mappingGateways, routingGateways }: Snapshot) {
    this.#phones = new PhoneDeck(phones);
    for (const gateway of mappingGateways) {
      if (!gateway.dynamic && gateway.authentication !== 'digest') continue;
      const added = this.#add(gateway, Kind.MappingGateway, gateway.dynamic);
      if (added !== null) this.#mappingGateways.set(added.user, gateway);
    }
    for (const gateway of routingGateways) {
      if (gateway.registerType === 'dynamic') this.#add(gateway, Kind.RoutingGateway, true);
    }
    this.hasDigestGateways = this.#mappingGateways.size > 0;
    this.isEmpty = this.#phones.size === 0 && this.#gateways.size === 0;
  }

  find(user: string): Subscriber | null {
    const gateway = this.#gateways.get(user);
    if (gateway !== undefined) return gateway;
    const phone = this.phone(user);
    if (phone === null) return null;
    const { password, lock } = phone;
    return { user, password, kind: Kind.Phone, locked: lock, registers: true };
  }

  phone(e164: string): Phone | null {
    return this.#phones.size === 0 ? null : this.#phones.find(e164);
  }

  /** The customer's gateway with these credentials. */
  mappingGateway(user: string): MappingGateway | null {
    return this.#mappingGateways.get(user) ?? null;
  }

  #add(
    gateway: MappingGateway | RoutingGateway,
    kind: Kind,
    registers: boolean,
  ): GatewaySubscriber | null {
    const { credentials, locked } = gateway;
    if (credentials === null) return null;
    const { username: user } = credentials;
    const password = Buffer.from(credentials.password, 'utf8').toString('latin1');
    const subscriber = { user, password, kind, locked, registers, gateway };
    this.#gateways.set(user, subscriber);
    return subscriber;
  }
}
