// Looks for one token in the lists of Allow, Supported or Require (RFC 3261 20.5, 20.32, 20.37).
// What a peer can do is read from there; nothing is decoded for it.
import { equalsFolded } from './bytes.ts';
import { CommaList } from './comma-list.ts';
import type { HeaderId } from './header-names.ts';
import type { SipMessage } from './message.ts';

const list = new CommaList();

/**
 * Whether one of the message's headers `id` lists the token, in any case.
 * @param lowerToken `word` of the token
 */
export function lists(message: SipMessage, id: HeaderId, lowerToken: Buffer): boolean {
  const { buf } = message;
  for (let i = message.first(id); i >= 0; i = message.next(i)) {
    list.start(buf, message.valueStart(i), message.valueEnd(i));
    while (list.next()) {
      if (equalsFolded(buf, list.valueStart, list.valueEnd, lowerToken)) return true;
    }
  }
  return false;
}
