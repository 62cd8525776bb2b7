// The Q.850 cause of a vendor's failure for the customer (RFC 3326, RFC 6432): the number alone,
// since the vendor's own words may name its equipment.
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';

const CAUSE = /^\s*Q\.850\s*(?:;[^;]*)*?;\s*cause\s*=\s*(\d{1,3})\s*(?:;|,|$)/i;

/** The Reason line with its CRLF; empty when the response has none with a Q.850 cause. */
export function q850Reason(response: SipMessage): string {
  for (let i = response.first(HeaderId.Reason); i >= 0; i = response.next(i)) {
    const cause = CAUSE.exec(response.text(i))?.[1];
    if (cause !== undefined) return `Reason: Q.850;cause=${Number(cause)}\r\n`;
  }
  return '';
}
