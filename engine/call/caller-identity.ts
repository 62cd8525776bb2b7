// What an INVITE tells of its caller besides the number: kept with the call, since each vendor gets
// what its own settings say (outgoing-identity.ts). Hosts of the caller's side are left out here.
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NameAddr } from '../sip/message/name-addr.ts';
import { asUser, numberInAddress } from './number-fields.ts';

export interface CallerIdentity {
  /** Display name of From, as it stands between quotes; empty: none. */
  readonly display: string;
  /** Value of Privacy; empty: none, or it does not count. */
  readonly privacy: string;
  /** Whether it asks that the callee does not learn the number (RFC 3323 4.2, RFC 3325 9.3). */
  readonly isPrivate: boolean;
  /** P-Asserted-Identity and P-Preferred-Identity. */
  readonly asserted: readonly NamedNumber[];
  readonly preferred: readonly NamedNumber[];
}

/** A display name as between quotes, empty for none, and a user part. */
export interface NamedNumber {
  readonly display: string;
  readonly user: string;
}

/** Most addresses of a field that are kept; RFC 3325 9.1 allows two. */
const MAX_ADDRESSES = 2;

/** Of whom nothing but a number is known. */
export const UNKNOWN_CALLER: CallerIdentity = {
  display: '',
  privacy: '',
  isPrivate: false,
  asserted: [],
  preferred: [],
};
const address = new NameAddr();

/**
 * @param honoursPrivacy whether the customer's Privacy counts
 * @param all false: no vendor passes a name or an identity on, so only Privacy is read
 */
export function callerIdentity(
  request: SipMessage,
  honoursPrivacy: boolean,
  all: boolean,
): CallerIdentity {
  const header = honoursPrivacy ? request.first(HeaderId.Privacy) : -1;
  if (header < 0 && !all) return UNKNOWN_CALLER;
  const privacy = header < 0 ? '' : request.text(header);
  const isPrivate = /(?:^|[;,\s])(?:id|user)(?=[;,\s]|$)/i.test(privacy);
  if (!all) return { ...UNKNOWN_CALLER, privacy, isPrivate };
  return {
    display: displayOf(request, request.from),
    privacy,
    isPrivate,
    asserted: numbersIn(request, HeaderId.PAssertedIdentity),
    preferred: numbersIn(request, HeaderId.PPreferredIdentity),
  };
}

function numbersIn(request: SipMessage, id: HeaderId): readonly NamedNumber[] {
  const found: NamedNumber[] = [];
  for (let i = request.first(id); i >= 0; i = request.next(i)) {
    const end = request.valueEnd(i);
    for (let at = request.valueStart(i); at < end && found.length < MAX_ADDRESSES; at++) {
      at = address.parse(request.buf, at, end);
      if (at < 0) break;
      const number = numberInAddress(request, address);
      if (number !== '') {
        found.push({ display: displayOf(request, address), user: asUser(number) });
      }
    }
  }
  return found;
}

/** A display name made fit for quotes. */
function displayOf(request: SipMessage, view: NameAddr): string {
  const text = request.slice(view.displayStart, view.displayEnd).replace(/[\r\n]+/g, ' ');
  return view.displayIsQuoted ? text : text.replaceAll('\\', '\\\\');
}
