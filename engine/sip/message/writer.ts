// Serialiser: a message's start line and headers are built as one latin1 string by concatenation
// and copied into the datagram by one native call; a body follows as a byte range, as it came.
// Measured: cheaper than writing pieces into the buffer, at any number of headers.
// Grammar: RFC 3261 section 25.1. Callers pass values already free of CR and LF (parsed ones are).
import { latin1Write } from '../../base/latin1.ts';

/** `INVITE sip:... SIP/2.0` with its line end. */
export function requestLine(method: string, uri: string): string {
  return `${method} ${uri} SIP/2.0\r\n`;
}

/** `SIP/2.0 486 Busy Here` with its line end. @param reason see reasonPhrase */
export function statusLine(status: number, reason: string): string {
  return `SIP/2.0 ${status} ${reason}\r\n`;
}

/**
 * A Via line of ours; `rport` asks for the source port back (RFC 3581).
 * @param transport `UDP`, `TCP`, `TLS`
 * @param sentBy host and port, IPv6 in brackets
 */
export function viaLine(transport: string, sentBy: string, branch: string): string {
  return `Via: SIP/2.0/${transport} ${sentBy};branch=${branch};rport\r\n`;
}

/** The end of the header section: Content-Length and the empty line. @param bytes of the body */
export function contentLength(bytes: number): string {
  return `Content-Length: ${bytes}\r\n\r\n`;
}

/** A display name as a quoted string, quotes and backslashes escaped (RFC 3261 25.1). */
export function quoted(text: string): string {
  return /["\\]/.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`;
}

/** The text of a quoted string's inside: each quoted pair replaced by its second character. */
export function unquoted(raw: string): string {
  return raw.includes('\\') ? raw.replace(/\\([\s\S])/g, '$1') : raw;
}

/**
 * `"display" <uri>;tag=x`: a value for From, To or Contact.
 * @param display the plain name, '' for none
 * @param tag '' for none
 */
export function nameAddr(display: string, uri: string, tag: string): string {
  const address = display === '' ? `<${uri}>` : `${quoted(display)} <${uri}>`;
  return tag === '' ? address : `${address};tag=${tag}`;
}

/** Characters that may not stand in the user part of a SIP URI (RFC 3261 25.1, user). */
const NOT_USER = /[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/g;

/** A user part with everything escaped that may not stand there. @param user latin1 text */
export function escapeUser(user: string): string {
  return user.replace(
    NOT_USER,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/**
 * Writes `head` (start line and headers up to the empty line) and the body range at `offset`.
 * @param body null for none
 * @returns bytes written, -1 when they do not fit; `out` may then hold a part of them
 */
export function serialise(
  out: Buffer,
  offset: number,
  head: string,
  body: Buffer | null,
  bodyStart: number,
  bodyEnd: number,
): number {
  const bodyLength = body === null ? 0 : bodyEnd - bodyStart;
  const length = head.length + bodyLength;
  if (length > out.length - offset) return -1;
  latin1Write(out, head, offset);
  if (bodyLength > 0) body!.copy(out, offset + head.length, bodyStart, bodyEnd);
  return length;
}
