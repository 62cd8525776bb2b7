// SIP, SIPS and tel URIs as offsets: the Request-URI of each request, and any other URI on demand.
// RFC 3261 25.1: sip:[user[:password]@]host[:port]*(;param)[?headers];
// RFC 3966: tel:number*(;param)
// The user part may hold ; and ? of its own, so the @ is looked for first. Any other scheme
// (RFC 3261 absoluteURI) is checked for its bytes only.
import * as bytes from './bytes.ts';
import { latin1Slice } from '../../base/latin1.ts';

// Constants of this module: see bytes.ts.
const { AT, COLON, DQUOTE, EQUAL, HOST_BYTE, IPV6_BYTE, LAQUOT, LBRACKET } = bytes;
const { PERCENT, QUESTION, RAQUOT, RBRACKET, SEMI, SP } = bytes;
const { equalsFolded, findByte, hexValue, isDigit, parseDecimal, skipSet, word } = bytes;

const SIP = word('sip');
const SIPS = word('sips');
const TEL = word('tel');

/** Schemes the switch acts on; `Other` is answered 416 where it must be routed. */
export const UriScheme = { Other: 0, Sip: 1, Sips: 2, Tel: 3 } as const;

export type UriScheme = (typeof UriScheme)[keyof typeof UriScheme];

/** Reusable view of one URI; offsets point into the parsed bytes, -1 is absent. */
export class Uri {
  scheme: UriScheme = UriScheme.Other;
  start = -1;
  end = -1;
  /** User of a SIP URI or number of a tel URI, escapes still inside. */
  userStart = -1;
  userEnd = -1;
  passwordStart = -1;
  passwordEnd = -1;
  /** Host without the brackets of an IPv6 reference. */
  hostStart = -1;
  hostEnd = -1;
  hostIsIpv6 = false;
  /** 1..65535, -1 when not written. */
  port = -1;
  /** From the first semicolon after the host to the question mark or the end; equal when none. */
  paramsStart = -1;
  paramsEnd = -1;
  /** After the question mark. */
  headersStart = -1;
  headersEnd = -1;

  clear(): void {
    this.scheme = UriScheme.Other;
    this.start = -1;
    this.end = -1;
    this.userStart = -1;
    this.userEnd = -1;
    this.passwordStart = -1;
    this.passwordEnd = -1;
    this.hostStart = -1;
    this.hostEnd = -1;
    this.hostIsIpv6 = false;
    this.port = -1;
    this.paramsStart = -1;
    this.paramsEnd = -1;
    this.headersStart = -1;
    this.headersEnd = -1;
  }

  /** Reads the URI that fills `start..end`; false when it is malformed. */
  parse(buf: Buffer, start: number, end: number): boolean {
    this.clear();
    const colon = schemeEnd(buf, start, end);
    if (colon < 0) return false;
    this.start = start;
    this.end = end;
    this.scheme = schemeAt(buf, start, colon);
    const at = checkBytes(buf, colon + 1, end);
    if (at === MALFORMED) return false;
    if (this.scheme === UriScheme.Other) return colon + 1 < end;
    if (this.scheme === UriScheme.Tel) return at === NO_AT && this.#number(buf, colon + 1, end);
    if (at === MANY_AT) return false;
    if (at === NO_AT) return this.#hostPart(buf, colon + 1, end);
    return this.#userInfo(buf, colon + 1, at) && this.#hostPart(buf, at + 1, end);
  }

  #userInfo(buf: Buffer, start: number, at: number): boolean {
    const colon = findByte(buf, start, at, COLON);
    this.userStart = start;
    this.userEnd = colon;
    if (colon < at) {
      this.passwordStart = colon + 1;
      this.passwordEnd = at;
    }
    return colon > start;
  }

  #hostPart(buf: Buffer, pos: number, end: number): boolean {
    if (pos < end && buf[pos] === LBRACKET) {
      this.hostStart = ++pos;
      pos = skipSet(buf, pos, end, IPV6_BYTE);
      this.hostEnd = pos;
      this.hostIsIpv6 = true;
      if (pos >= end || buf[pos] !== RBRACKET) return false;
      pos++;
    } else {
      this.hostStart = pos;
      pos = skipSet(buf, pos, end, HOST_BYTE);
      this.hostEnd = pos;
    }
    if (this.hostEnd === this.hostStart) return false;
    if (pos < end && buf[pos] === COLON) {
      const portStart = ++pos;
      while (pos < end && isDigit(buf[pos]!)) pos++;
      this.port = parseDecimal(buf, portStart, pos, 65535);
      if (this.port <= 0) return false;
    }
    return this.#tail(buf, pos, end);
  }

  #number(buf: Buffer, pos: number, end: number): boolean {
    this.userStart = pos;
    pos = findByte(buf, pos, end, SEMI);
    this.userEnd = pos;
    return this.userEnd > this.userStart && this.#tail(buf, pos, end);
  }

  #tail(buf: Buffer, pos: number, end: number): boolean {
    this.paramsStart = pos;
    if (pos < end && buf[pos] === SEMI) pos = findByte(buf, pos, end, QUESTION);
    this.paramsEnd = pos;
    if (pos < end && buf[pos] === QUESTION) {
      this.headersStart = pos + 1;
      this.headersEnd = end;
      return true;
    }
    return pos === end;
  }
}

/** One URI parameter found by `findUriParameter`: its value's range, -1 when it has no value. */
export class UriParameter {
  valueStart = -1;
  valueEnd = -1;
}

/**
 * Finds a URI parameter by name in any case and place, escapes in the name decoded
 * (RFC 3261 19.1.4: `%6C%72` is `lr`).
 * @param lowerName `word` of the name
 */
export function findUriParameter(
  buf: Buffer,
  uri: Uri,
  lowerName: Buffer,
  found: UriParameter,
): boolean {
  let pos = uri.paramsStart;
  while (pos < uri.paramsEnd) {
    const nameStart = pos + 1;
    pos = nameStart;
    let equal = -1;
    while (pos < uri.paramsEnd && buf[pos] !== SEMI) {
      if (buf[pos] === EQUAL && equal < 0) equal = pos;
      pos++;
    }
    if (!equalsUnescaped(buf, nameStart, equal < 0 ? pos : equal, lowerName)) continue;
    found.valueStart = equal < 0 ? -1 : equal + 1;
    found.valueEnd = equal < 0 ? -1 : pos;
    return true;
  }
  return false;
}

/** The text of a range of a URI with its %HH escapes decoded, as latin1. */
export function unescapeUri(buf: Buffer, start: number, end: number): string {
  const raw = latin1Slice(buf, start, end);
  if (!raw.includes('%')) return raw;
  return raw.replace(/%([0-9a-fA-F]{2})/g, (_match: string, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

function equalsUnescaped(buf: Buffer, start: number, end: number, lower: Buffer): boolean {
  let pos = start;
  for (let i = 0; i < lower.length; i++, pos++) {
    if (pos >= end) return false;
    let byte = buf[pos]!;
    if (byte === PERCENT && pos + 2 < end) {
      byte = hexValue(buf[pos + 1]!) * 16 + hexValue(buf[pos + 2]!);
      pos += 2;
    }
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte !== lower[i]) return false;
  }
  return pos === end;
}

/** The position of the colon after a well-formed scheme (RFC 3261 25.1), -1 when there is none. */
export function schemeEnd(buf: Buffer, start: number, end: number): number {
  for (let i = start; i < end; i++) {
    const byte = buf[i]!;
    if (byte === COLON) return i > start && i + 1 < end ? i : -1;
    const folded = byte | 0x20;
    if (folded >= 0x61 && folded <= 0x7a) continue;
    // Digits, plus, minus and dot may follow a first letter.
    if (i > start && (isDigit(byte) || byte === 0x2b || byte === 0x2d || byte === 0x2e)) continue;
    return -1;
  }
  return -1;
}

function schemeAt(buf: Buffer, start: number, colon: number): UriScheme {
  if (equalsFolded(buf, start, colon, SIP)) return UriScheme.Sip;
  if (equalsFolded(buf, start, colon, SIPS)) return UriScheme.Sips;
  if (equalsFolded(buf, start, colon, TEL)) return UriScheme.Tel;
  return UriScheme.Other;
}

const NO_AT = -1;
const MANY_AT = -2;
const MALFORMED = -3;

/** 1: stands for itself; 2: @ or %; 0: may not stand in a URI. Bytes above 0x7e are let through. */
const URI_BYTE = new Uint8Array(256).fill(1);
for (let byte = 0; byte <= SP; byte++) URI_BYTE[byte] = 0;
for (const byte of [LAQUOT, RAQUOT, DQUOTE, 0x7f]) URI_BYTE[byte] = 0;
for (const byte of [AT, PERCENT]) URI_BYTE[byte] = 2;

/** Checks every byte and escape: the position of the one @, NO_AT, MANY_AT or MALFORMED. */
function checkBytes(buf: Buffer, start: number, end: number): number {
  let at = NO_AT;
  for (let i = start; i < end; i++) {
    const kind = URI_BYTE[buf[i]!];
    if (kind === 1) continue;
    if (kind === 0) return MALFORMED;
    if (buf[i] === AT) at = at === NO_AT ? i : MANY_AT;
    else if (i + 2 >= end || hexValue(buf[i + 1]!) < 0 || hexValue(buf[i + 2]!) < 0) {
      return MALFORMED;
    }
  }
  return at;
}
