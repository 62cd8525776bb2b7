// The session timer parameters as a call uses them (RFC 4028): taken once when it begins, so that a
// running call keeps the timers that it began with (PAR-06).
import type { ShardParameterValues } from '../base/parameter-values.ts';
import type { SessionWishes } from '../sip/dialog/session-negotiation.ts';

/** What tells a peer that we know session timers. */
export const OFFERS_TIMER = 'Supported: timer\r\n';
/** A peer that names a longer Min-SE than a day wants no refreshes. */
export const MAX_MIN_SE_S = 86_400;

export interface SessionPolicy extends SessionWishes {
  /** A refresh is sent every interval / this. */
  readonly segments: number;
  /** How long before its end a session without refresh is hung up, at most a third of it. */
  readonly earlyHangupS: number;
  /** Longest talk of a call whose caller has no session timers; 0: no limit. */
  readonly noTimerLimitS: number;
  /** The lines of the INVITE that begins a leg. */
  readonly offer: string;
}

export function sessionPolicy(parameters: ShardParameterValues): SessionPolicy {
  const minSeS = parameters.SS_SIP_SESSION_MIN_SE;
  // What is set below Min-SE is raised to it: nobody may ask for less (RFC 4028 5).
  const ttlS = Math.max(parameters.SS_SIP_SESSION_TTL, minSeS);
  return {
    minSeS,
    ttlS,
    segments: parameters.SS_SIP_SESSION_UPDATE_SEGMENT,
    earlyHangupS: parameters.SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP,
    noTimerLimitS: parameters.SS_SIP_NO_TIMER_REINVITE_INTERVAL,
    offer: offerLines(ttlS, minSeS),
  };
}

/** @param minSeS the policy's, or what a 422 has named */
export function offerLines(ttlS: number, minSeS: number): string {
  return `${OFFERS_TIMER}Session-Expires: ${Math.max(ttlS, minSeS)}\r\nMin-SE: ${minSeS}\r\n`;
}
