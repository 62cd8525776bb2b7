// The header fields of a request that its CANCEL and the ACK of its failure must repeat
// (RFC 3261 9.1 and 17.1.1.3), as header values without name and line end.

export interface RequestIdentity {
  /** Request-URI. */
  readonly uri: string;
  /** Complete Route lines, each with CRLF, or empty. */
  readonly route: string;
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly cseq: number;
  /** See Transport.send: requests of one dialog keep their order. */
  readonly order: number;
}

/**
 * A request from request line to CSeq.
 * @param method the method's token
 * @param via the complete top Via value
 * @param to the To value, which an ACK takes from the response
 */
export function requestHead(
  method: string,
  identity: RequestIdentity,
  via: string,
  to: string,
  maxForwards: number,
): string {
  // Added up, not a template: each hole of one costs a call of V8's ToString.
  return (
    method +
    ' ' +
    identity.uri +
    ' SIP/2.0\r\nVia: ' +
    via +
    '\r\n' +
    identity.route +
    'Max-Forwards: ' +
    maxForwards +
    '\r\nFrom: ' +
    identity.from +
    '\r\nTo: ' +
    to +
    '\r\nCall-ID: ' +
    identity.callId +
    '\r\nCSeq: ' +
    identity.cseq +
    ' ' +
    method +
    '\r\n'
  );
}

/** Ends a message that has no body. */
export const NO_BODY = 'Content-Length: 0\r\n\r\n';
