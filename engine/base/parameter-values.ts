// The live value of every parameter in force: the plain data that main publishes and shards read.
// Ranges, defaults and meanings are in engine/parameters/registry.ts, which has an entry for each.

export interface ParameterValues {
  /** Seconds before each resend of an unanswered request; ascending, sum at most 64. */
  readonly SS_SIP_RESEND_INTERVAL: readonly number[];
  /** Seconds from INVITE to any response. */
  readonly SS_SIP_TIMEOUT_INVITE: number;
  /** Seconds from 100 to the next response. */
  readonly SS_SIP_TIMEOUT_TRYING: number;
  /** Seconds from a 183 without SDP to the next response. */
  readonly SS_SIP_TIMEOUT_SESSION_PROGRESS: number;
  /** Seconds from a 183 with SDP to the final response. */
  readonly SS_SIP_TIMEOUT_SESSION_PROGRESS_SDP: number;
  /** Seconds from 180 to the final response. */
  readonly SS_SIP_TIMEOUT_RINGING: number;
  /** Longest talk in seconds when the caller has no session timer (RFC 4028); 0 = no limit. */
  readonly SS_SIP_NO_TIMER_REINVITE_INTERVAL: number;
  /** SDP in a provisional response binds the call to its gateway. */
  readonly SS_SIP_STOP_SWITCH_AFTER_SDP: boolean;
  /** Most further gateways after the first has failed; null = no limit. */
  readonly SS_GATEWAY_SWITCH_LIMIT: number | null;
  /** Other gateways are tried even after ringing or busy. */
  readonly SS_GATEWAY_SWITCH_UNTIL_CONNECT: boolean;
  /** Unknown sources get 403; off: silence. */
  readonly SS_REPLY_UNAUTHORIZED: boolean;
  /** New calls per second of the whole switch. */
  readonly SS_MAX_CALL_PER_SECOND: number;
  /** Calls at once of the whole switch. */
  readonly SS_MAX_CONCURRENT_CALL: number;
}

export type ParameterName = keyof ParameterValues;
