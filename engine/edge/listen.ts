// The listen addresses of the configuration, as sockets and as calls need them.
import { hostPort } from '../base/endpoint.ts';
import type { LocalAddress } from '../call/call-context.ts';
import type { ListenAddress as ConfiguredAddress } from '../config/addresses.ts';
import type { ListenAddress } from '../net/listen-address.ts';

export function socketAddresses(listen: readonly ConfiguredAddress[]): ListenAddress[] {
  return listen.map(({ family, host, port }) => ({ family, ip: host, port }));
}

/** @param ports the port bound for each address, which differs where 0 was configured */
export function localAddresses(
  listen: readonly ConfiguredAddress[],
  ports: readonly number[],
): LocalAddress[] {
  return listen.map((address, i) => {
    const { family } = address;
    const ip = address.advertise?.host ?? address.host;
    const port = address.advertise?.port ?? ports[i]!;
    const host = family === 6 && ip.includes(':') ? `[${ip}]` : ip;
    return { family, host, hostPort: hostPort({ family: ip.includes(':') ? 6 : 4, ip, port }) };
  });
}
