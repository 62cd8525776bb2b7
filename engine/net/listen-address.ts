// One entry of `listen` in tandem.yaml: where to bind, and what to write into Via and Contact.
// `udp://192.0.2.1:5060`, `udp://[2001:db8::1]:5060`, `udp://0.0.0.0:5060`; for an address behind
// NAT or a wildcard `{ url, advertise }`, advertise being `host` or `host:port`.
import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { TandemError } from '../base/errors.ts';

export interface ListenAddress {
  readonly family: 4 | 6;
  readonly ip: string;
  /** 0 lets the system choose (tests). */
  readonly port: number;
  /** Host for Via and Contact: an address, or a name that peers can resolve; IPv6 unbracketed. */
  readonly advertisedHost: string;
  /** Port for Via and Contact; 0: the bound one. */
  readonly advertisedPort: number;
}

export type ListenEntry = string | { readonly url: string; readonly advertise?: string };

type Interfaces = ReturnType<typeof networkInterfaces>;

const URL_FORM = /^udp:\/\/(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/;
const ADVERTISE_FORM = /^(?:\[([^\]]+)\](?::(\d{1,5}))?|([\w.-]+)(?::(\d{1,5}))?)$/;
const DEFAULT_PORT = 5060;

function invalid(entry: string, why: string): TandemError {
  return new TandemError('TDM_CONFIG_INVALID', `listen: ${entry}: ${why}`);
}

function portOf(entry: string, digits: string | undefined, otherwise: number): number {
  const port = digits === undefined ? otherwise : Number(digits);
  if (port > 65_535) throw invalid(entry, `port ${port} is above 65535`);
  return port;
}

/** The first address of the family that is neither internal nor link-local. */
function ownAddress(family: 4 | 6, interfaces: Interfaces): string | undefined {
  for (const addresses of Object.values(interfaces)) {
    for (const info of addresses ?? []) {
      if (info.internal || info.family !== `IPv${family}`) continue;
      if (!/^fe[89ab]/i.test(info.address)) return info.address;
    }
  }
  return undefined;
}

function advertisedHost(entry: string, family: 4 | 6, ip: string, interfaces: Interfaces): string {
  if (ip !== '0.0.0.0' && !/^[0:]+$/.test(ip)) return ip;
  const found = ownAddress(family, interfaces);
  if (found !== undefined) return found;
  throw invalid(entry, `no network interface has an IPv${family} address; give \`advertise\``);
}

/**
 * Reads one entry of `listen`. @param interfaces the machine's, to find the address to advertise.
 * @throws TandemError TDM_CONFIG_INVALID naming the entry and what is wrong.
 */
export function parseListenAddress(
  entry: ListenEntry,
  interfaces: Interfaces = networkInterfaces(),
): ListenAddress {
  const { url, advertise } = typeof entry === 'string' ? { url: entry } : entry;
  const match = URL_FORM.exec(url);
  if (match === null) throw invalid(url, 'expected udp://ADDRESS:PORT, IPv6 in brackets');
  const ip = match[1] ?? match[2]!;
  const family = match[1] === undefined ? 4 : 6;
  if (family === 4 ? !isIPv4(ip) : !isIPv6(ip) || ip.includes('%')) {
    throw invalid(url, `${ip} is not an IPv${family} address; names are not looked up`);
  }
  const port = portOf(url, match[3], DEFAULT_PORT);
  if (advertise === undefined) {
    const host = advertisedHost(url, family, ip, interfaces);
    return { family, ip, port, advertisedHost: host, advertisedPort: port };
  }
  const said = ADVERTISE_FORM.exec(advertise);
  if (said === null && !isIPv6(advertise)) {
    throw invalid(url, `advertise: ${advertise} is not HOST or HOST:PORT`);
  }
  const host = said === null ? advertise : (said[1] ?? said[3]!);
  return {
    family,
    ip,
    port,
    advertisedHost: host,
    advertisedPort: portOf(url, said?.[2] ?? said?.[4], port),
  };
}
