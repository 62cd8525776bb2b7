// Headers that carry one number before their parameters: Expires, Min-SE, Session-Expires, RSeq,
// Retry-After, Min-Expires. RFC 3261 25.1: delta-seconds = 1*DIGIT, below 2^32 by intent (20.19).
import * as bytes from './bytes.ts';
import type { HeaderId } from './header-names.ts';
import type { SipMessage } from './message.ts';

// Constants of this module: see bytes.ts.
const { LWS, SEMI } = bytes;
const { isDigit } = bytes;

const MAX_VALUE = 0x7fffffff;
const LEFT_PARENTHESIS = 0x28;

/**
 * The number of the first header `id`: -1 when it is absent, -2 when it does not start with a
 * number. A number too large to hold counts as 2^31-1 (RFC 4475 3.1.2.4 allows it to be capped).
 */
export function headerNumber(message: SipMessage, id: HeaderId): number {
  const index = message.first(id);
  if (index < 0) return -1;
  const { buf } = message;
  const start = message.valueStart(index);
  const end = message.valueEnd(index);
  let value = 0;
  let pos = start;
  for (; pos < end && isDigit(buf[pos]!); pos++) {
    value = Math.min(value * 10 + (buf[pos]! - 0x30), MAX_VALUE);
  }
  if (pos === start) return -2;
  // Parameters, or the comment of a Retry-After, may follow.
  const after = pos < end ? buf[pos]! : SEMI;
  return after === SEMI || after === LEFT_PARENTHESIS || LWS[after] === 1 ? value : -2;
}
