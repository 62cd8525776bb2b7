// What any element checks of a request before it acts on it (RFC 3261 8.2.2): a stateless refusal
// where it fails, before there is a call or a transaction.
import type { Endpoint } from '../base/endpoint.ts';
import { C } from '../base/counter-names.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { UriScheme } from '../sip/message/uri.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { CallContext } from './call-context.ts';
import { unsupportedExtensions } from './passed-headers.ts';

/**
 * False when the request was refused.
 * @param gateway whose settings say which extensions it may require; null: any that we know
 */
export function understood(
  { transactions, counters }: CallContext,
  request: SipMessage,
  source: Endpoint,
  local: number,
  gateway: MappingGateway | null,
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
  const { sessionTimer = true, reliableProvisional = true } = gateway ?? {};
  const unsupported = unsupportedExtensions(request, sessionTimer, reliableProvisional);
  if (unsupported !== '') return reply(420, `Unsupported: ${unsupported}\r\n`);
  return true;
}
