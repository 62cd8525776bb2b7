// The Contact values of a REGISTER: what it wants to bind (RFC 3261 10.2.1, 10.3 steps 6 and 7).
import type { Endpoint } from '../base/endpoint.ts';
import { CommaList } from '../sip/message/comma-list.ts';
import { word } from '../sip/message/bytes.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NameAddr } from '../sip/message/name-addr.ts';
import { findParameter, Parameter } from '../sip/message/params.ts';
import { Uri, UriScheme } from '../sip/message/uri.ts';
import { isBehindNat } from './nat-detection.ts';

/** Most bindings of one address of record. */
export const MAX_BINDINGS = 8;
const FULL_Q = 1000;
/** RFC 3261 10.2.1.1: what a malformed expiry counts as. */
const MALFORMED_EXPIRES_S = 3600;
const MAX_EXPIRES_S = 0x7fffffff;

export interface AskedBinding {
  readonly uri: string;
  /** Thousandths. */
  readonly q: number;
  /** Seconds asked for; -1 when it leaves that to the registrar. */
  readonly expiresS: number;
  readonly behindNat: boolean;
}

/** `all`: Contact is `*`. Null: malformed. */
export type AskedBindings = readonly AskedBinding[] | 'all' | null;

const EXPIRES = word('expires');
const Q = word('q');
const list = new CommaList();
const address = new NameAddr();
const uri = new Uri();
const parameter = new Parameter();

export function askedBindings(request: SipMessage, source: Endpoint): AskedBindings {
  const { buf } = request;
  const header = headerNumber(request, HeaderId.Expires);
  const common = header === -2 ? MALFORMED_EXPIRES_S : header;
  const asked: AskedBinding[] = [];
  let star = false;
  for (let i = request.first(HeaderId.Contact); i >= 0; i = request.next(i)) {
    list.start(buf, request.valueStart(i), request.valueEnd(i));
    while (list.next()) {
      if (address.parse(buf, list.valueStart, list.valueEnd) < 0) return null;
      star ||= address.isStar;
      if (address.isStar) continue;
      if (asked.length === MAX_BINDINGS) return null;
      if (!uri.parse(buf, address.uriStart, address.uriEnd)) return null;
      if (uri.scheme !== UriScheme.Sip && uri.scheme !== UriScheme.Sips) return null;
      asked.push({
        uri: request.slice(address.uriStart, address.uriEnd),
        q: qOf(buf),
        expiresS: expiresOf(buf, common),
        behindNat: isBehindNat(request, uri, source),
      });
    }
  }
  if (!star) return asked;
  // RFC 3261 10.2.2: `*` stands alone and removes.
  return asked.length === 0 && header === 0 ? 'all' : null;
}

function expiresOf(buf: Buffer, common: number): number {
  const { paramsStart, paramsEnd } = address;
  if (!findParameter(buf, paramsStart, paramsEnd, EXPIRES, parameter)) return common;
  const text = buf.toString('latin1', parameter.valueStart, parameter.valueEnd);
  if (!/^\d+$/.test(text)) return MALFORMED_EXPIRES_S;
  return Math.min(Number(text), MAX_EXPIRES_S);
}

/** RFC 3261 25.1, qvalue: 0 to 1 with at most three digits. */
function qOf(buf: Buffer): number {
  const { paramsStart, paramsEnd } = address;
  if (!findParameter(buf, paramsStart, paramsEnd, Q, parameter)) return FULL_Q;
  const value = Number(buf.toString('latin1', parameter.valueStart, parameter.valueEnd));
  return value >= 0 && value <= 1 ? Math.round(value * FULL_Q) : FULL_Q;
}
