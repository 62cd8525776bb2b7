// Where gateways are that register with us: the sources of their calls, and where calls to them go.
// Looked up anew when a gateway's registration has changed, which one number of the location table
// tells; whether it has expired is looked at each time.
import type { Endpoint } from '../base/endpoint.ts';
import { Kind } from '../registry/location-layout.ts';
import type { LocationTable } from '../registry/location-table.ts';
import type { Registration } from '../registry/registration.ts';
import { endpointOf } from '../registry/source-words.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../routing/snapshot.ts';
import type { ContactTarget } from './contact-target.ts';
import { contactTarget } from './contact-target.ts';

interface Source {
  readonly gateway: MappingGateway;
  readonly port: number;
  readonly expiresAtMs: number;
}

interface Location {
  readonly target: ContactTarget;
  readonly expiresAtMs: number;
}

export class GatewayLocations {
  readonly #locations: LocationTable;
  readonly #mapping: readonly MappingGateway[];
  readonly #routing: readonly RoutingGateway[];
  /** By source address. */
  readonly #sources = new Map<string, Source[]>();
  /** By name. */
  readonly #targets = new Map<string, Location[]>();
  readonly #vendorIps = new Set<string>();
  #readAt = -1;

  constructor(locations: LocationTable, { mappingGateways, routingGateways }: Snapshot) {
    this.#locations = locations;
    this.#mapping = mappingGateways.filter(({ dynamic }) => dynamic);
    this.#routing = routingGateways.filter(({ registerType }) => registerType === 'dynamic');
  }

  /** The customer's gateway that is registered from this address. */
  ofSource(source: Endpoint, wallMs: number): MappingGateway | null {
    if (this.#mapping.length === 0) return null;
    this.#refresh(wallMs);
    for (const { gateway, port, expiresAtMs } of this.#sources.get(source.ip) ?? []) {
      if (expiresAtMs <= wallMs) continue;
      if (gateway.authentication === 'ip' || port === source.port) return gateway;
    }
    return null;
  }

  /** Where calls to this vendor's gateway go; null while it is not registered. */
  targetOf(gateway: RoutingGateway, wallMs: number): ContactTarget | null {
    this.#refresh(wallMs);
    const now = this.#targets.get(gateway.name)?.find(({ expiresAtMs }) => expiresAtMs > wallMs);
    return now?.target ?? null;
  }

  isVendor(ip: string, wallMs: number): boolean {
    if (this.#routing.length === 0) return false;
    this.#refresh(wallMs);
    return this.#vendorIps.has(ip);
  }

  #refresh(wallMs: number): void {
    const { gatewayChanges } = this.#locations;
    if (gatewayChanges === this.#readAt) return;
    this.#readAt = gatewayChanges;
    this.#sources.clear();
    this.#targets.clear();
    this.#vendorIps.clear();
    for (const gateway of this.#mapping) {
      for (const registration of this.#of(gateway, Kind.MappingGateway, wallMs)) {
        const { ip, port } = endpointOf(registration);
        const source = { gateway, port, expiresAtMs: registration.expiresAtMs };
        this.#sources.set(ip, [...(this.#sources.get(ip) ?? []), source]);
      }
    }
    for (const gateway of this.#routing) {
      const registrations = this.#of(gateway, Kind.RoutingGateway, wallMs, true);
      const locations = registrations.map((registration) => ({
        target: contactTarget(registration),
        expiresAtMs: registration.expiresAtMs,
      }));
      for (const { target } of locations) this.#vendorIps.add(target.peer.ip);
      this.#targets.set(gateway.name, locations);
    }
  }

  #of(
    gateway: MappingGateway | RoutingGateway,
    kind: Kind,
    wallMs: number,
    onlyReachable = false,
  ): Registration[] {
    const user = gateway.credentials?.username ?? '';
    return this.#locations
      .lookUp(user, wallMs, onlyReachable)
      .filter((registration) => registration.kind === kind)
      .sort(byPreference);
  }
}

/** Order in which contacts are tried: q, then the newest. */
export function byPreference(a: Registration, b: Registration): number {
  return b.q - a.q || b.refreshedAtMs - a.refreshedAtMs;
}
