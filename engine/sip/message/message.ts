// A received SIP message: offsets into the datagram, in one instance that each shard reuses.
// Transport hands datagrams in, transactions and call control read; a parse allocates nothing, and
// nothing read from here may be kept past the next parse except strings.
// parse() checks what every element must check (RFC 3261 8.2, 16.3): start line, header lines, and
// the headers without which no answer can be made; all else is read on demand.
import * as bytes from './bytes.ts';
import { CSeq } from './cseq.ts';
import { isKeepAlive, isStun, skipEmptyLines } from './datagram-kind.ts';
import { HeaderTable } from './header-table.ts';
import { HeaderId } from './header-names.ts';
import { Method, methodAt, methodName } from './methods.ts';
import { NameAddr } from './name-addr.ts';
import { ParseResult, type ParseError } from './parse-result.ts';
import { StartLine } from './start-line.ts';
import type { Uri } from './uri.ts';
import { Via } from './via.ts';
import { countValues } from './comma-list.ts';
import { latin1Slice } from '../../base/latin1.ts';
import { MAX_MESSAGE_BYTES, MAX_VIAS } from '../../base/limits.ts';

// Constants of this module, for speed: see bytes.ts.
const VIA_ID = HeaderId.Via;
const FROM_ID = HeaderId.From;
const TO_ID = HeaderId.To;
const CALL_ID = HeaderId.CallId;
const CSEQ_ID = HeaderId.CSeq;
const CONTACT_ID = HeaderId.Contact;
const MAX_FORWARDS_ID = HeaderId.MaxForwards;
const CONTENT_LENGTH_ID = HeaderId.ContentLength;
const { LWS } = bytes;
const { equalBytes, findSet, parseDecimal, skipLws } = bytes;

const NO_BYTES = Buffer.alloc(0);
const MAX_FORWARDS = 255;

export class SipMessage {
  /** The received bytes; every offset of this class points into them. */
  buf: Buffer = NO_BYTES;
  start = 0;
  end = 0;
  /** The code of the request's method; of a response, of its CSeq method. */
  method: Method = Method.Unknown;
  /** After Content-Length has been applied; equal when there is no body. */
  bodyStart = 0;
  bodyEnd = 0;
  error: ParseError = '';
  /** -1 when the header is absent or malformed. */
  callIdStart = -1;
  callIdEnd = -1;
  maxForwards = -1;
  contentLength = -1;
  readonly topVia: Via = new Via();
  readonly from: NameAddr = new NameAddr();
  readonly to: NameAddr = new NameAddr();
  readonly #line = new StartLine();
  readonly #headers = new HeaderTable();
  readonly #cseq = new CSeq();
  readonly #contact = new NameAddr();
  #contactState: 'unread' | 'good' | 'none' = 'unread';

  get isRequest(): boolean {
    return this.#line.isRequest;
  }

  /** 100..699 of a response; 0 of a request. */
  get status(): number {
    return this.#line.status;
  }

  /** The Request-URI as a view; cleared when it is malformed and in responses. */
  get requestUri(): Uri {
    return this.#line.uri;
  }

  get uriStart(): number {
    return this.#line.uri.start;
  }

  get uriEnd(): number {
    return this.#line.uri.end;
  }

  get reasonStart(): number {
    return this.#line.reasonStart;
  }

  get reasonEnd(): number {
    return this.#line.reasonEnd;
  }

  get headerCount(): number {
    return this.#headers.count;
  }

  /** 0..2^31-1; -1 when the header is absent or malformed. */
  get cseq(): number {
    return this.#cseq.number;
  }

  /**
   * Whether an answer can be made: a request whose top Via names a host, and which has From, To,
   * Call-ID and CSeq. They may be malformed otherwise: an answer carries them as they came.
   */
  get answerable(): boolean {
    return (
      this.isRequest &&
      this.topVia.hostEnd > this.topVia.hostStart &&
      this.first(FROM_ID) >= 0 &&
      this.first(TO_ID) >= 0 &&
      this.callIdStart >= 0 &&
      this.first(CSEQ_ID) >= 0
    );
  }

  /** Reads the datagram `buf[start..end)`. What was read before an error stays readable. */
  parse(buf: Buffer, start: number, end: number): ParseResult {
    this.#reset(buf, start, end);
    if (end - start > MAX_MESSAGE_BYTES) return ParseResult.MessageTooLarge;
    const pos = skipEmptyLines(buf, start, end);
    if (pos >= end || buf[pos]! <= 0x20) {
      if (isKeepAlive(buf, pos, end)) return ParseResult.KeepAlive;
      return isStun(buf, start, end) ? ParseResult.Stun : ParseResult.NotSip;
    }
    let result = this.#line.parse(buf, pos, end);
    this.error = this.#line.error;
    if (result === ParseResult.NotSip || result === ParseResult.BadResponse) return result;
    this.bodyStart = this.#headers.scan(buf, this.#line.next, end);
    this.bodyEnd = end;
    if (this.error === '') this.error = this.#headers.error;
    this.#readMandatory();
    this.#readLengths();
    if (this.error === '' || result !== ParseResult.Ok) return result;
    result = resultOf(this.error);
    if (result === ParseResult.BadRequest && !this.isRequest) return ParseResult.BadResponse;
    return result;
  }

  /** Index of the first header with that id, -1 when there is none. `Other`: the unknown ones. */
  first(id: HeaderId): number {
    return this.#headers.first(id);
  }

  /** Index of the next header with the same id as the header at `index`, -1 after the last. */
  next(index: number): number {
    return this.#headers.next(index);
  }

  headerId(index: number): HeaderId {
    return this.#headers.id(index);
  }

  nameStart(index: number): number {
    return this.#headers.nameStart(index);
  }

  nameEnd(index: number): number {
    return this.#headers.nameEnd(index);
  }

  /** The value without white space around it; folds still stand inside. */
  valueStart(index: number): number {
    return this.#headers.valueStart(index);
  }

  valueEnd(index: number): number {
    return this.#headers.valueEnd(index);
  }

  /** Whether the field is one line that ends in CR LF: its value then holds no fold. */
  isPlain(index: number): boolean {
    return this.#headers.isPlain(index);
  }

  /** The header's value as latin1 text, each fold replaced by one space (RFC 3261 7.3.1). */
  text(index: number): string {
    const raw = this.slice(this.valueStart(index), this.valueEnd(index));
    // White space in front of a fold stays: looking for it costs the square of its length.
    return this.#headers.isPlain(index) ? raw : raw.replace(/\r?\n[ \t]+/g, ' ');
  }

  /** The bytes as latin1 text; empty for an absent range (-1). */
  slice(start: number, end: number): string {
    return start < 0 ? '' : latin1Slice(this.buf, start, end);
  }

  /** The method's bytes as text, known or not; of a response, its CSeq's method. */
  methodText(): string {
    if (this.method !== Method.Unknown) return methodName(this.method);
    return this.isRequest
      ? this.slice(this.#line.methodStart, this.#line.methodEnd)
      : this.slice(this.#cseq.methodStart, this.#cseq.methodEnd);
  }

  /** The first Contact (it may be `isStar`); null when there is none or it is malformed. */
  contact(): NameAddr | null {
    if (this.#contactState === 'unread') {
      const index = this.first(CONTACT_ID);
      const good =
        index >= 0 &&
        this.#contact.parse(this.buf, this.valueStart(index), this.valueEnd(index)) >= 0;
      this.#contactState = good ? 'good' : 'none';
    }
    return this.#contactState === 'good' ? this.#contact : null;
  }

  #reset(buf: Buffer, start: number, end: number): void {
    this.buf = buf;
    this.start = start;
    this.end = end;
    this.method = Method.Unknown;
    this.bodyStart = end;
    this.bodyEnd = end;
    this.error = '';
    this.callIdStart = -1;
    this.callIdEnd = -1;
    this.maxForwards = -1;
    this.contentLength = -1;
    this.topVia.clear();
    this.from.clear();
    this.to.clear();
    this.#line.clear();
    this.#headers.clear();
    this.#cseq.clear();
    this.#contactState = 'unread';
  }

  /** Reads all of Via, From, To, Call-ID and CSeq and keeps the first error: a 400 needs them. */
  #readMandatory(): void {
    this.#readVias();
    const from = this.first(FROM_ID);
    if (from < 0) this.#fail('Missing From');
    else if (!this.#readAddress(this.from, from)) this.#fail('Bad From');
    const to = this.first(TO_ID);
    if (to < 0) this.#fail('Missing To');
    else if (!this.#readAddress(this.to, to)) this.#fail('Bad To');
    this.#readCallId();
    this.#readCSeq();
  }

  #readVias(): void {
    let index = this.first(VIA_ID);
    if (index < 0) {
      this.#fail('Missing Via');
      return;
    }
    const { buf } = this;
    const valueEnd = this.valueEnd(index);
    const after = this.topVia.parse(buf, this.valueStart(index), valueEnd);
    if (after < 0) {
      this.#fail('Bad Via');
      return;
    }
    let count = after === valueEnd ? 1 : 1 + countValues(buf, after + 1, valueEnd);
    for (index = this.next(index); index >= 0; index = this.next(index)) {
      count += countValues(buf, this.valueStart(index), this.valueEnd(index));
    }
    if (count > MAX_VIAS) this.#fail('Too Many Vias');
  }

  #readAddress(view: NameAddr, index: number): boolean {
    const valueEnd = this.valueEnd(index);
    if (view.parse(this.buf, this.valueStart(index), valueEnd) === valueEnd && !view.isStar) {
      return true;
    }
    view.clear();
    return false;
  }

  #readCallId(): void {
    const index = this.first(CALL_ID);
    if (index < 0) {
      this.#fail('Missing Call-ID');
      return;
    }
    const valueStart = this.valueStart(index);
    const valueEnd = this.valueEnd(index);
    if (valueStart === valueEnd) {
      this.#fail('Bad Call-ID');
      return;
    }
    this.callIdStart = valueStart;
    this.callIdEnd = valueEnd;
    if (findSet(this.buf, valueStart, valueEnd, LWS) < valueEnd) this.#fail('Bad Call-ID');
  }

  #readCSeq(): void {
    const { buf } = this;
    const line = this.#line;
    const cseq = this.#cseq;
    if (line.isRequest) this.method = methodAt(buf, line.methodStart, line.methodEnd);
    const index = this.first(CSEQ_ID);
    if (index < 0) {
      this.#fail('Missing CSeq');
      return;
    }
    if (!cseq.parse(buf, this.valueStart(index), this.valueEnd(index))) {
      this.#fail('Bad CSeq');
      return;
    }
    const { methodStart, methodEnd } = cseq;
    if (!line.isRequest) this.method = methodAt(buf, methodStart, methodEnd);
    else if (!equalBytes(buf, methodStart, methodEnd, buf, line.methodStart, line.methodEnd)) {
      this.#fail('CSeq Method Mismatch');
    }
  }

  /** Max-Forwards, and Content-Length against what the datagram holds (RFC 3261 18.3). */
  #readLengths(): void {
    const hops = this.first(MAX_FORWARDS_ID);
    if (hops >= 0) {
      const { buf } = this;
      this.maxForwards = parseDecimal(
        buf,
        this.valueStart(hops),
        this.valueEnd(hops),
        MAX_FORWARDS,
      );
      if (this.maxForwards < 0) this.#fail('Bad Max-Forwards');
    }
    const length = this.first(CONTENT_LENGTH_ID);
    if (length < 0) return;
    const from = skipLws(this.buf, this.valueStart(length), this.valueEnd(length));
    this.contentLength = parseDecimal(this.buf, from, this.valueEnd(length), 0x7fffffff);
    if (this.contentLength < 0) this.#fail('Bad Content-Length');
    else if (this.contentLength > this.end - this.bodyStart) this.#fail('Content-Length Too Large');
    else this.bodyEnd = this.bodyStart + this.contentLength;
  }

  #fail(error: ParseError): void {
    if (this.error === '') this.error = error;
  }
}

function resultOf(error: ParseError): ParseResult {
  switch (error) {
    case 'Too Many Headers':
      return ParseResult.TooManyHeaders;
    case 'Header Too Long':
      return ParseResult.HeaderTooLong;
    case 'Too Many Vias':
      return ParseResult.TooManyVias;
    default:
      return ParseResult.BadRequest;
  }
}
