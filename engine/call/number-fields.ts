// The numbers of a call as its messages carry them: callee from To, caller from From, or from the
// fields that a mapping gateway is set to (ADR-07, ADR-08). SIP user parts may be escaped and hold
// parameters (RFC 3261 19.1.6); tel numbers may hold visual separators (RFC 3966 5.1.1). Both are
// reduced to the number itself.
import type { CallerField, CalleeField } from '../base/gateway-words.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { NameAddr } from '../sip/message/name-addr.ts';
import { unescapeUri, Uri, UriScheme } from '../sip/message/uri.ts';

/** Longest number that is routed or recorded; a longer one is no number. */
const MAX_NUMBER_LENGTH = 64;

/** A display name that is a number, its separators removed. */
const DISPLAYED_NUMBER = /^\+?[0-9*#]+$/;

const scratch = new Uri();
const address = new NameAddr();

/**
 * The number that is called; empty when the field has none or it is too long. Only a forwarded call
 * has a Diversion (RFC 5806): without one To counts.
 */
export function calleeNumber(request: SipMessage, field: CalleeField): string {
  if (field === 'request-line') return numberOf(request.buf, request.requestUri);
  const diverted = field === 'diversion' ? numberInHeader(request, HeaderId.Diversion) : '';
  return diverted === '' ? numberInAddress(request, request.to) : diverted;
}

/** The number that calls; From counts where the field is absent or holds no number. */
export function callerNumber(request: SipMessage, field: CallerField): string {
  const number = field === 'from' ? '' : numberInField(request, field);
  return number === '' ? numberInAddress(request, request.from) : number;
}

function numberInField(request: SipMessage, field: Exclude<CallerField, 'from'>): string {
  switch (field) {
    case 'display':
      return displayedNumber(request);
    case 'remote-party-id':
      return numberInHeader(request, HeaderId.RemotePartyId);
    case 'p-asserted-identity':
      return numberInHeader(request, HeaderId.PAssertedIdentity);
    case 'p-preferred-identity':
      return numberInHeader(request, HeaderId.PPreferredIdentity);
  }
}

function displayedNumber(request: SipMessage): string {
  const { displayStart, displayEnd } = request.from;
  const number = request.slice(displayStart, displayEnd).replace(/[-.() ]/g, '');
  return number.length <= MAX_NUMBER_LENGTH && DISPLAYED_NUMBER.test(number) ? number : '';
}

/** The first number in the addresses of a header field. */
function numberInHeader(request: SipMessage, id: HeaderId): string {
  for (let i = request.first(id); i >= 0; i = request.next(i)) {
    if (address.parse(request.buf, request.valueStart(i), request.valueEnd(i)) < 0) continue;
    const number = numberInAddress(request, address);
    if (number !== '') return number;
  }
  return '';
}

/** The number in an address; empty when it has none. */
export function numberInAddress({ buf }: SipMessage, { uriStart, uriEnd }: NameAddr): string {
  if (uriStart < 0 || !scratch.parse(buf, uriStart, uriEnd)) return '';
  return numberOf(buf, scratch);
}

/** The number in the user part of a URI; empty when it has none. */
export function numberOf(buf: Buffer, uri: Uri): string {
  if (uri.userStart < 0) return '';
  const user = unescapeUri(buf, uri.userStart, uri.userEnd);
  const parameters = user.indexOf(';');
  let number = parameters < 0 ? user : user.slice(0, parameters);
  if (uri.scheme === UriScheme.Tel) number = number.replace(/[-.()]/g, '');
  return number.length > MAX_NUMBER_LENGTH ? '' : number;
}

const RESERVED = /[^A-Za-z0-9\-_.!~*'()&=+$,]/g;

/** `number` as a user part (RFC 3261 25.1, `user`): bytes that may not stand there are escaped. */
export function asUser(number: string): string {
  return isDigits(number) ? number : number.replace(RESERVED, escapeByte);
}

/** What nearly every number is; told apart without a regular expression. */
function isDigits(number: string): boolean {
  for (let i = 0; i < number.length; i++) {
    const code = number.charCodeAt(i);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

function escapeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
