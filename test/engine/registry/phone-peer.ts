// A phone as tests play it: registers, answers challenges with the client's own digest code, calls
// and is called. Its Contact is a private address, so that it stands behind a NAT, unless told.
import type { TransportName } from '../../../engine/base/gateway-words.ts';
import { digestCredentials } from '../../../engine/sip/auth/digest.ts';
import { type Flow, Peer } from '../call/flow.ts';
import { EDGE } from '../../sim/edge.ts';
import { requestText, sdpText, type TextMessage } from '../../sim/text-message.ts';

export const PHONE_NUMBER = '8801712345678';

export interface PhoneRequest {
  readonly user?: string;
  readonly password?: string;
  readonly algorithm?: 'MD5' | 'SHA-256' | 'SHA-512-256';
  readonly contact?: string;
  readonly expires?: string;
  readonly extra?: string;
  readonly callId?: string;
  readonly cseq?: number;
  readonly sentBy?: string;
}

let unique = 0;

export class PhonePeer extends Peer {
  readonly callId = `phone-${++unique}`;
  cseq = 0;

  constructor(flow: Flow, port = 40_000, ip = '203.0.113.77', transport: TransportName = 'udp') {
    super(flow, { family: 4, ip, port }, transport);
  }

  /** Sends a REGISTER and takes its answer. @param authorization a header line with CRLF */
  ask(options: PhoneRequest = {}, authorization = ''): TextMessage {
    const { user = PHONE_NUMBER, contact = this.contact, extra = '' } = options;
    const expires = options.expires === undefined ? '' : `Expires: ${options.expires}\r\n`;
    const bind = contact === '' ? '' : `Contact: ${contact}\r\n`;
    this.send(
      requestText({
        method: 'REGISTER',
        uri: `sip:${EDGE.ip}`,
        transport: this.transport,
        sentBy: options.sentBy ?? '192.168.1.20:5060',
        branch: `z9hG4bKp${++unique}`,
        from: `<sip:${user}@${EDGE.ip}>;tag=p${unique}`,
        to: `<sip:${user}@${EDGE.ip}>`,
        callId: options.callId ?? this.callId,
        cseq: options.cseq ?? ++this.cseq,
        extra: bind + expires + extra + authorization,
      }),
    );
    return this.answerTo('REGISTER');
  }

  /** Registers: answers the first challenge. */
  register(options: PhoneRequest = {}): TextMessage {
    const challenge = this.ask(options);
    if (challenge.status !== 401 && challenge.status !== 407) return challenge;
    return this.ask(options, authorization(challenge, 'REGISTER', options));
  }

  /** An INVITE with credentials where it is asked for them. */
  call(number: string, options: PhoneRequest = {}): TextMessage {
    const invite = (line: string): TextMessage =>
      this.send(
        requestText({
          method: 'INVITE',
          uri: `sip:${number}@${EDGE.ip}`,
          sentBy: '192.168.1.20:5060',
          branch: `z9hG4bKc${++unique}`,
          from: `<sip:${options.user ?? PHONE_NUMBER}@${EDGE.ip}>;tag=c${this.callId}`,
          to: `<sip:${number}@${EDGE.ip}>`,
          callId: `call-${this.callId}`,
          cseq: ++this.cseq,
          extra: `Contact: ${this.contact}\r\n${line}`,
          body: sdpText(1),
        }),
      );
    const first = invite('');
    const challenge = this.inbox.find(({ status }) => status === 401 || status === 407);
    if (challenge === undefined) return first;
    this.inbox = [];
    return invite(authorization(challenge, 'INVITE', options));
  }

  /** The answer to the last request; throws when none has come. */
  answerTo(method: string): TextMessage {
    const answer = this.inbox.find(({ cseqMethod, status }) => status > 0 && cseqMethod === method);
    if (answer === undefined) throw new Error(`no answer to ${method}`);
    this.inbox = [];
    return answer;
  }

  get contact(): string {
    return `<sip:${PHONE_NUMBER}@192.168.1.20:5060>`;
  }
}

/** The line that answers a challenge, by default its strongest. */
export function authorization(
  challenge: TextMessage,
  method: string,
  options: PhoneRequest = {},
  nonceCount = 1,
): string {
  const proxy = challenge.status === 407;
  const asked = challenge.all(proxy ? 'proxy-authenticate' : 'www-authenticate');
  const line = asked.find((one) => one.includes(`algorithm=${options.algorithm ?? ''}`)) ?? '';
  const value = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(line)?.[1] ?? '';
  const credentials = digestCredentials(
    {
      realm: value('realm'),
      nonce: value('nonce'),
      algorithm: value('algorithm'),
      qop: value('qop'),
      opaque: null,
      stale: false,
    },
    {
      method,
      uri: `sip:${EDGE.ip}`,
      username: options.user ?? PHONE_NUMBER,
      password: options.password ?? 'secret',
      cnonce: 'abc',
      nonceCount,
    },
  );
  return `${proxy ? 'Proxy-' : ''}Authorization: ${credentials}\r\n`;
}
