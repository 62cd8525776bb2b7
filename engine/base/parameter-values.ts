// The live value of every parameter in force, as plain data. Ranges, defaults and meanings are in
// engine/parameters, which has an entry for each.
import type { LaterParameterValues } from './later-parameter-values.ts';

/** SS_SIP_ and its neighbours: registration, authentication, keep-alive, session timers. */
export interface SipParameterValues {
  /** Status of a digest challenge. */
  readonly SS_SIP_AUTHENTICATION_CODE: '401' | '407';
  /** Realm of a digest challenge; empty: the address or domain that the request was sent to. */
  readonly SS_SIP_AUTHENTICATION_REALM: string;
  /** How often one request with wrong credentials is challenged again before it gets 403. */
  readonly SS_SIP_AUTHENTICATION_RETRY: number;
  /** Seconds that a challenged peer has to come back with valid credentials. */
  readonly SS_SIP_AUTHENTICATION_TIMEOUT: number;
  /** Failed passwords of a terminal before it is suspended; 0 = at the first one. */
  readonly SS_AUTHENTICATION_MAX_RETRY: number;
  /** Seconds that a terminal stays suspended. */
  readonly SS_AUTHENTICATION_FAILED_SUSPEND: number;
  /** Longest registration granted to a terminal that is not behind NAT, seconds. */
  readonly SS_ENDPOINT_EXPIRE: number;
  /** Longest registration granted to a terminal behind NAT, seconds. */
  readonly SS_ENDPOINT_NAT_EXPIRE: number;
  /** Seconds between two checks that a registered terminal can be reached. */
  readonly SS_ENDPOINTTIMETOLIVE: number;
  /** A registration from a new place replaces the one in force; off: it is refused. */
  readonly SS_ENDPOINT_REGISTER_REPLACE: boolean;
  /** Payload of a heartbeat, escapes undone; empty: none are sent. */
  readonly SS_SIP_NAT_KEEP_ALIVE_MESSAGE: string;
  /** Seconds of one heartbeat cycle over all terminals behind NAT. */
  readonly SS_SIP_NAT_KEEP_ALIVE_PERIOD: number;
  /** Milliseconds between two batches of heartbeats. */
  readonly SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL: number;
  /** Heartbeats in one batch. */
  readonly SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME: number;
  /** Session-Expires asked for, seconds (RFC 4028). */
  readonly SS_SIP_SESSION_TTL: number;
  /** A refresh is sent every interval / this. */
  readonly SS_SIP_SESSION_UPDATE_SEGMENT: number;
  /** Min-SE, seconds. */
  readonly SS_SIP_SESSION_MIN_SE: number;
  /** How long before its end a session without refresh is hung up, seconds; at most a third. */
  readonly SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP: number;
  /** An INVITE timeout towards a gateway that we register with ends the call. */
  readonly SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT: boolean;
  /** Expires asked of an upstream registrar, seconds; null: what the registrar grants. */
  readonly SS_SIP_USER_AGENT_EXPIRE: number | null;
  /** Seconds before a failed upstream registration is tried again. */
  readonly SS_SIP_USER_AGENT_RETRY_DELAY: number;
  /** Privacy header of calls to gateways that we register with. */
  readonly SS_SIP_USER_AGENT_PRIVACY: 'Ignore' | 'Id' | 'None';
  /** Upstream registrations are withdrawn at the stop. */
  readonly SS_SIP_USER_AGENT_SEND_UNREGISTER: boolean;
  /** Seconds that a state sent by PUBLISH stays valid. */
  readonly SS_SIP_PUBLISH_EXPIRE: number;
  /** Display name of From in what is sent. */
  readonly SS_SIP_E164_DISPLAY_FROM: 'Ignore' | 'Caller' | 'Passthrough';
  /** On: To of an INVITE to a routing gateway has the number as received. */
  readonly SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT: boolean;
  /** Media of a gateway before the answer binds the call to it. */
  readonly SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START: boolean;
  /** TOS byte of signalling packets. */
  readonly SS_QOS_SIGNAL: number;
}

/** SS_: how calls are carried. */
export interface SoftswitchParameterValues extends SipParameterValues {
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
  /** The longest calls set at gateways are enforced. */
  readonly SS_ENABLE_CALL_LIMIT: boolean;
}

/** SERVER_: call records and reports; the ingest process reads them from the provision. */
export interface ServerParameterValues {
  /** Version of the control store's tables; nobody sets it. */
  readonly SERVER_DATABASE_VERSION: string;
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
  /** KiB at which a file of traces is closed and a new one begun. */
  readonly SERVER_TRACE_FILE_LENGTH: number;
  /** Seconds after which names of gateways are looked up again. */
  readonly SERVER_DNS_UPDATE_INTERVAL: number;
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
  extends
    SoftswitchParameterValues,
    Pick<ServerParameterValues, 'SERVER_BILLING_NO_CDR_E164S' | 'SERVER_TRACE_FILE_LENGTH'> {}

export interface ParameterValues
  extends SoftswitchParameterValues, ServerParameterValues, LaterParameterValues {}

export type ParameterName = keyof ParameterValues;
