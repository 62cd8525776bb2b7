// The parameters of registration, authentication, NAT keep-alive, session timers and of what SIP
// messages carry. Names and defaults are those a VOS3000 operator knows; part of the SS_ family.
import type { SipParameterValues } from '../base/parameter-values.ts';
import { onOff, oneOf, seconds } from './parameter-types.ts';
import type { ParameterOf } from './parameter-types.ts';

/** A heartbeat is one unfragmented datagram (RFC 3261 18.1.1: 1300 bytes). */
const MAX_HEARTBEAT_BYTES = 1200;

/** The entries, by name. */
export const SIP_PARAMETERS: {
  readonly [N in keyof SipParameterValues]: ParameterOf<SipParameterValues[N]>;
} = {
  SS_SIP_AUTHENTICATION_CODE: oneOf(
    '401',
    ['401', '407'],
    'Status by which a gateway or terminal is asked for digest credentials (RFC 3261 22).',
  ),
  SS_SIP_AUTHENTICATION_REALM: {
    type: 'text',
    default: '',
    accepts: (text) => /^[^"\\\r\n]{1,255}$/.test(text),
    form: 'a text of at most 255 characters without quotes and backslashes',
    unit: null,
    meaning: 'Realm of digest challenges. Empty: the address that the request was sent to.',
  },
  SS_SIP_AUTHENTICATION_RETRY: {
    type: 'integer',
    default: 3,
    min: 0,
    max: 10,
    unit: 'retries',
    meaning: 'How often one request with wrong credentials is challenged again; then it gets 403.',
  },
  SS_SIP_AUTHENTICATION_TIMEOUT: seconds(
    10,
    1,
    32,
    'Time a challenged peer has to come back with valid credentials.',
  ),
  SS_AUTHENTICATION_MAX_RETRY: {
    type: 'integer',
    default: 6,
    min: 0,
    max: 999,
    unit: 'attempts',
    meaning: 'How many failed passwords a terminal may send before it is suspended.',
  },
  SS_AUTHENTICATION_FAILED_SUSPEND: seconds(
    180,
    60,
    3600,
    'How long a terminal stays suspended after too many failed passwords.',
  ),
  SS_ENDPOINT_EXPIRE: seconds(
    3600,
    60,
    86_400,
    'Longest registration granted to a terminal that is not behind NAT, and the one granted when ' +
      'none is asked for.',
  ),
  SS_ENDPOINT_NAT_EXPIRE: seconds(
    300,
    30,
    3600,
    'Longest registration granted to a terminal behind NAT.',
  ),
  SS_ENDPOINTTIMETOLIVE: seconds(
    60,
    10,
    3600,
    'How often a registered terminal is asked whether it can be reached; else it is offline.',
  ),
  SS_ENDPOINT_REGISTER_REPLACE: onOff(
    true,
    'A registration from a new place replaces the one in force. Off: it is refused.',
  ),
  SS_SIP_NAT_KEEP_ALIVE_MESSAGE: {
    type: 'text',
    default: 'HELLO',
    accepts: (text) => text.length <= MAX_HEARTBEAT_BYTES,
    form: `a text of at most ${MAX_HEARTBEAT_BYTES} bytes; \\r and \\n stand for line ends`,
    unit: null,
    meaning:
      'Bytes sent as a bare datagram to each registered terminal behind NAT. Empty: no heartbeats.',
  },
  SS_SIP_NAT_KEEP_ALIVE_PERIOD: seconds(
    30,
    10,
    86_400,
    'Length of one cycle of heartbeats over all terminals behind NAT; then it begins again.',
  ),
  SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL: {
    type: 'integer',
    default: 500,
    min: 1,
    max: 10_000,
    unit: 'ms',
    meaning: 'Pause between two batches of heartbeats.',
  },
  SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME: {
    type: 'integer',
    default: 3000,
    min: 1,
    max: 10_000,
    unit: 'heartbeats',
    meaning: 'Heartbeats in one batch, one for each terminal.',
  },
  SS_SIP_SESSION_TTL: seconds(
    600,
    60,
    86_400,
    'Session-Expires asked for on calls whose peer has session timers (RFC 4028). What is below ' +
      'SS_SIP_SESSION_MIN_SE is raised to it.',
  ),
  SS_SIP_SESSION_UPDATE_SEGMENT: {
    type: 'integer',
    default: 2,
    min: 2,
    max: 10,
    unit: 'parts',
    meaning: 'A session is refreshed every interval divided by this.',
  },
  SS_SIP_SESSION_MIN_SE: seconds(
    90,
    90,
    3600,
    'Shortest session interval accepted; a request for less gets 422 with this in Min-SE.',
  ),
  SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP: seconds(
    32,
    0,
    3600,
    'How long before its end a session without refresh is hung up, at most a third of it.',
  ),
  SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT: onOff(
    false,
    'An INVITE timeout towards a gateway that we register with ends the call. Off: the next ' +
      'gateway is tried.',
  ),
  SS_SIP_USER_AGENT_EXPIRE: {
    type: 'integer-or-none',
    default: null,
    min: 20,
    max: 7200,
    unit: 's',
    noneText: 'Auto Negotiation',
    meaning: 'Registration time asked of an upstream registrar. None: what the registrar grants.',
  },
  SS_SIP_USER_AGENT_RETRY_DELAY: seconds(
    60,
    30,
    600,
    'Wait before an upstream registration that failed is tried again.',
  ),
  SS_SIP_USER_AGENT_PRIVACY: oneOf(
    'Ignore',
    ['Ignore', 'Id', 'None'],
    'Privacy header of calls to gateways that we register with: none written, "id", or "none".',
  ),
  SS_SIP_USER_AGENT_SEND_UNREGISTER: onOff(
    true,
    'Upstream registrations are withdrawn (REGISTER with Expires 0) when the switch stops.',
  ),
  SS_SIP_PUBLISH_EXPIRE: seconds(
    300,
    30,
    7200,
    'How long the capacity or state that a routing gateway sends by PUBLISH stays valid.',
  ),
  SS_SIP_E164_DISPLAY_FROM: oneOf(
    'Ignore',
    ['Ignore', 'Caller', 'Passthrough'],
    'Display name of From in what is sent: none, the caller number, or the name received.',
  ),
  SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT: onOff(
    false,
    'On: the INVITE to a routing gateway has the routed number in its request line and that ' +
      'as received in To. Off: both have the routed number.',
  ),
  SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START: onOff(
    true,
    'Media that a gateway sends before the answer binds the call to it, as far as signalling ' +
      'tells: SDP with a stream that it sends on, or P-Early-Media.',
  ),
  SS_QOS_SIGNAL: {
    type: 'integer',
    default: 0xa0,
    min: 0,
    max: 255,
    unit: 'TOS byte',
    meaning: 'TOS byte of outgoing signalling packets.',
  },
};
