// Session-Expires: the session interval in seconds, and who refreshes it (RFC 4028 4):
//   ("Session-Expires" / "x") HCOLON delta-seconds *(SEMI se-params)
//   se-params = refresher-param / generic-param; refresher-param = "refresher" EQUAL
//   ("uas" / "uac")
import * as bytes from './bytes.ts';
import { HeaderId } from './header-names.ts';
import type { SipMessage } from './message.ts';
import { findParameter, Parameter } from './params.ts';

// Constants of this module: see bytes.ts.
const { SEMI } = bytes;
const { equalsFolded, isDigit, parseDecimal, skipLws, word } = bytes;

const REFRESHER = word('refresher');
const UAC = word('uac');
const UAS = word('uas');
const MAX_SECONDS = 0x7fffffff;
const parameter = new Parameter();

/** A role in the transaction that carries the header, not in the dialog. */
export type Refresher = 'uac' | 'uas';

/** Reusable view of a message's Session-Expires. */
export class SessionExpires {
  /** -1 when the header is absent or malformed. */
  seconds = -1;
  /** Null when it is not named, or by another word than these two. */
  refresher: Refresher | null = null;

  /** Reads the header of `message`; false when there is none that can be read. */
  read(message: SipMessage): boolean {
    this.seconds = -1;
    this.refresher = null;
    const index = message.first(HeaderId.SessionExpires);
    if (index < 0) return false;
    return this.parse(message.buf, message.valueStart(index), message.valueEnd(index));
  }

  /** Reads the value that fills `start..end`; false when it is malformed, and nothing is kept. */
  parse(buf: Buffer, start: number, end: number): boolean {
    this.seconds = -1;
    this.refresher = null;
    let pos = start;
    while (pos < end && isDigit(buf[pos]!)) pos++;
    const seconds = parseDecimal(buf, start, pos, MAX_SECONDS);
    const rest = skipLws(buf, pos, end);
    if (seconds < 0 || (rest < end && buf[rest] !== SEMI)) return false;
    this.seconds = seconds;
    if (findParameter(buf, rest, end, REFRESHER, parameter)) {
      const { valueStart, valueEnd } = parameter;
      if (equalsFolded(buf, valueStart, valueEnd, UAC)) this.refresher = 'uac';
      else if (equalsFolded(buf, valueStart, valueEnd, UAS)) this.refresher = 'uas';
    }
    return true;
  }
}
