// The header fields that every response copies from its request (RFC 3261 8.2.6.2), kept as text:
// Via with received and rport (18.2.1, RFC 3581 4), From, To, Call-ID, CSeq and Record-Route
// (12.1.1). Lines that stand next to each other in the request are taken in one piece.
import type { Endpoint } from '../../base/endpoint.ts';
import { latin1Equals } from '../../base/latin1.ts';
import { CR } from '../message/bytes.ts';
import { HEADER_ID_COUNT, HeaderId } from '../message/header-names.ts';
import type { SipMessage } from '../message/message.ts';
import { statusLine } from '../message/reason-phrases.ts';

const { CallId, CSeq, From, RecordRoute, To, Via } = HeaderId;

/** Fields copied as they are, by id: the length of their full name; 0 for all others. */
const COPIED = new Uint8Array(HEADER_ID_COUNT);
COPIED[From] = 'From'.length;
COPIED[To] = 'To'.length;
COPIED[CallId] = 'Call-ID'.length;
COPIED[CSeq] = 'CSeq'.length;
const FULL_NAMES: Readonly<Record<number, string>> = {
  [From]: 'From: ',
  [To]: 'To: ',
  [CallId]: 'Call-ID: ',
  [CSeq]: 'CSeq: ',
};

export class ResponseHead {
  /** Via lines, each with CRLF. */
  readonly vias: string;
  /** Record-Route lines, each with CRLF, or empty. */
  readonly #recordRoute: string;
  /** From, To, Call-ID and CSeq in the order of the request: up to the end of the To value, ... */
  #upToTo = '';
  /** ... and from there to the end of the last line. */
  #afterTo = '';
  /** True when the request was within a dialog: its To has a tag already. */
  readonly #toTagged: boolean;

  constructor(request: SipMessage, source: Endpoint) {
    this.vias = viaLines(request, source);
    this.#recordRoute = recordRouteLines(request);
    this.#toTagged = request.to.tagStart >= 0;
    this.#copyLines(request);
  }

  /**
   * A response up to and including its CSeq line.
   * @param tag added to To unless the request was within a dialog; empty in a 100
   */
  text(status: number, reason: string, tag: string): string {
    let text = statusLine(status, reason) + this.vias;
    if (status > 100 && status < 300) text += this.#recordRoute;
    text += this.#upToTo;
    if (tag !== '' && !this.#toTagged) text += ';tag=' + tag;
    return text + this.#afterTo;
  }

  #copyLines(request: SipMessage): void {
    let text = '';
    /** Bytes of the request that are still to be taken. */
    let from = 0;
    let to = 0;
    for (let i = 0; i < request.headerCount; i++) {
      const id = request.headerId(i);
      // Of a field that may stand once only, the first one counts.
      if (COPIED[id] === 0 || request.first(id) !== i) continue;
      const usual = isUsual(request, i, COPIED[id]!);
      if (!usual || request.nameStart(i) !== to) {
        text += piece(request, from, to);
        from = request.nameStart(i);
      }
      to = request.valueEnd(i);
      if (!usual) {
        text += FULL_NAMES[id]! + request.text(i);
        from = to;
      }
      if (id === To) {
        this.#upToTo = text + piece(request, from, to);
        text = '';
        from = to;
      }
      if (usual) {
        to += 2;
      } else {
        text += '\r\n';
      }
    }
    this.#afterTo = text + piece(request, from, to);
  }
}

/** Whether a line can be copied with the name, the value and the CRLF that it came with. */
function isUsual(request: SipMessage, i: number, nameLength: number): boolean {
  if (request.nameEnd(i) - request.nameStart(i) !== nameLength) return false;
  return request.isPlain(i) && request.buf[request.valueEnd(i)] === CR;
}

function piece(request: SipMessage, from: number, to: number): string {
  return from === to ? '' : request.slice(from, to);
}

/** The Record-Route lines, each `Record-Route: value CRLF`. */
function recordRouteLines(message: SipMessage): string {
  let lines = '';
  for (let i = message.first(RecordRoute); i >= 0; i = message.next(i)) {
    lines += 'Record-Route: ' + message.text(i) + '\r\n';
  }
  return lines;
}

const RPORT = /;[ \t]*rport[ \t]*(?:=[ \t]*\d*)?(?=[ \t]*(?:;|$))/i;
const RECEIVED = /;[ \t]*received[ \t]*=[ \t]*[^;, \t]*/i;

/** The request's Via lines; the top one with `received`, and `rport` filled in where asked for. */
function viaLines(request: SipMessage, source: Endpoint): string {
  const first = request.first(Via);
  if (first < 0) return '';
  const via = request.topVia;
  let lines = '';
  for (let i = request.next(first); i >= 0; i = request.next(i)) {
    lines += 'Via: ' + request.text(i) + '\r\n';
  }
  const hasOwnReceived = via.receivedStart >= 0;
  const needsReceived =
    via.rport >= 0 || !latin1Equals(request.buf, via.hostStart, via.hostEnd, source.ip);
  // Malformed: it goes back as it came; and so does one that says the truth already.
  if (via.paramsEnd < 0 || (!hasOwnReceived && !needsReceived)) {
    return 'Via: ' + request.text(first) + '\r\n' + lines;
  }
  let top = unfolded(request.slice(via.start, via.paramsEnd));
  if (via.rport >= 0) top = top.replace(RPORT, `;rport=${source.port}`);
  // A `received` that the sender wrote itself says nothing; ours replaces it.
  if (hasOwnReceived) top = top.replace(RECEIVED, '');
  if (needsReceived) top += `;received=${source.ip}`;
  const further = unfolded(request.slice(via.paramsEnd, request.valueEnd(first)));
  return 'Via: ' + top + further + '\r\n' + lines;
}

/** Line breaks of folds become white space, which may stand there as well. */
function unfolded(text: string): string {
  return text.includes('\n') ? text.replace(/\r?\n/g, ' ') : text;
}
