// Where a SIP server of some name is (RFC 3263 4): NAPTR leads to SRV, SRV to hosts with ports,
// priorities and weights, hosts to addresses. What is not there is passed over, as the RFC says.
import type { TransportName } from '../../base/gateway-words.ts';
import type { GatewayAddress } from '../../routing/snapshot.ts';

/** The questions of RFC 3263; an empty answer is an answer, a failure is thrown. */
export interface NameServer {
  naptr(name: string): Promise<readonly Naptr[]>;
  srv(name: string): Promise<readonly Srv[]>;
  a(name: string): Promise<readonly string[]>;
  aaaa(name: string): Promise<readonly string[]>;
}

export interface Naptr {
  readonly flags: string;
  readonly service: string;
  readonly replacement: string;
  readonly order: number;
  readonly preference: number;
}

export interface Srv {
  readonly name: string;
  readonly port: number;
  readonly priority: number;
  readonly weight: number;
}

/** RFC 3263 4.1: services of NAPTR; 4.2: names of SRV without it. */
const SERVICES: Readonly<Record<TransportName, string>> = {
  udp: 'SIP+D2U',
  tcp: 'SIP+D2T',
  tls: 'SIPS+D2T',
};
const SRV_PREFIXES: Readonly<Record<TransportName, string>> = {
  udp: '_sip._udp.',
  tcp: '_sip._tcp.',
  tls: '_sips._tcp.',
};
/** More addresses than anybody has; the rest is left out. */
const MAX_ADDRESSES = 32;

/**
 * @param port 0: what SRV says, or the default
 * @returns addresses by priority; empty when the name has none
 * @throws when a name server fails
 */
export async function locateGateway(
  host: string,
  port: number,
  transport: TransportName,
  dns: NameServer,
): Promise<GatewayAddress[]> {
  const services = port === 0 ? await findServices(host, transport, dns) : [];
  const fallback: Srv = {
    name: host,
    port: port === 0 ? defaultPort(transport) : port,
    priority: 0,
    weight: 0,
  };
  const found: GatewayAddress[] = [];
  for (const { name, port: at, priority, weight } of services.length > 0 ? services : [fallback]) {
    const [four, six] = await Promise.all([dns.a(name), dns.aaaa(name)]);
    for (const ip of four) found.push({ peer: { family: 4, ip, port: at }, priority, weight });
    for (const ip of six) found.push({ peer: { family: 6, ip, port: at }, priority, weight });
  }
  return found.sort((a, b) => a.priority - b.priority).slice(0, MAX_ADDRESSES);
}

function defaultPort(transport: TransportName): number {
  return transport === 'tls' ? 5061 : 5060;
}

/** The SRV records for the transport, the target "." (no service here) left out. */
async function findServices(
  host: string,
  transport: TransportName,
  dns: NameServer,
): Promise<Srv[]> {
  const naptr = (await dns.naptr(host))
    .filter(({ flags, service }) => {
      return flags.toLowerCase() === 's' && service.toUpperCase() === SERVICES[transport];
    })
    .sort((a, b) => a.order - b.order || a.preference - b.preference);
  const name = naptr[0]?.replacement ?? SRV_PREFIXES[transport] + host;
  return (await dns.srv(name)).filter((service) => service.name !== '' && service.name !== '.');
}
