// The live value of every parameter in force, as plain data. Ranges, defaults and meanings are in
// engine/parameters, which has an entry for each.

/** SS_: how calls are carried. */
export interface SoftswitchParameterValues {
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

/** SERVER_: call records and reports; the ingest process reads them from the provision. */
export interface ServerParameterValues {
  /** Seconds that one CDR file covers; null: no CDR files. */
  readonly SERVER_CDR_FILE_WRITE_INTERVAL: number | null;
  /** Most CDR files that are kept. */
  readonly SERVER_CDR_FILE_WRITE_MAX: number;
  /** Where each record is sent as soon as its call ends, see parseReportServer; empty: nowhere. */
  readonly SERVER_CDR_REAL_TIME_REPORT_SERVER: string;
  /** Records that may wait for a consumer of the spool before there is an alarm. */
  readonly SERVER_MAX_CDR_PENDING_LIST_LENGTH: number;
  /** Hours of the day, 0 to 23, ascending, in which searches for CDRs are refused. */
  readonly SERVER_QUERY_CDR_DENY_TIME: readonly number[];
  /** Most days that one search for CDRs may span. */
  readonly SERVER_QUERY_CDR_MAX_DAY_INTERVAL: number;
  /** Most rows that one query returns in all; not below SERVER_QUERY_ONE_PAGE_SIZE. */
  readonly SERVER_QUERY_MAX_SIZE: number;
  /** Rows in one page of a query. */
  readonly SERVER_QUERY_ONE_PAGE_SIZE: number;
  /** Numbers whose calls leave no CDR. */
  readonly SERVER_BILLING_NO_CDR_E164S: readonly string[];
  /** Reports of the nightly run, each on or off. */
  readonly SERVER_REPORT_AGENT_INCOME: boolean;
  readonly SERVER_REPORT_CLEARING_CUSTOMER_FEE: boolean;
  readonly SERVER_REPORT_CUSTOMER_FEE: boolean;
  readonly SERVER_REPORT_GATEWAY_FEE: boolean;
  readonly SERVER_REPORT_GATEWAY_ROUTING_LOCATION_ASR_ACD: boolean;
  readonly SERVER_REPORT_PHONE_FEE: boolean;
}

/** What a shard mounts: all that calls are carried by. */
export interface ShardParameterValues
  extends SoftswitchParameterValues, Pick<ServerParameterValues, 'SERVER_BILLING_NO_CDR_E164S'> {}

export interface ParameterValues extends SoftswitchParameterValues, ServerParameterValues {}

export type ParameterName = keyof ParameterValues;
