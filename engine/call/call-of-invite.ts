// The call that an INVITE made, found by what the INVITE and its CANCEL have in common: a copy on
// another path is refused (RFC 3261 8.2.2.2); after a restart both also tell that the caller never
// got its answer, and nothing else would end the call.
import { tagEquals } from '../sip/dialog/dialog-table.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { release } from './release.ts';

const ANSWER_LOST = release(200, 'Caller gave up without the answer', 'caller');

/** The running call with the Call-ID, From tag and CSeq of `request`. */
export function callOfInvite(context: CallContext, request: SipMessage): Call | undefined {
  const call = context.index.find(request);
  if (call?.inviteCseq !== request.cseq) return undefined;
  return tagEquals(request, request.from, call.callerTag) ? call : undefined;
}

/**
 * Ends a call carried over a restart whose caller still waits for the answer.
 * @returns our tag in the caller's dialog; null for other calls
 */
export function endUnseenAnswer(call: Call | undefined): string | null {
  if (!call?.answerUnseen) return null;
  const tag = call.answeredDialog!.partner!.localTag;
  call.hangUp(ANSWER_LOST);
  return tag;
}
