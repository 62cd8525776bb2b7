// The limits of the data plane in one place: beyond each is a defined outcome and a counter.
// Sizes in bytes unless a name says otherwise.

/** The largest message that is parsed; a longer one is answered 513 (RFC 3261 21.5.7). */
export const MAX_MESSAGE_BYTES = 65535;

/** Header lines of a message, known or not; more are answered 400. */
export const MAX_HEADERS = 256;

/** One header field with its folded lines, name included; a longer one is answered 400. */
export const MAX_HEADER_BYTES = 8192;

/** A Request-URI; a longer one is answered 414 (RFC 3261 21.4.12). */
export const MAX_URI_BYTES = 4096;

/** Via values of a message over all its Via lines: Max-Forwards starts at 70 (RFC 3261 8.1.1.6). */
export const MAX_VIAS = 70;

/** Parameters of one header value or URI; a value with more counts as malformed. */
export const MAX_PARAMETERS = 64;

/** Parts of a multipart body that are looked at for the session description. */
export const MAX_BODY_PARTS = 16;

/** Payload types of one media line that are looked at for codecs. */
export const MAX_CODECS = 32;
