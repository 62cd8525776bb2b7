// SIP messages of the simulated user agents, read and written as text: a second, independent view
// of the wire that shares no code with the engine's parser.

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

export class TextMessage {
  readonly text: string;
  /** Empty in a response. */
  readonly method: string;
  readonly uri: string;
  /** 0 in a request. */
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: string;
  readonly callId: string;
  readonly cseq: number;
  readonly cseqMethod: string;
  readonly branch: string;
  readonly fromTag: string;
  readonly toTag: string;

  constructor(text: string) {
    this.text = text;
    const split = text.indexOf('\r\n\r\n');
    const lines = text.slice(0, split).split('\r\n');
    this.body = text.slice(split + 4);
    const [first, second] = lines[0]!.split(' ');
    const isResponse = first === 'SIP/2.0';
    this.method = isResponse ? '' : first!;
    this.uri = isResponse ? '' : (second ?? '');
    this.status = isResponse ? Number(second) : 0;
    this.headers = lines.slice(1).map((line) => {
      const colon = line.indexOf(':');
      return { name: line.slice(0, colon).toLowerCase(), value: line.slice(colon + 1).trim() };
    });
    this.callId = this.header('call-id');
    const [cseq, cseqMethod] = this.header('cseq').split(' ');
    this.cseq = Number(cseq);
    this.cseqMethod = cseqMethod ?? '';
    this.branch = /;branch=([^;,\s]+)/.exec(this.header('via'))?.[1] ?? '';
    this.fromTag = tagOf(this.header('from'));
    this.toTag = tagOf(this.header('to'));
  }

  /** Start line and headers, without the body. */
  get head(): string {
    return this.text.slice(0, this.text.indexOf('\r\n\r\n'));
  }

  /** Number in the user part of the Request-URI. */
  get number(): string {
    return /^sip:([^@;]*)@/.exec(this.uri)?.[1] ?? '';
  }

  /** The first value; empty when absent. @param name in lower case */
  header(name: string): string {
    return this.headers.find((line) => line.name === name)?.value ?? '';
  }

  all(name: string): string[] {
    return this.headers.filter((line) => line.name === name).map((line) => line.value);
  }

  /** URI of the first Contact. */
  get contact(): string {
    return /<([^>]*)>/.exec(this.header('contact'))?.[1] ?? '';
  }

  /** `INVITE` or `180 INVITE`, for ladders. */
  get summary(): string {
    const what = this.status === 0 ? this.method : `${this.status} ${this.cseqMethod}`;
    return `${what} cseq=${this.cseq}${this.body === '' ? '' : ' +sdp'}`;
  }
}

function tagOf(address: string): string {
  return /;tag=([^;\s]+)/.exec(address)?.[1] ?? '';
}

export interface RequestParts {
  readonly method: string;
  readonly uri: string;
  readonly sentBy: string;
  /** Of the Via; UDP when not given. */
  readonly transport?: string;
  readonly branch: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  readonly maxForwards?: number;
  /** Further lines, each with CRLF. */
  readonly extra?: string;
  readonly body?: string;
}

export function requestText(parts: RequestParts): string {
  const transport = (parts.transport ?? 'udp').toUpperCase();
  return (
    `${parts.method} ${parts.uri} SIP/2.0\r\n` +
    `Via: SIP/2.0/${transport} ${parts.sentBy};rport;branch=${parts.branch}\r\n` +
    `Max-Forwards: ${parts.maxForwards ?? 70}\r\n` +
    `From: ${parts.from}\r\nTo: ${parts.to}\r\nCall-ID: ${parts.callId}\r\n` +
    `CSeq: ${parts.cseq} ${parts.method}\r\n${parts.extra ?? ''}${ending(parts.body ?? '')}`
  );
}

/**
 * A response to `request` (RFC 3261 8.2.6).
 * @param tag of To, added unless the request has one; empty: none
 */
export function responseText(
  request: TextMessage,
  status: number,
  tag: string,
  extra = '',
  body = '',
): string {
  const vias = request.all('via').map((via) => `Via: ${via}\r\n`);
  const to = request.header('to');
  return (
    `SIP/2.0 ${status} Simulated\r\n${vias.join('')}From: ${request.header('from')}\r\n` +
    `To: ${tag === '' || request.toTag !== '' ? to : `${to};tag=${tag}`}\r\n` +
    `Call-ID: ${request.callId}\r\nCSeq: ${request.header('cseq')}\r\n${extra}${ending(body)}`
  );
}

function ending(body: string): string {
  const type = body === '' ? '' : 'Content-Type: application/sdp\r\n';
  return `${type}Content-Length: ${body.length}\r\n\r\n${body}`;
}

/** A session description; the switch passes bodies as they are, so its address is nobody's. */
export function sdpText(version: number): string {
  return (
    `v=0\r\no=- 1 ${version} IN IP4 192.0.2.200\r\ns=-\r\nc=IN IP4 192.0.2.200\r\nt=0 0\r\n` +
    'm=audio 4000 RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n'
  );
}
