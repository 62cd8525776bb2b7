// The messages that the user agents send, as text. No route sets: their peer is a B2BUA.
import { reasonPhrase } from '../../engine/sip/message/reason-phrases.ts';
import type { Heard } from './heard.ts';

export interface RequestLines {
  readonly method: string;
  readonly uri: string;
  readonly sentBy: string;
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  /** SDP; makes the message carry a Content-Type. */
  readonly body?: string;
}

export function requestText(lines: RequestLines): string {
  const { method, sentBy } = lines;
  return (
    `${method} ${lines.uri} SIP/2.0\r\n` +
    `Via: SIP/2.0/UDP ${sentBy};branch=${lines.branch};rport\r\n` +
    'Max-Forwards: 70\r\n' +
    `From: ${lines.from}\r\nTo: ${lines.to}\r\nCall-ID: ${lines.callId}\r\n` +
    `CSeq: ${lines.cseq} ${method}\r\n` +
    (method === 'INVITE' ? `Contact: <sip:${sentBy}>\r\n` : '') +
    bodyText(lines.body ?? '')
  );
}

/** A response to `request` (RFC 3261 8.2.6.2). @param toTag added when the request has none */
export function responseText(
  request: Heard,
  status: number,
  toTag: string,
  sentBy: string,
  body = '',
): string {
  const to = request.toTag === '' && status !== 100 ? `${request.to};tag=${toTag}` : request.to;
  return (
    `SIP/2.0 ${status} ${reasonPhrase(status)}\r\n` +
    request.vias.map((via) => `Via: ${via}\r\n`).join('') +
    `From: ${request.from}\r\nTo: ${to}\r\nCall-ID: ${request.callId}\r\n` +
    `CSeq: ${request.cseq} ${request.method}\r\n` +
    (request.method === 'INVITE' && status < 300 ? `Contact: <sip:${sentBy}>\r\n` : '') +
    bodyText(body)
  );
}

function bodyText(body: string): string {
  const type = body === '' ? '' : 'Content-Type: application/sdp\r\n';
  return `${type}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** G.711 and telephone events at one address (RFC 8866, RFC 4733). */
export function sdpText(host: string, mediaPort: number): string {
  const family = host.includes(':') ? 'IP6' : 'IP4';
  return [
    'v=0',
    `o=- ${mediaPort} 1 IN ${family} ${host}`,
    's=-',
    `c=IN ${family} ${host}`,
    't=0 0',
    `m=audio ${mediaPort} RTP/AVP 0 8 101`,
    'a=rtpmap:101 telephone-event/8000',
    'a=ptime:20',
    'a=sendrecv',
    '',
  ].join('\r\n');
}

/** Where a peer's Contact URI points; undefined when it is no address and port. */
export function contactPeer(uri: string): { host: string; port: number } | undefined {
  const match = /^sip:(?:[^@]*@)?(?:\[([^\]]+)\]|([^:;?]+))(?::(\d+))?/.exec(uri);
  const host = match?.[1] ?? match?.[2];
  return host === undefined ? undefined : { host, port: Number(match?.[3] ?? 5060) };
}
