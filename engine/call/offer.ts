// What a customer's INVITE asks for, kept until a vendor has answered: every vendor that is tried
// gets it, each by its own settings.
import { rewrite } from '../numbers/dial-rules.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { callerIdentity, UNKNOWN_CALLER, type CallerIdentity } from './caller-identity.ts';
import { bodyOf, passedHeaders, requiresReliable, withoutReliable } from './passed-headers.ts';

/** Max-Forwards of an INVITE that has none (RFC 3261 8.1.1.6). */
const MAX_FORWARDS = 70;

export interface Offer {
  /** The numbers by the customer's rules: what is routed, each vendor's rules on top. */
  readonly caller: string;
  readonly callee: string;
  /** The callee as it was received. */
  readonly calleeIn: string;
  readonly identity: CallerIdentity;
  readonly maxForwards: number;
  /** Passed headers, Content-Length and body. */
  readonly rest: string;
  /** Its provisional responses must be sent reliably (RFC 3262 4). */
  readonly requiresReliable: boolean;
}

/** Of a call that needs no further vendor. */
export const NO_OFFER: Offer = {
  caller: '',
  callee: '',
  calleeIn: '',
  identity: UNKNOWN_CALLER,
  maxForwards: MAX_FORWARDS,
  rest: '',
  requiresReliable: false,
};

/** @param passesIdentity whether some vendor may be told more of the caller than its number */
export function offerOf(
  request: SipMessage,
  gateway: MappingGateway,
  callerIn: string,
  calleeIn: string,
  passesIdentity: boolean,
): Offer {
  const passed = passedHeaders(request, gateway.passHeaders);
  return {
    caller: rewrite(callerIn, gateway.rewriteCaller),
    callee: rewrite(calleeIn, gateway.rewriteCallee),
    calleeIn,
    identity: callerIdentity(request, gateway.honourPrivacy, passesIdentity),
    maxForwards: request.maxForwards < 0 ? MAX_FORWARDS : request.maxForwards,
    rest: (gateway.reliableProvisional ? passed : withoutReliable(passed)) + bodyOf(request),
    requiresReliable: requiresReliable(request),
  };
}
