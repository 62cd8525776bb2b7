// How a call ended, as the caller is told and as its record says.
import { Bar } from '../base/gateway-states.ts';
import type { EndSide } from '../cdr/schema.ts';

export interface Release {
  /** Final SIP code: the vendor's own, or ours for a call that no vendor took. */
  readonly code: number;
  /** For the record; what happened in words. */
  readonly reason: string;
  readonly side: EndSide;
  /**
   * Header lines for the caller's response or BYE, each with CRLF, such as Reason or Retry-After.
   */
  readonly headers: string;
}

export function release(code: number, reason: string, side: EndSide, headers = ''): Release {
  return { code, reason, side, headers };
}

export const NO_ROUTE = release(404, 'No route to the number', 'server');
export const PHONE_OFFLINE = release(480, 'Phone not registered', 'server');
export const PHONE_UNREACHABLE = release(480, 'Phone cannot be reached', 'server');
export const PHONE_FULL = release(486, 'Line limit of the phone reached', 'server');
export const BAD_NUMBER = release(484, 'No number to call', 'server');
export const VENDORS_FULL = release(
  503,
  'All routing gateways at their limit',
  'server',
  'Retry-After: 5\r\n',
);
/** No gateway is left because of the state of those that there are; of the first, when many. */
export const BARRED: Readonly<Record<Bar, Release>> = {
  [Bar.None]: NO_ROUTE,
  [Bar.Down]: release(503, 'Routing gateway down', 'server'),
  [Bar.Unregistered]: release(503, 'Not registered with the routing gateway', 'server'),
  [Bar.Closed]: release(503, 'Routing gateway closed by its own word', 'server'),
  [Bar.RetryAfter]: release(503, 'Routing gateway asked to retry later', 'server'),
};
export const NO_LOCAL_ADDRESS = release(503, "No listen address of the gateway's family", 'server');
export const TABLE_FULL = release(
  503,
  'Transaction or dialog limit of the shard',
  'server',
  'Retry-After: 5\r\n',
);
export const NO_RELIABLE = release(420, 'Gateway takes no reliable responses', 'server');
export const INVITE_TIMEOUT = release(408, 'No response from the routing gateway', 'server');
export const PROGRESS_TIMEOUT = release(408, 'No progress at the routing gateway', 'server');
export const RING_TIMEOUT = release(480, 'No answer', 'server');
export const UNREACHABLE = release(503, 'Routing gateway unreachable', 'server');
export const SWITCH_STOPS = release(503, 'Switch shuts down', 'server');
export const TOO_LONG = release(200, 'Longest call duration reached', 'server');
export const ACK_MISSING = release(200, 'No ACK from the caller', 'server');
export const DIALOG_LOST = release(200, 'Peer no longer knows the call', 'server');

/** A session timer (RFC 4028 10) ends the call; the reason names the leg. */
export const SESSION_EXPIRED = ofLeg('Session expired: no refresh');
export const REFRESH_UNANSWERED = ofLeg('Session refresh not answered');
export const REFRESH_REFUSED = ofLeg('Session refresh refused: peer no longer knows the call');

function ofLeg(reason: string): Readonly<Record<'caller' | 'callee', Release>> {
  return {
    caller: release(200, `${reason} (caller)`, 'server'),
    callee: release(200, `${reason} (callee)`, 'server'),
  };
}
