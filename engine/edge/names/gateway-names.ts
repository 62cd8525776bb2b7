// The addresses of the routing gateways that are given by name: looked up at start, when a gateway
// is new, and every SERVER_DNS_UPDATE_INTERVAL. When a lookup fails the last good answer stays.
import type { TransportName } from '../../base/gateway-words.ts';
import { parseIp } from '../../base/ip-address.ts';
import type { GatewayAddress } from '../../routing/snapshot.ts';
import { locateGateway, type NameServer } from './locate-gateway.ts';

/** A gateway as it is configured. */
export interface NamedGateway {
  readonly host: string;
  /** 0: what DNS says. */
  readonly port: number;
  readonly transport: TransportName;
}

export interface GatewayNamesOptions {
  readonly dns: NameServer;
  readonly warn: (text: string) => void;
  /** Addresses have changed: a new snapshot is due. */
  readonly changed: () => void;
}

const words = new Int32Array(4);

export function isName(host: string): boolean {
  return host !== '' && parseIp(host, words) === 0;
}

function keyOf({ host, port, transport }: NamedGateway): string {
  return `${transport}:${host}:${port}`;
}

export class GatewayNames {
  readonly #options: GatewayNamesOptions;
  #known = new Map<string, readonly GatewayAddress[]>();
  #gateways: readonly NamedGateway[] = [];
  #timer: NodeJS.Timeout | null = null;
  #intervalMs = 0;
  #failures = 0;
  #closed = false;

  constructor(options: GatewayNamesOptions) {
    this.#options = options;
  }

  /** What is known of a gateway; empty: nothing, or it is given by address. */
  addressesOf(gateway: NamedGateway): readonly GatewayAddress[] {
    return this.#known.get(keyOf(gateway)) ?? [];
  }

  get figures(): { names: number; unresolved: number; failures: number } {
    const unresolved = this.#gateways.filter((each) => this.addressesOf(each).length === 0);
    return {
      names: this.#gateways.length,
      unresolved: unresolved.length,
      failures: this.#failures,
    };
  }

  /**
   * Says which gateways there are, and how often to look. New names are looked up at once; resolves
   * when that is done.
   */
  async watch(gateways: readonly NamedGateway[], intervalSeconds: number): Promise<void> {
    this.#gateways = gateways.filter(({ host }) => isName(host));
    const keys = new Set(this.#gateways.map(keyOf));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    const intervalMs = intervalSeconds * 1000;
    if (this.#timer === null || intervalMs !== this.#intervalMs) {
      this.#intervalMs = intervalMs;
      this.#wait();
    }
    await this.#lookUp(this.#gateways.filter((each) => !this.#known.has(keyOf(each))));
  }

  /** Looks all names up again. */
  async refresh(): Promise<void> {
    await this.#lookUp(this.#gateways);
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  #wait(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.refresh().finally(() => {
        if (!this.#closed) this.#wait();
      });
    }, this.#intervalMs).unref();
  }

  async #lookUp(gateways: readonly NamedGateway[]): Promise<void> {
    const changes = await Promise.all(gateways.map((gateway) => this.#update(gateway)));
    if (changes.includes(true) && !this.#closed) this.#options.changed();
  }

  /** True when the gateway has other addresses than before. */
  async #update(gateway: NamedGateway): Promise<boolean> {
    const { host, port, transport } = gateway;
    const key = keyOf(gateway);
    const before = this.#known.get(key) ?? [];
    const kept = before.length === 0 ? 'it has none' : 'those known before stay';
    let found: GatewayAddress[];
    try {
      found = await locateGateway(host, port, transport, this.#options.dns);
    } catch (error) {
      this.#failures++;
      const why = error instanceof Error ? error.message : String(error);
      this.#options.warn(`addresses of ${host}: ${why}; ${kept}`);
      return false;
    }
    if (found.length === 0) {
      this.#failures++;
      this.#options.warn(`addresses of ${host}: the name has no address; ${kept}`);
      return false;
    }
    this.#known.set(key, found);
    return JSON.stringify(found) !== JSON.stringify(before);
  }
}
