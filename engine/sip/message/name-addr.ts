// One address value (From, To, Contact, Route, P-Asserted-Identity, ...) as offsets.
// RFC 3261 25.1: ( name-addr / addr-spec ) *( SEMI param );
//   name-addr = [ display-name ] <addr-spec>
// Without angle brackets, everything after the first semicolon belongs to the header (20.10), and a
// URI that holds a comma, question mark or semicolon may not stand without them.
import * as bytes from './bytes.ts';
import { Parameter } from './params.ts';
import { schemeEnd } from './uri.ts';
import { MAX_PARAMETERS } from '../../base/limits.ts';

// Constants of this module: see bytes.ts.
const { COMMA, DQUOTE, LAQUOT, RAQUOT, SEMI, STAR } = bytes;
const { byteSet, equalsFolded, findSet, skipLws, skipQuoted, trimEnd, word } = bytes;

const TAG = word('tag');

/** What ends a URI in angle brackets: only the closing one does so rightly. */
const BRACKET_STOP = byteSet('<>" \t\r\n');
/** What ends a display name or URI outside angle brackets. */
const BARE_STOP = byteSet('<;,"');
/** What may not stand in a URI without angle brackets. */
const NOT_BARE = byteSet('?> \t\r\n');

const parameter = new Parameter();

/** Reusable view of one address value; offsets point into the parsed bytes, -1 is absent. */
export class NameAddr {
  /** Contact: * (RFC 3261 10.2.2): no URI. */
  isStar = false;
  /** Display name without its quotes, escapes still inside. */
  displayStart = -1;
  displayEnd = -1;
  displayIsQuoted = false;
  /** The URI without angle brackets. */
  uriStart = -1;
  uriEnd = -1;
  tagStart = -1;
  tagEnd = -1;
  /** Header parameters, from the first semicolon to the end of the value; equal when none. */
  paramsStart = -1;
  paramsEnd = -1;

  clear(): void {
    this.isStar = false;
    this.displayStart = -1;
    this.displayEnd = -1;
    this.displayIsQuoted = false;
    this.uriStart = -1;
    this.uriEnd = -1;
    this.tagStart = -1;
    this.tagEnd = -1;
    this.paramsStart = -1;
    this.paramsEnd = -1;
  }

  /**
   * Reads the value that starts at `pos`.
   * @returns the position of the comma after it or `end`; -1 when it is malformed
   */
  parse(buf: Buffer, pos: number, end: number): number {
    this.clear();
    pos = skipLws(buf, pos, end);
    if (pos >= end) return -1;
    pos = this.#address(buf, pos, end);
    if (pos < 0) return -1;
    this.paramsStart = pos;
    for (let count = 0; pos < end && buf[pos] === SEMI; count++) {
      if (count === MAX_PARAMETERS) return -1;
      pos = parameter.read(buf, pos, end);
      if (pos < 0) return -1;
      if (parameter.nameEnd - parameter.nameStart === 3 && this.tagStart < 0) this.#keepTag(buf);
    }
    this.paramsEnd = pos;
    return pos === end || buf[pos] === COMMA ? pos : -1;
  }

  #keepTag(buf: Buffer): void {
    if (!equalsFolded(buf, parameter.nameStart, parameter.nameEnd, TAG)) return;
    if (parameter.valueEnd <= parameter.valueStart) return;
    this.tagStart = parameter.valueStart;
    this.tagEnd = parameter.valueEnd;
  }

  /** Reads up to the parameters: the position after the address and its white space, or -1. */
  #address(buf: Buffer, pos: number, end: number): number {
    if (buf[pos] === LAQUOT) return this.#bracketed(buf, pos, end);
    if (buf[pos] === DQUOTE) {
      const after = skipQuoted(buf, pos, end);
      if (after < 0) return -1;
      this.displayStart = pos + 1;
      this.displayEnd = after - 1;
      this.displayIsQuoted = true;
      const next = skipLws(buf, after, end);
      return next < end && buf[next] === LAQUOT ? this.#bracketed(buf, next, end) : -1;
    }
    const i = findSet(buf, pos, end, BARE_STOP);
    if (i < end && buf[i] === DQUOTE) return -1;
    if (i < end && buf[i] === LAQUOT) {
      this.displayStart = pos;
      this.displayEnd = trimEnd(buf, pos, i);
      return this.#bracketed(buf, i, end);
    }
    return this.#bare(buf, pos, i);
  }

  #bracketed(buf: Buffer, pos: number, end: number): number {
    const start = pos + 1;
    const i = findSet(buf, start, end, BRACKET_STOP);
    if (i >= end || buf[i] !== RAQUOT || schemeEnd(buf, start, i) < 0) return -1;
    this.uriStart = start;
    this.uriEnd = i;
    return skipLws(buf, i + 1, end);
  }

  /** An addr-spec that ends at `stop` (semicolon, comma or end of the value). */
  #bare(buf: Buffer, pos: number, stop: number): number {
    const uriEnd = trimEnd(buf, pos, stop);
    if (buf[pos] === STAR && uriEnd === pos + 1) {
      this.isStar = true;
      return stop;
    }
    if (findSet(buf, pos, uriEnd, NOT_BARE) < uriEnd) return -1;
    if (schemeEnd(buf, pos, uriEnd) < 0) return -1;
    this.uriStart = pos;
    this.uriEnd = uriEnd;
    return stop;
  }
}
