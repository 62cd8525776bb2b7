// The network of the simulation: datagrams that take their time, get lost, come twice or out of
// order, links that are cut for a while, and ICMP for ports that nobody listens on.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { hostPort } from '../../engine/base/endpoint.ts';
import type { Chance } from './chance.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface Packet {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly text: string;
}

/** What is at an endpoint. */
export interface Host {
  receive(packet: Packet): void;
  /** A packet of this host reached a port that is closed. */
  unreachable(packet: Packet): void;
}

export interface LinkQuality {
  /** Shares of datagrams, 0..1. */
  readonly loss: number;
  readonly duplicates: number;
  readonly latencyMs: number;
  /** Added at random, per datagram: above the gap of two datagrams it reorders them. */
  readonly jitterMs: number;
}

export const PERFECT_LINK: LinkQuality = { loss: 0, duplicates: 0, latencyMs: 5, jitterMs: 0 };

/** Sees every datagram; `fate` tells what became of it. */
export type Watcher = (packet: Packet, fate: 'sent' | 'lost' | 'delivered' | 'refused') => void;

export class VirtualNetwork {
  readonly #time: VirtualTime;
  readonly #chance: Chance;
  readonly #quality: LinkQuality;
  readonly #hosts = new Map<string, Host>();
  readonly #cut = new Set<string>();
  watcher: Watcher = () => undefined;

  constructor(time: VirtualTime, chance: Chance, quality: LinkQuality) {
    this.#time = time;
    this.#chance = chance;
    this.#quality = quality;
  }

  attach(endpoint: Endpoint, host: Host): void {
    this.#hosts.set(hostPort(endpoint), host);
  }

  /** Closes a port: what comes there is answered by ICMP. */
  detach(endpoint: Endpoint): void {
    this.#hosts.delete(hostPort(endpoint));
  }

  /** Cuts all links of an address. */
  cut(ip: string): void {
    this.#cut.add(ip);
  }

  heal(ip: string): void {
    this.#cut.delete(ip);
  }

  send(from: Endpoint, to: Endpoint, text: string): void {
    const packet: Packet = { from, to, text };
    this.watcher(packet, 'sent');
    const { loss, duplicates } = this.#quality;
    if (this.#cut.has(from.ip) || this.#cut.has(to.ip) || this.#chance.happens(loss)) {
      this.watcher(packet, 'lost');
      return;
    }
    this.#deliverLater(packet);
    if (this.#chance.happens(duplicates)) this.#deliverLater(packet);
  }

  #deliverLater(packet: Packet): void {
    this.#time.after(this.#delayMs(), () => {
      const host = this.#hosts.get(hostPort(packet.to));
      if (host !== undefined) {
        this.watcher(packet, 'delivered');
        host.receive(packet);
        return;
      }
      this.watcher(packet, 'refused');
      this.#time.after(this.#delayMs(), () =>
        this.#hosts.get(hostPort(packet.from))?.unreachable(packet),
      );
    });
  }

  #delayMs(): number {
    const { latencyMs, jitterMs } = this.#quality;
    return latencyMs + (jitterMs === 0 ? 0 : this.#chance.between(0, jitterMs));
  }
}

/** Links as they may be, from perfect to bad. */
export function randomLink(chance: Chance): LinkQuality {
  return {
    loss: chance.pick([0, 0, 0.02, 0.1]),
    duplicates: chance.pick([0, 0.02, 0.1]),
    latencyMs: chance.pick([1, 20, 80]),
    jitterMs: chance.pick([0, 10, 100, 400]),
  };
}
