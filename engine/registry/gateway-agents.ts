// Our user agents towards the routing gateways whose slot is this shard's: registrations and
// probes. They follow the mounted snapshot; a gateway that is added, changed or removed gets, loses
// or exchanges its agents between two packets.
import type { Endpoint } from '../base/endpoint.ts';
import { Reachability } from '../base/gateway-states.ts';
import type { RoutingGateway } from '../routing/snapshot.ts';
import type { AgentContext, AgentTarget, Locate } from './agent-context.ts';
import { GatewayProbe } from './gateway-probe.ts';
import { OutboundRegistration } from './outbound-registration.ts';
import { Publications } from './publications.ts';

interface Agents {
  /** What its state hangs on: when one of these changes, another gateway stands in its place. */
  readonly identity: string;
  readonly target: AgentTarget;
  readonly registration: OutboundRegistration | null;
  probe: GatewayProbe | null;
}

export class GatewayAgents {
  /** PUBLISH comes to any shard. */
  readonly publications: Publications;
  readonly #context: AgentContext;
  readonly #shards: number;
  readonly #locate: Locate;
  readonly #agents = new Map<number, Agents>();
  /** Registrations that are being withdrawn. */
  #leaving: OutboundRegistration[] = [];
  /** The parameters that registrations run by, as they were mounted last. */
  #settings = '';

  constructor(context: AgentContext, shards: number, locate: Locate) {
    this.#context = context;
    this.#locate = locate;
    this.publications = new Publications(context, locate);
    this.#shards = shards;
  }

  /** To be called when the context has the parameters of the same snapshot. */
  mount(gateways: readonly RoutingGateway[]): void {
    const { shard, states } = this.#context;
    this.publications.mount(gateways);
    this.#leaving = this.#leaving.filter(({ gone }) => !gone);
    const retuned = this.#retuned();
    const own = new Map<number, RoutingGateway>();
    for (const gateway of gateways) {
      if (gateway.slot % this.#shards === shard) own.set(gateway.slot, gateway);
    }
    for (const [slot, agents] of this.#agents) {
      const gateway = own.get(slot);
      if (gateway !== undefined && identityOf(gateway) === agents.identity) continue;
      this.#remove(slot, agents);
      // The allocator clears a slot that passes to another name; here the name may be the same.
      states.clear(slot);
    }
    for (const gateway of own.values()) this.#follow(gateway, retuned);
  }

  /** The switch stops: all registrations are withdrawn, nothing is asked any more. */
  withdraw(): void {
    for (const [slot, agents] of this.#agents) this.#remove(slot, agents);
  }

  /** Withdrawals that wait for their answer. */
  get withdrawing(): number {
    return this.#leaving.reduce((count, { gone }) => count + (gone ? 0 : 1), 0);
  }

  #follow(gateway: RoutingGateway, retuned: boolean): void {
    let agents = this.#agents.get(gateway.slot);
    if (agents === undefined) {
      const target = targetOf(gateway, this.#addresses(gateway));
      const registration = this.#registration(gateway, target);
      agents = { identity: identityOf(gateway), target, registration, probe: null };
      this.#agents.set(gateway.slot, agents);
    } else {
      agents.target.addresses = this.#addresses(gateway);
      if (retuned) agents.registration?.retune();
    }
    this.#followProbe(agents, gateway);
  }

  #followProbe(agents: Agents, gateway: RoutingGateway): void {
    if (gateway.probe === null) {
      if (agents.probe === null) return;
      agents.probe.stop();
      // What nobody asks any more must not stay down for good.
      this.#context.states.setReachability(gateway.slot, Reachability.Unknown);
      agents.probe = null;
    } else if (agents.probe === null) {
      agents.probe = new GatewayProbe(this.#context, agents.target, gateway.probe);
      agents.probe.start();
    } else {
      agents.probe.change(gateway.probe);
    }
  }

  #addresses(gateway: RoutingGateway): () => readonly Endpoint[] {
    const { peer, registerType } = gateway;
    if (registerType !== 'dynamic') {
      const named = gateway.addresses.map((address) => address.peer);
      const known = named.length > 0 ? named : peer.ip === '' ? [] : [peer];
      return () => known;
    }
    return () => {
      const location = this.#locate(gateway);
      return location === null ? [] : [location];
    };
  }

  #registration(gateway: RoutingGateway, target: AgentTarget): OutboundRegistration | null {
    if (gateway.registerType !== 'register-out' || gateway.credentials === null) return null;
    const registration = new OutboundRegistration(this.#context, target, gateway.credentials);
    registration.start();
    return registration;
  }

  #remove(slot: number, { registration, probe }: Agents): void {
    this.#agents.delete(slot);
    probe?.stop();
    if (registration === null) return;
    registration.leave();
    if (!registration.gone) this.#leaving.push(registration);
  }

  #retuned(): boolean {
    const { SS_SIP_USER_AGENT_EXPIRE, SS_SIP_USER_AGENT_RETRY_DELAY } = this.#context.parameters;
    const settings = `${SS_SIP_USER_AGENT_EXPIRE}/${SS_SIP_USER_AGENT_RETRY_DELAY}`;
    const changed = this.#settings !== settings;
    this.#settings = settings;
    return changed;
  }
}

function targetOf(gateway: RoutingGateway, addresses: () => readonly Endpoint[]): AgentTarget {
  const { slot, host, port, transport } = gateway;
  const domain = host.includes(':') ? `[${host}]` : host;
  const suffix = transport === 'udp' ? '' : `;transport=${transport}`;
  const authority = host === '' ? '' : `${port === 0 ? domain : `${domain}:${port}`}${suffix}`;
  return { slot, domain, authority, transport, addresses };
}

/** Where a name leads may change without making another gateway of it. */
function identityOf(gateway: RoutingGateway): string {
  const { name, registerType, host, port, transport, credentials } = gateway;
  return JSON.stringify([name, registerType, host, port, transport, credentials]);
}
