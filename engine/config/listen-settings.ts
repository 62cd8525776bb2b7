// The keys of tandem.yaml about where SIP comes in: listen addresses with their certificates, the
// limits of TCP and TLS connections, the DNS servers. Descriptions complete "must be ...".
import { Type, type Static } from 'typebox';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { parseListen, type ListenAddress, type Parsed } from './addresses.ts';
import type { Partially } from './schema-check.ts';
import { entry, oneOf, wholeNumber } from './schema-parts.ts';
import type { KeyPath } from './problem-list.ts';
import type { YamlFile } from './yaml-file.ts';

const FILE = Type.Optional(Type.String({ minLength: 1, description: 'the path of a PEM file' }));

export const LISTEN_SCHEMA = Type.Object(
  {
    url: Type.String({ description: 'an address such as udp://192.0.2.1:5060' }),
    advertise: Type.Optional(
      Type.String({ description: 'the host or host:port that Via and Contact name' }),
    ),
    certificate: FILE,
    key: FILE,
    certificates: Type.Array(
      entry(
        {
          certificate: Type.String({ minLength: 1, description: 'the path of a PEM file' }),
          key: Type.String({ minLength: 1, description: 'the path of a PEM file' }),
        },
        'a map such as { certificate: b.example.net.pem, key: b.example.net.key }',
      ),
      { default: [], maxItems: 100, description: 'a list of certificates with their keys' },
    ),
    ca: FILE,
    clientCertificates: oneOf(['none', 'request', 'require'], 'none'),
  },
  { additionalProperties: false },
);

export const STREAMS_SCHEMA = Type.Object(
  {
    connections: wholeNumber(1, 1_000_000, { default: 10_000 }),
    connectionsPerSource: wholeNumber(1, 1_000_000, { default: 200 }),
    messageSeconds: wholeNumber(1, 600, { default: 10 }),
    idleSeconds: wholeNumber(1, 86_400, { default: 3600 }),
    connectSeconds: wholeNumber(1, 32, { default: 4 }),
    unsentBytes: wholeNumber(65_536, 1 << 30, { default: 1 << 20 }),
  },
  {
    additionalProperties: false,
    default: {},
    description: 'a map such as { connections: 10000, idleSeconds: 3600 }',
  },
);

export const DNS_SCHEMA = Type.Array(
  Type.String({ description: 'an IP address, or ip:port, [v6]:port' }),
  { default: [], maxItems: 8, description: 'a list of name servers such as [192.0.2.53]' },
);

export type StreamSettings = Static<typeof STREAMS_SCHEMA>;

/**
 * The listen addresses, those of UDP first: a core knows them by their place, and looks for the
 * sockets of UDP at the beginning.
 */
export function listenSettings(
  entries: readonly (Partially<Static<typeof LISTEN_SCHEMA>> | undefined)[],
  file: YamlFile,
  folder: string,
): ListenAddress[] {
  const addresses: ListenAddress[] = [];
  const seen = new Set<string>();
  entries.forEach((given, i) => {
    const at: KeyPath = ['listen', i];
    if (given?.url === undefined) return;
    const parsed: Parsed<ListenAddress> = parseListen(given.url, given.advertise);
    if ('problem' in parsed) {
      file.problem(at, parsed.problem);
      return;
    }
    const { port, url, transport } = parsed.value;
    if (port !== 0 && seen.has(url)) file.problem(at, `${url} is listed twice`);
    seen.add(url);
    checkCertificates(given, transport === 'tls', at, file);
    const { certificate, key, certificates = [], ca, clientCertificates = 'none' } = given;
    const pairs = [{ certificate, key }, ...certificates].flatMap((pair) => {
      if (pair?.certificate === undefined || pair.key === undefined) return [];
      return [{ certificate: resolve(folder, pair.certificate), key: resolve(folder, pair.key) }];
    });
    const authorities = ca === undefined ? '' : resolve(folder, ca);
    const tls = transport === 'tls' ? { pairs, ca: authorities, clientCertificates } : null;
    addresses.push({ ...parsed.value, tls });
  });
  const datagrams = addresses.filter(({ transport }) => transport === 'udp');
  return [...datagrams, ...addresses.filter(({ transport }) => transport !== 'udp')];
}

function checkCertificates(
  given: Partially<Static<typeof LISTEN_SCHEMA>>,
  tls: boolean,
  at: KeyPath,
  file: YamlFile,
): void {
  const { certificate, key } = given;
  if (tls) {
    if (certificate === undefined || key === undefined) {
      const missing = certificate === undefined ? 'certificate' : 'key';
      file.problem(
        at,
        `${missing} is missing: tls:// needs certificate and key, paths of PEM files`,
      );
    }
    return;
  }
  const odd = (['certificate', 'key', 'ca'] as const).find((name) => given[name] !== undefined);
  if (odd !== undefined) file.problem([...at, odd], 'is for tls:// addresses only');
}

/** Name servers as node:dns takes them. */
export function dnsServers(given: readonly (string | undefined)[], file: YamlFile): string[] {
  return given.flatMap((server, i) => {
    if (server === undefined) return [];
    const ip = /^(?:\[([^\]]+)\]|([^:]+))(?::\d{1,5})?$/.exec(server);
    const bare = isIP(server) !== 0 || isIP(ip?.[1] ?? ip?.[2] ?? '') !== 0;
    if (bare) return [server];
    file.problem(['dns', i], `must be an IP address, or ip:port, [v6]:port; is "${server}"`);
    return [];
  });
}
