// The numbers of a call as its messages carry them: callee from the Request-URI, caller from From.
// SIP user parts may be escaped and hold parameters (RFC 3261 19.1.6); tel numbers may hold visual
// separators (RFC 3966 5.1.1). Both are reduced to the number itself.
import type { SipMessage } from '../sip/message/message.ts';
import { unescapeUri, Uri, UriScheme } from '../sip/message/uri.ts';

/** Longest number that is routed or recorded; a longer one is no number. */
const MAX_NUMBER_LENGTH = 64;

const scratch = new Uri();

/** The number that is called; empty when the Request-URI has none or it is too long. */
export function calleeNumber(request: SipMessage): string {
  return numberOf(request.buf, request.requestUri);
}

/** The number that calls; empty when From has none. */
export function callerNumber(request: SipMessage): string {
  const { uriStart, uriEnd } = request.from;
  if (!scratch.parse(request.buf, uriStart, uriEnd)) return '';
  return numberOf(request.buf, scratch);
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
