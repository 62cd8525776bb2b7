// How long a registrar granted a registration of ours (RFC 3261 10.2.4, 10.3 step 8): its 200 lists
// all contacts of the address, each with its expiry.
import { findParameter, Parameter } from '../sip/message/params.ts';
import { parseDecimal, word } from '../sip/message/bytes.ts';
import { CommaList } from '../sip/message/comma-list.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NameAddr } from '../sip/message/name-addr.ts';

/** What holds when neither side names an expiry (RFC 3261 10.2.1.1 leaves it to the registrar). */
const DEFAULT_SECONDS = 3600;
/** Nobody is refreshed less often than once a day. */
const MAX_SECONDS = 86_400;

const EXPIRES = word('expires');
const values = new CommaList();
const address = new NameAddr();
const parameter = new Parameter();

/**
 * Seconds granted to the contact `uri`; 0 or less: it is not registered.
 * @param asked what the request asked for; null: nothing
 */
export function grantedSeconds(response: SipMessage, uri: string, asked: number | null): number {
  const own = expiryOfContact(response, uri);
  const field = headerNumber(response, HeaderId.Expires);
  const fallback = field >= 0 ? field : (asked ?? DEFAULT_SECONDS);
  return Math.min(own ?? fallback, MAX_SECONDS);
}

/** The expires parameter of our contact; of the only one, when the registrar has rewritten it. */
function expiryOfContact(response: SipMessage, uri: string): number | null {
  const { buf } = response;
  let count = 0;
  let last: number | null = null;
  for (let i = response.first(HeaderId.Contact); i >= 0; i = response.next(i)) {
    values.start(buf, response.valueStart(i), response.valueEnd(i));
    while (values.next()) {
      if (address.parse(buf, values.valueStart, values.valueEnd) < 0) continue;
      count++;
      last = expiryOf(buf, address);
      if (response.slice(address.uriStart, address.uriEnd) === uri) return last;
    }
  }
  return count === 1 ? last : null;
}

function expiryOf(buf: Buffer, { paramsStart, paramsEnd }: NameAddr): number | null {
  if (!findParameter(buf, paramsStart, paramsEnd, EXPIRES, parameter)) return null;
  const value = parseDecimal(buf, parameter.valueStart, parameter.valueEnd, 0x7fffffff);
  return value < 0 ? null : value;
}
