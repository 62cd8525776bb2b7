// A phone in the place of a gateway: as the customer of the calls that it makes, and as the one
// that is called. Both count in the phone's own gate, when it has a capacity, or in that of all.
import type { SoftswitchParameterValues } from '../base/parameter-values.ts';
import type { Phone } from '../registry/phone-deck.ts';
import { compileFailoverCodes } from '../routing/failover-codes.ts';
import { PLAIN_MAPPING_GATEWAY, PLAIN_ROUTING_GATEWAY } from '../routing/plain-gateways.ts';
import type { MappingGateway, RoutingGateway } from '../routing/snapshot.ts';

/** Name of the routing gateway in the records of calls to phones. */
export const CALLED_PHONES = 'phones';
/** What leads to the phone's next contact; busy and declined are the user's own answers. */
const NEXT_CONTACT = compileFailoverCodes(['404', '408', '410', '480', '5xx']);

export function callingPhone({ e164, account, slot, capacity, lock }: Phone): MappingGateway {
  return { ...PLAIN_MAPPING_GATEWAY, phone: e164, account, slot, capacity, locked: lock };
}

export function calledPhone(
  { slot, capacity }: Phone,
  p: SoftswitchParameterValues,
): RoutingGateway {
  return {
    ...PLAIN_ROUTING_GATEWAY,
    name: CALLED_PHONES,
    slot,
    capacity,
    failoverCodes: NEXT_CONTACT,
    timeouts: {
      inviteMs: p.SS_SIP_TIMEOUT_INVITE * 1000,
      tryingMs: p.SS_SIP_TIMEOUT_TRYING * 1000,
      sessionProgressMs: p.SS_SIP_TIMEOUT_SESSION_PROGRESS * 1000,
      sessionProgressSdpMs: p.SS_SIP_TIMEOUT_SESSION_PROGRESS_SDP * 1000,
      ringingMs: p.SS_SIP_TIMEOUT_RINGING * 1000,
    },
  };
}
