// A 2xx for an INVITE whose transaction is gone. Of a call that talks, or whose BYE is under way,
// it is acknowledged again: its ACK was lost, perhaps in a restart. Else it is a late fork, or
// answers a call that a restart has lost: the response itself says all that ACK and BYE need, so
// that no line stays open.
import type { Endpoint } from '../base/endpoint.ts';
import { STRICT_ORDER } from '../base/send-order.ts';
import { Dialog, recordRoutes } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import { NOBODY } from '../sip/transaction/client-transaction.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { CallContext } from './call-context.ts';

const MAX_FORWARDS = 70;
/** More requests than an early dialog can have seen. */
const CSEQ_GAP = 1000;

/** The answer of a call that talks or hangs up; false when it is none. */
export function answerAgain(context: CallContext, response: SipMessage): boolean {
  const dialog = context.dialogs.findAnswered(response);
  return dialog?.owner.onAnswerAgain(dialog, response.cseq) === true;
}

/** Acknowledges the answer and hangs up. @param source the vendor, which must be a known one */
export function hangUpOrphan(
  context: CallContext,
  response: SipMessage,
  source: Endpoint,
  local: number,
): void {
  const { transactions, transport } = context;
  const callId = response.slice(response.callIdStart, response.callIdEnd);
  const dialog = new Dialog(null, 'callee', callId, local, source);
  const { from } = response;
  dialog.localName = `<${response.slice(from.uriStart, from.uriEnd)}>`;
  dialog.localTag = response.slice(from.tagStart, from.tagEnd);
  dialog.remoteAddress = response.text(response.first(HeaderId.To));
  // How far CSeq has come in the dialog is forgotten; gaps are no error (RFC 3261 12.2.2).
  dialog.localCseq = response.cseq + CSEQ_GAP;
  dialog.learnTarget(response, recordRoutes(response).toReversed());
  const ack = transactions.ackText(dialog.requestWith(response.cseq), local, NO_BODY);
  transport.send(local, source, ack, STRICT_ORDER);
  const bye = dialog.nextRequest();
  transactions.request('BYE', Method.Bye, bye, MAX_FORWARDS, NO_BODY, local, source, NOBODY);
}
