// The first line of a message: request line or status line, as offsets.
// RFC 3261 7.1: Method SP Request-URI SP SIP-Version CRLF;
//   7.2: SIP-Version SP Status-Code SP Reason CRLF
// A line without a method token or without a SIP version is no SIP at all and gets no answer;
// anything else wrong with a request line is answered.
import * as bytes from './bytes.ts';
import { ParseResult, type ParseError } from './parse-result.ts';
import { Uri } from './uri.ts';
import { MAX_URI_BYTES } from '../../base/limits.ts';

// Constants of this module: see bytes.ts.
const { CR, HTAB, LF, SLASH, SP } = bytes;
const { equalsFolded, findByte, isDigit, parseDecimal, skipToken, startsWith, word } = bytes;

const SIP = word('sip');
const SIP_2_0 = word('sip/2.0');
const USUAL_VERSION = word(' SIP/2.0');
const SIP_ = word('sip/');

const VERSION_BYTES = 7; // SIP/2.0

/** Reusable view of a start line. */
export class StartLine {
  isRequest = false;
  methodStart = -1;
  methodEnd = -1;
  readonly uri: Uri = new Uri();
  /** 100..699 of a response, 0 of a request. */
  status = 0;
  reasonStart = -1;
  reasonEnd = -1;
  error: ParseError = '';
  /** The position after the line. */
  next = -1;

  clear(): void {
    this.isRequest = false;
    this.methodStart = -1;
    this.methodEnd = -1;
    this.uri.clear();
    this.status = 0;
    this.reasonStart = -1;
    this.reasonEnd = -1;
    this.error = '';
    this.next = -1;
  }

  /** Reads the line that starts at `pos`. `next` is set unless the result is NotSip. */
  parse(buf: Buffer, pos: number, end: number): ParseResult {
    this.clear();
    let lineEnd = findByte(buf, pos, end, LF);
    if (lineEnd === end) return ParseResult.NotSip;
    this.next = lineEnd + 1;
    if (lineEnd > pos && buf[lineEnd - 1] === CR) lineEnd--;
    const tokenEnd = skipToken(buf, pos, lineEnd);
    if (tokenEnd === pos || tokenEnd === lineEnd) return ParseResult.NotSip;
    if (buf[tokenEnd] === SLASH) return this.#statusLine(buf, pos, tokenEnd, lineEnd);
    return this.#requestLine(buf, pos, tokenEnd, lineEnd);
  }

  #statusLine(buf: Buffer, start: number, tokenEnd: number, end: number): ParseResult {
    if (!equalsFolded(buf, start, tokenEnd, SIP)) return ParseResult.NotSip;
    const codeStart = start + VERSION_BYTES + 1;
    const codeEnd = codeStart + 3;
    this.error = 'Bad Status-Line';
    if (codeEnd > end || !equalsFolded(buf, start, codeStart - 1, SIP_2_0)) {
      return ParseResult.BadResponse;
    }
    const status = parseDecimal(buf, codeStart, codeEnd, 699);
    if (buf[codeStart - 1] !== SP || status < 100) return ParseResult.BadResponse;
    // The space before an empty reason phrase is often left out.
    if (codeEnd < end && buf[codeEnd] !== SP) return ParseResult.BadResponse;
    this.error = '';
    this.status = status;
    this.reasonStart = Math.min(codeEnd + 1, end);
    this.reasonEnd = end;
    return ParseResult.Ok;
  }

  #requestLine(buf: Buffer, start: number, methodEnd: number, end: number): ParseResult {
    let versionEnd = end;
    let versionStart = end - VERSION_BYTES;
    const isUsual =
      versionStart > methodEnd + 1 && startsWith(buf, versionStart - 1, end, USUAL_VERSION);
    if (!isUsual) {
      while (versionEnd > methodEnd && isBlank(buf[versionEnd - 1]!)) versionEnd--;
      versionStart = versionEnd;
      while (versionStart > methodEnd && !isBlank(buf[versionStart - 1]!)) versionStart--;
      if (!isVersion(buf, versionStart, versionEnd)) return ParseResult.NotSip;
    }
    if (!isBlank(buf[methodEnd]!)) return ParseResult.NotSip;
    this.isRequest = true;
    this.methodStart = start;
    this.methodEnd = methodEnd;
    if (!isUsual && !equalsFolded(buf, versionStart, versionEnd, SIP_2_0)) {
      this.error = 'Unsupported SIP version';
      return ParseResult.UnsupportedVersion;
    }
    const uriStart = methodEnd + 1;
    const uriEnd = versionStart - 1;
    if (uriEnd <= uriStart || versionEnd !== end || buf[methodEnd] !== SP || buf[uriEnd] !== SP) {
      this.error = 'Bad Request-Line';
      return ParseResult.BadRequest;
    }
    if (uriEnd - uriStart > MAX_URI_BYTES) {
      this.error = 'Request-URI Too Long';
      return ParseResult.UriTooLong;
    }
    if (this.uri.parse(buf, uriStart, uriEnd)) return ParseResult.Ok;
    this.error = 'Bad Request-URI';
    return ParseResult.BadRequest;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT, any version. */
function isVersion(buf: Buffer, start: number, end: number): boolean {
  if (!equalsFolded(buf, start, Math.min(start + 4, end), SIP_)) return false;
  let pos = start + 4;
  while (pos < end && isDigit(buf[pos]!)) pos++;
  if (pos === start + 4 || pos >= end || buf[pos] !== 0x2e) return false;
  const minor = ++pos;
  while (pos < end && isDigit(buf[pos]!)) pos++;
  return pos === end && pos > minor;
}
