// A setting of routing gateways, found by the address that a message comes from. Several gateways
// may share an IP: their port tells them apart, and from another port what all of them agree on
// counts. Where they do not agree nothing is found (config/shared-addresses.ts warns of it).
import type { Endpoint } from '../base/endpoint.ts';
import type { RoutingGateway } from './snapshot.ts';

/** null: gateways there are set differently. */
interface AtIp<T> {
  ofAll: T | null;
  readonly ofPort: Map<number, T | null>;
}

export class SettingsBySource<T extends string> {
  readonly #ips = new Map<string, AtIp<T>>();

  constructor(gateways: readonly RoutingGateway[], settingOf: (gateway: RoutingGateway) => T) {
    for (const gateway of gateways) {
      const setting = settingOf(gateway);
      for (const peer of [gateway.peer, ...gateway.addresses.map((each) => each.peer)]) {
        this.#add(peer, setting);
      }
    }
  }

  /** undefined: no gateway is there, or it is not known which. */
  find({ ip, port }: Endpoint): T | undefined {
    const here = this.#ips.get(ip);
    if (here === undefined) return undefined;
    const ofPort = here.ofPort.get(port);
    return (ofPort === undefined ? here.ofAll : ofPort) ?? undefined;
  }

  #add({ ip, port }: Endpoint, setting: T): void {
    if (ip === '') return;
    const here = this.#ips.get(ip);
    if (here === undefined) {
      this.#ips.set(ip, { ofAll: setting, ofPort: new Map([[port, setting]]) });
      return;
    }
    if (here.ofAll !== setting) here.ofAll = null;
    const known = here.ofPort.get(port);
    here.ofPort.set(port, known === undefined || known === setting ? setting : null);
  }
}
