// The header fields that every response copies from its request (RFC 3261 8.2.6.2), kept as text:
// Via with received and rport (18.2.1, RFC 3581 4), From, To, Call-ID, CSeq and Record-Route
// (12.1.1).
import type { Endpoint } from '../../base/endpoint.ts';
import { HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';
import { reasonPhrase } from '../message/reason-phrases.ts';

export class ResponseHead {
  /** Via lines, each with CRLF. */
  readonly vias: string;
  /** Record-Route lines, each with CRLF, or empty. */
  readonly recordRoute: string;
  readonly from: string;
  /** The To value as received. */
  readonly to: string;
  /** True when the request was within a dialog: its To has a tag already. */
  readonly toTagged: boolean;
  readonly callId: string;
  readonly cseq: string;

  constructor(request: SipMessage, source: Endpoint) {
    this.vias = viaLines(request, source);
    this.recordRoute = headerLines(request, HeaderId.RecordRoute, 'Record-Route');
    this.from = request.text(request.first(HeaderId.From));
    this.to = request.text(request.first(HeaderId.To));
    this.toTagged = request.to.tagStart >= 0;
    this.callId = request.slice(request.callIdStart, request.callIdEnd);
    this.cseq = `${request.cseq} ${request.methodText()}`;
  }

  /**
   * A response up to and including its CSeq line.
   * @param tag added to To unless the request was within a dialog; empty in a 100
   */
  text(status: number, reason: string, tag: string): string {
    const to = tag === '' || this.toTagged ? this.to : `${this.to};tag=${tag}`;
    const recordRoute = status > 100 && status < 300 ? this.recordRoute : '';
    return (
      `SIP/2.0 ${status} ${reason === '' ? reasonPhrase(status) : reason}\r\n` +
      `${this.vias}${recordRoute}From: ${this.from}\r\nTo: ${to}\r\n` +
      `Call-ID: ${this.callId}\r\nCSeq: ${this.cseq}\r\n`
    );
  }
}

/** All headers of one kind as lines `Name: value CRLF`. */
function headerLines(message: SipMessage, id: HeaderId, name: string): string {
  let lines = '';
  for (let i = message.first(id); i >= 0; i = message.next(i)) {
    lines += `${name}: ${message.text(i)}\r\n`;
  }
  return lines;
}

const RPORT = /;[ \t]*rport[ \t]*(?:=[ \t]*\d*)?(?=[ \t]*(?:;|$))/i;
const RECEIVED = /;[ \t]*received[ \t]*=[ \t]*[^;, \t]*/i;

/** The request's Via lines; the top one with `received`, and `rport` filled in where asked for. */
function viaLines(request: SipMessage, source: Endpoint): string {
  const first = request.first(HeaderId.Via);
  if (first < 0) return '';
  const via = request.topVia;
  let lines = '';
  for (let i = request.next(first); i >= 0; i = request.next(i)) {
    lines += `Via: ${request.text(i)}\r\n`;
  }
  // Malformed: it goes back as it came.
  if (via.paramsEnd < 0) return `Via: ${request.text(first)}\r\n${lines}`;
  let top = unfolded(request.slice(via.start, via.paramsEnd));
  if (via.rport >= 0) top = top.replace(RPORT, `;rport=${source.port}`);
  const host = request.slice(via.hostStart, via.hostEnd);
  if (via.receivedStart >= 0) {
    // A `received` that the sender wrote itself says nothing; ours replaces it.
    top = top.replace(RECEIVED, '');
  }
  if (via.rport >= 0 || host !== source.ip) {
    top += `;received=${source.ip}`;
  }
  const further = unfolded(request.slice(via.paramsEnd, request.valueEnd(first)));
  return `Via: ${top}${further}\r\n${lines}`;
}

/** Line breaks of folds become white space, which may stand there as well. */
function unfolded(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n/g, ' ') : text;
}
