// One address value (From, To, Contact, Route, P-Asserted-Identity, ...) as offsets.
// RFC 3261 25.1: ( name-addr / addr-spec ) *( SEMI param ); name-addr = [ display-name ] <addr-spec>
// Without angle brackets, everything after the first semicolon belongs to the header (20.10), and a
// URI that holds a comma, question mark or semicolon may not stand without them.
import { COMMA, DQUOTE, equalsFolded, word, LAQUOT, LWS, QUESTION, RAQUOT, SEMI } from './bytes.ts';
import { skipLws, skipQuoted, STAR, trimEnd } from './bytes.ts';
import { Parameter } from './params.ts';
import { schemeEnd } from './uri.ts';
import { MAX_PARAMETERS } from '../../base/limits.ts';

const TAG = word('tag');

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
    let i = pos;
    let stop = 0;
    for (; i < end; i++) {
      stop = buf[i]!;
      if (stop === LAQUOT || stop === SEMI || stop === COMMA || stop === DQUOTE) break;
    }
    if (i < end && stop === DQUOTE) return -1;
    if (i < end && stop === LAQUOT) {
      this.displayStart = pos;
      this.displayEnd = trimEnd(buf, pos, i);
      return this.#bracketed(buf, i, end);
    }
    return this.#bare(buf, pos, i);
  }

  #bracketed(buf: Buffer, pos: number, end: number): number {
    const start = pos + 1;
    let i = start;
    for (; i < end; i++) {
      const byte = buf[i]!;
      if (byte === RAQUOT) break;
      if (byte === LAQUOT || byte === DQUOTE || LWS[byte] === 1) return -1;
    }
    if (i >= end || schemeEnd(buf, start, i) < 0) return -1;
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
    for (let i = pos; i < uriEnd; i++) {
      const byte = buf[i]!;
      if (byte === QUESTION || byte === RAQUOT || LWS[byte] === 1) return -1;
    }
    if (schemeEnd(buf, pos, uriEnd) < 0) return -1;
    this.uriStart = pos;
    this.uriEnd = uriEnd;
    return stop;
  }
}
