// The addresses that tandem.yaml writes as URLs: listen, api, kafka, clickhouse. Each parser gives
// the value, or says what is wrong and what is allowed.
import type { TransportName } from '../base/gateway-words.ts';
import { formatIp, parseIp } from '../base/ip-address.ts';

/** A parsed value, or what is wrong with the text. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Where SIP comes in. */
export interface ListenAddress {
  readonly transport: TransportName;
  /** `udp://host:port`, tcp or tls alike, IPv6 in brackets. */
  readonly url: string;
  /** Canonical IP address. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly family: 4 | 6;
  /** What Via and Contact say instead of host and port (behind a 1:1 NAT); null: host and port. */
  readonly advertise: { readonly host: string; readonly port: number | null } | null;
  /** Paths of what a tls:// address shows and demands; null for the others. */
  readonly tls: {
    readonly pairs: readonly { readonly certificate: string; readonly key: string }[];
    readonly ca: string;
    readonly clientCertificates: 'none' | 'request' | 'require';
  } | null;
}

export interface HttpAddress {
  readonly url: string;
  readonly host: string;
  readonly port: number;
}

export interface ClickHouseAddress {
  /** embedded: the ingest process serves chDB at this address. */
  readonly kind: 'embedded' | 'remote';
  /** `http://host:port` without user and password; the remote kind may be https. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

interface HostPort {
  readonly host: string;
  readonly port: number | null;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

/** `host`, `host:port` or `[v6]:port`; an IP address comes back in its canonical form. */
function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/.exec(text);
  if (match === null) return undefined;
  const port = match[3] === undefined ? null : Number(match[3]);
  if (port !== null && port > 65_535) return undefined;
  const words = new Int32Array(4);
  if (match[1] !== undefined) {
    return parseIp(match[1], words) === 6 ? { host: formatIp(words), port } : undefined;
  }
  const name = match[2]!;
  if (parseIp(name, words) === 4) return { host: formatIp(words), port };
  // A name that looks like a number would be a mistyped address.
  return HOST_NAME.test(name) && !/(^|\.)\d+$/.test(name) ? { host: name, port } : undefined;
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** @param advertise `host` or `host:port`, undefined when not given */
export function parseListen(url: string, advertise: string | undefined): Parsed<ListenAddress> {
  const address = /^(udp|tcp|tls):\/\/(.*)$/i.exec(url);
  const hostPort = address === null ? undefined : parseHostPort(address[2]!);
  const words = new Int32Array(4);
  const family = hostPort === undefined ? 0 : parseIp(hostPort.host, words);
  if (address === null || hostPort === undefined || family === 0) {
    return {
      problem:
        'must be udp://, tcp:// or tls:// with an IP or IP:PORT, ' +
        'such as udp://192.0.2.1:5060 or tls://[2001:db8::1]',
    };
  }
  const transport = address[1]!.toLowerCase() as TransportName;
  const shown = advertise === undefined ? null : parseHostPort(advertise);
  if (shown === undefined) {
    return { problem: `advertise must be HOST or HOST:PORT, is "${String(advertise)}"` };
  }
  if (shown === null && words.every((word, i) => word === 0 || (i === 2 && family === 4))) {
    return {
      problem:
        'listens on every address: say which one Via and Contact shall name, ' +
        `such as { url: "${url}", advertise: 192.0.2.1 }`,
    };
  }
  const port = hostPort.port ?? (transport === 'tls' ? 5061 : 5060);
  const value: ListenAddress = {
    transport,
    url: `${transport}://${inUrl(hostPort.host)}:${port}`,
    host: hostPort.host,
    port,
    family,
    advertise: shown,
    tls: null,
  };
  return { value };
}

/** `http://host:port` */
export function parseHttpUrl(text: string): Parsed<HttpAddress> {
  const match = /^http:\/\/([^/]*)\/?$/i.exec(text);
  const hostPort = match === null ? undefined : parseHostPort(match[1]!);
  if (hostPort === undefined || hostPort.port === null) {
    return { problem: 'must be http://HOST:PORT, such as http://127.0.0.1:8080' };
  }
  const { host, port } = hostPort;
  return { value: { url: `http://${inUrl(host)}:${port}`, host, port } };
}

/** `none` (null) or `host:port,host:port`; the port defaults to 9092. */
export function parseKafka(text: string): Parsed<readonly string[] | null> {
  if (text === 'none') return { value: null };
  const brokers: string[] = [];
  for (const item of text.split(',')) {
    const hostPort = parseHostPort(item.trim());
    if (hostPort === undefined) {
      return { problem: 'must be none, or brokers as HOST:PORT,HOST:PORT' };
    }
    brokers.push(`${inUrl(hostPort.host)}:${hostPort.port ?? 9092}`);
  }
  return { value: brokers };
}

/** `embedded|http|https://[user[:password]@]host[:port]`; percent-escapes decoded. */
export function parseClickHouse(text: string): Parsed<ClickHouseAddress> {
  const problem =
    'must be embedded://HOST:PORT or http://USER:PASSWORD@HOST:PORT (or https://); ' +
    'embedded://USER:PASSWORD@HOST:PORT asks for that password';
  const match = /^(embedded|https?):\/\/(?:([^@/]*)@)?([^@/]*)\/?$/i.exec(text);
  const hostPort = match === null ? undefined : parseHostPort(match[3]!);
  if (match === null || hostPort === undefined) return { problem };
  const scheme = match[1]!.toLowerCase();
  const kind = scheme === 'embedded' ? 'embedded' : 'remote';
  const [user, password] = splitCredentials(match[2] ?? '');
  if (user === undefined || password === undefined) return { problem };
  const port = hostPort.port ?? (scheme === 'https' ? 8443 : 8123);
  const url = `${scheme === 'https' ? 'https' : 'http'}://${inUrl(hostPort.host)}:${port}`;
  return { value: { kind, url, host: hostPort.host, port, user: user || 'default', password } };
}

function splitCredentials(text: string): [string | undefined, string | undefined] {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  return [percentDecoded(user), colon < 0 ? '' : percentDecoded(text.slice(colon + 1))];
}

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
