// The address of SERVER_CDR_REAL_TIME_REPORT_SERVER, taken apart. The parameter's check and
// ingest/cdr-push, which sends there, read it the same way.

/** Where call records are pushed to. */
export interface ReportServer {
  readonly protocol: 'http' | 'https' | 'tcp' | 'udp';
  /** Name or IP address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  /** http and https: path and query, from the slash on. */
  readonly path: string;
  /** http and https: `user:password`, percent-escapes decoded; empty without. */
  readonly credentials: string;
}

/** What is accepted, in words: completes "must be ...". */
export const REPORT_SERVER_FORM =
  'http://HOST[:PORT]/PATH, https://..., tcp://HOST:PORT, udp://HOST:PORT or HOST:PORT (TCP)';

const PORTS = { http: 80, https: 443, tcp: null, udp: null } as const;

/** Undefined when the text is none of REPORT_SERVER_FORM, at most 500 characters. */
export function parseReportServer(text: string): ReportServer | undefined {
  const match = /^(?:(https?|tcp|udp):\/\/)?(\S{1,500})$/i.exec(text);
  if (match === null) return undefined;
  const protocol = (match[1]?.toLowerCase() ?? 'tcp') as ReportServer['protocol'];
  const isHttp = protocol === 'http' || protocol === 'https';
  // URL knows hosts, ports and escapes of http; the others are written the same way.
  const written = `${isHttp ? protocol : 'http'}://${match[2]!}`;
  if (!URL.canParse(written)) return undefined;
  const url = new URL(written);
  const port = url.port === '' ? portWritten(match[2]!, PORTS[protocol]) : Number(url.port);
  if (url.hostname === '' || url.hash !== '' || port === null || port === 0) return undefined;
  const path = `${url.pathname}${url.search}`;
  if (!isHttp && (path !== '/' || url.username !== '' || match[2]!.endsWith('/'))) return undefined;
  const credentials = decoded(url);
  if (credentials === undefined) return undefined;
  return { protocol, host: url.hostname.replace(/^\[|\]$/g, ''), port, path, credentials };
}

/** URL drops a port that is http's default: it is there all the same when it was written. */
function portWritten(address: string, otherwise: number | null): number | null {
  return /^[^/?#]*:80(?:$|[/?#])/.test(address) ? 80 : otherwise;
}

function decoded(url: URL): string | undefined {
  if (url.username === '' && url.password === '') return '';
  try {
    return `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  } catch {
    return undefined;
  }
}
