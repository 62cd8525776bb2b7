// Digest challenges and credentials: WWW-Authenticate, Proxy-Authenticate, Authorization,
// Proxy-Authorization. RFC 3261 25.1: "Digest" LWS name=value *(COMMA name=value), values as tokens
// or quoted strings; RFC 8760 adds algorithms. Commas separate parameters here, so such a header
// holds one challenge or one set of credentials a line.
import {
  BACKSLASH,
  COMMA,
  DQUOTE,
  EQUAL,
  equalsFolded,
  LWS,
  skipLws,
  skipQuoted,
} from './bytes.ts';
import { skipToken, word } from './bytes.ts';
import { latin1Slice } from '../../base/latin1.ts';
import { MAX_PARAMETERS } from '../../base/limits.ts';

const DIGEST = word('digest');

/** One parameter found; a quoted value's range is what stands between its quotes. */
export class AuthParameter {
  nameStart = -1;
  nameEnd = -1;
  valueStart = -1;
  valueEnd = -1;
  quoted = false;

  /** The value with its quoted pairs resolved (RFC 3261 25.1), as latin1. */
  text(buf: Buffer): string {
    const raw = latin1Slice(buf, this.valueStart, this.valueEnd);
    return this.quoted && raw.includes('\\') ? raw.replace(/\\([\s\S])/g, '$1') : raw;
  }
}

/** Whether the value is of the Digest scheme. */
export function isDigest(buf: Buffer, start: number, end: number): boolean {
  return equalsFolded(buf, start, skipToken(buf, start, end), DIGEST);
}

/**
 * Finds a parameter of a challenge or of credentials by name, any case.
 * @param lowerName `word` of the name
 * @returns false when it is not there or what stands before it is malformed
 */
export function findAuthParameter(
  buf: Buffer,
  start: number,
  end: number,
  lowerName: Buffer,
  found: AuthParameter,
): boolean {
  let pos = skipLws(buf, skipToken(buf, start, end), end);
  for (let count = 0; count < MAX_PARAMETERS && pos < end; count++) {
    pos = readParameter(buf, pos, end, found);
    if (pos < 0) return false;
    if (equalsFolded(buf, found.nameStart, found.nameEnd, lowerName)) return true;
    if (pos < end && buf[pos] !== COMMA) return false;
    while (pos < end && (buf[pos] === COMMA || LWS[buf[pos]!] === 1)) pos++;
  }
  return false;
}

function readParameter(buf: Buffer, pos: number, end: number, found: AuthParameter): number {
  found.nameStart = pos;
  found.nameEnd = skipToken(buf, pos, end);
  const equal = skipLws(buf, found.nameEnd, end);
  if (found.nameEnd === pos || equal >= end || buf[equal] !== EQUAL) return -1;
  const valueStart = skipLws(buf, equal + 1, end);
  found.quoted = valueStart < end && buf[valueStart] === DQUOTE;
  if (found.quoted) {
    const after = skipQuoted(buf, valueStart, end);
    if (after < 0) return -1;
    found.valueStart = valueStart + 1;
    found.valueEnd = after - 1;
    return skipLws(buf, after, end);
  }
  // Looser than token: some servers send base64 nonces and URIs without quotes.
  let valueEnd = valueStart;
  while (valueEnd < end && buf[valueEnd] !== COMMA && LWS[buf[valueEnd]!] === 0) {
    if (buf[valueEnd] === DQUOTE || buf[valueEnd] === BACKSLASH) return -1;
    valueEnd++;
  }
  found.valueStart = valueStart;
  found.valueEnd = valueEnd;
  return skipLws(buf, valueEnd, end);
}
