// Outcomes of SipMessage.parse: what the caller must do with the datagram.
// Malformed requests are answered where that is possible (RFC 3261 8.2, 16.3); malformed responses,
// garbage and keep-alives never are (RFC 3261 18.1.2, RFC 5626 4.4.1).

export const ParseResult = {
  Ok: 0,
  /** Only CR LF, NUL or white space, or nothing: a keep-alive of a peer behind NAT. */
  KeepAlive: 1,
  /** A STUN message (RFC 8489 section 5). */
  Stun: 2,
  /** No SIP start line: drop. */
  NotSip: 3,
  /** A request that breaks the grammar; `error` says where. 400 when `answerable`. */
  BadRequest: 4,
  /** A response that breaks the grammar: drop. */
  BadResponse: 5,
  /** A request of another SIP version: 505 when `answerable`. */
  UnsupportedVersion: 6,
  /** Longer than MAX_MESSAGE_BYTES; nothing was parsed. */
  MessageTooLarge: 7,
  /** Request-URI longer than MAX_URI_BYTES: 414. */
  UriTooLong: 8,
  /** More header lines than MAX_HEADERS; those up to the limit were parsed. */
  TooManyHeaders: 9,
  /** A header field longer than MAX_HEADER_BYTES. */
  HeaderTooLong: 10,
  /** More Via values than MAX_VIAS. */
  TooManyVias: 11,
} as const;

export type ParseResult = (typeof ParseResult)[keyof typeof ParseResult];

/** What a request that is not well-formed is answered; 0: nothing, it is dropped. */
export function refusalStatus(result: ParseResult): number {
  switch (result) {
    case ParseResult.BadRequest:
    case ParseResult.TooManyHeaders:
    case ParseResult.HeaderTooLong:
    case ParseResult.TooManyVias:
      return 400;
    case ParseResult.UriTooLong:
      return 414;
    case ParseResult.UnsupportedVersion:
      return 505;
    default:
      return 0;
  }
}

/** What is wrong, fit for the reason phrase of a 400; empty when nothing is. */
export type ParseError =
  | ''
  | 'Bad Request-Line'
  | 'Bad Request-URI'
  | 'Bad Status-Line'
  | 'Unsupported SIP version'
  | 'Bad Header Line'
  | 'Bare CR in Header'
  | 'Header Section Not Ended'
  | 'Repeated Header'
  | 'Too Many Headers'
  | 'Header Too Long'
  | 'Request-URI Too Long'
  | 'Missing Via'
  | 'Bad Via'
  | 'Too Many Vias'
  | 'Missing From'
  | 'Bad From'
  | 'Missing To'
  | 'Bad To'
  | 'Missing Call-ID'
  | 'Bad Call-ID'
  | 'Missing CSeq'
  | 'Bad CSeq'
  | 'CSeq Method Mismatch'
  | 'Bad Max-Forwards'
  | 'Bad Content-Length'
  | 'Content-Length Too Large';
