// A received message as plain values: user agents keep what they hear, and handle few messages.
import { HeaderId } from '../../engine/sip/message/header-names.ts';
import { SipMessage } from '../../engine/sip/message/message.ts';
import { ParseResult } from '../../engine/sip/message/parse-result.ts';

export interface Heard {
  /** As in the start line; of a response, as in its CSeq. */
  readonly method: string;
  /** 0 for a request. */
  readonly status: number;
  readonly callId: string;
  readonly cseq: number;
  /** Header values as they came. */
  readonly from: string;
  readonly to: string;
  readonly vias: readonly string[];
  readonly topBranch: string;
  /** Empty when there is none. */
  readonly toTag: string;
  /** User part of the Request-URI. */
  readonly calledUser: string;
  /** URI of the first Contact; empty when there is none. */
  readonly contactUri: string;
  /** Of the first challenge; empty when there is none. */
  readonly nonce: string;
  readonly body: string;
}

const message = new SipMessage();

/** undefined: not a well-formed SIP message. */
export function hear(datagram: Buffer): Heard | undefined {
  if (message.parse(datagram, 0, datagram.length) !== ParseResult.Ok) return undefined;
  const text = (id: HeaderId): string => {
    const index = message.first(id);
    return index < 0 ? '' : message.text(index);
  };
  const vias: string[] = [];
  for (let via = message.first(HeaderId.Via); via >= 0; via = message.next(via)) {
    vias.push(message.text(via));
  }
  const { topVia, to, requestUri } = message;
  const contact = message.contact();
  return {
    method: message.methodText(),
    status: message.status,
    callId: text(HeaderId.CallId),
    cseq: message.cseq,
    from: text(HeaderId.From),
    to: text(HeaderId.To),
    vias,
    topBranch: message.slice(topVia.branchStart, topVia.branchEnd),
    toTag: message.slice(to.tagStart, to.tagEnd),
    calledUser: message.slice(requestUri.userStart, requestUri.userEnd),
    contactUri: contact === null ? '' : message.slice(contact.uriStart, contact.uriEnd),
    nonce: /nonce="([^"]*)"/.exec(text(HeaderId.WwwAuthenticate))?.[1] ?? '',
    body: message.slice(message.bodyStart, message.bodyEnd),
  };
}
