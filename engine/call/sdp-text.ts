// The SDP in the text of a message of ours, alone or as a part of a multipart body: what a refresh
// by re-INVITE sends again (session-timer.ts).
import { flat } from '../base/latin1.ts';

/**
 * @param text a message, or its part from some header on
 * @returns empty when it has no SDP
 */
export function sdpIn(text: string): string {
  const start = text.indexOf('\r\n\r\nv=') + 4;
  if (start < 4) return '';
  const end = text.indexOf('\r\n--', start);
  // The line end before a boundary belongs to it (RFC 2046 5.1.1), that of the SDP's last line to
  // the SDP, whether its sender wrote both or not.
  return flat(end < 0 ? text.slice(start) : `${text.slice(start, end).trimEnd()}\r\n`);
}
