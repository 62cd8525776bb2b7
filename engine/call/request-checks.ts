// What any element checks of a request before it acts on it (RFC 3261 8.2.2): a stateless refusal
// where it fails, before there is a call or a transaction.
import type { Endpoint } from '../base/endpoint.ts';
import { C } from '../base/counter-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { UriScheme } from '../sip/message/uri.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { CallContext } from './call-context.ts';
import { unsupportedExtensions } from './passed-headers.ts';

/** @param timer whether the peer may have session timers; false when the request was refused */
export function understood(
  { transactions, counters }: CallContext,
  request: SipMessage,
  source: Endpoint,
  local: number,
  timer: boolean,
): boolean {
  const reply = (status: number, headers: string): boolean => {
    transactions.reply(request, source, local, status, '', headers + NO_BODY);
    return false;
  };
  if (request.maxForwards === 0) {
    counters.add(C.requestsMaxForwards, 1);
    return reply(483, '');
  }
  if (request.requestUri.scheme === UriScheme.Other) return reply(416, '');
  const unsupported = unsupportedExtensions(request, timer);
  if (unsupported !== '') return reply(420, `Unsupported: ${unsupported}\r\n`);
  return true;
}
