// The parameters of SIP (softswitch, SIP): authentication, keep-alive, session timers, waits, what
// messages carry. Shards get the live values with the snapshot.
// Names and defaults are those a VOS3000 operator knows.
import { onOff, oneOf, seconds } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

/** A heartbeat is one unfragmented datagram (RFC 3261 18.1.1: 1300 bytes). */
const MAX_HEARTBEAT_BYTES = 1200;

export const SIP_PARAMETERS = {
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
    'Length of one cycle of heartbeats over all terminals behind NAT; then it begins again. ' +
      '10 s suit strict firewalls (30 s without a packet), 30 s most, 60 s lenient ones, 300 s ' +
      'long time-outs; 86400 s is as good as off. Home routers close a binding after 30 to 120 s.',
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
  SS_SIP_NO_TIMER_REINVITE_INTERVAL: seconds(
    7200,
    0,
    86_400,
    'Longest talk of a call whose caller does not support session timers (RFC 4028); it is then ' +
      'hung up. 0: no limit.',
  ),
  SS_SIP_RESEND_INTERVAL: {
    type: 'seconds-list',
    default: [0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4],
    min: 0.1,
    max: 32,
    maxEntries: 20,
    maxSum: 64,
    unit: 's',
    meaning:
      'Pauses between the resends of a request without any response. One first pause after the ' +
      'last resend the peer counts as unreachable. The default follows RFC 3261 17.1: T1 0.5 s, ' +
      'doubling up to T2 4 s, 64 * T1 in all.',
  },
  SS_SIP_TIMEOUT_INVITE: {
    ...seconds(
      10,
      1,
      32,
      'Time a vendor has for any response to an INVITE; after it the next gateway is tried.',
    ),
    override: 'routing gateway timeoutInvite, 0 = this value',
  },
  SS_SIP_STOP_SWITCH_AFTER_SDP: {
    ...onOff(
      true,
      'A provisional response with SDP binds the call to its gateway: no other is tried after it.',
    ),
    override: 'routing gateway switchAllowSdp (in the opposite sense), inherit = this value',
  },
  SS_SIP_USER_AGENT_STOP_SWITCH_AFTER_INVITE_TIMEOUT: onOff(
    false,
    'An INVITE timeout towards a gateway that we register with ends the call. Off: the next ' +
      'gateway is tried.',
  ),
  SS_SIP_TIMEOUT_TRYING: {
    ...seconds(20, 1, 600, 'Time a vendor has after 100 Trying for its next response.'),
    override: 'routing gateway timeoutTrying, 0 = this value',
  },
  SS_SIP_TIMEOUT_SESSION_PROGRESS: {
    ...seconds(20, 1, 600, 'Time a vendor has after a 183 without SDP for its next response.'),
    override: 'routing gateway timeoutSessionProgress, 0 = this value',
  },
  SS_SIP_TIMEOUT_SESSION_PROGRESS_SDP: {
    ...seconds(120, 1, 600, 'Time the callee has to answer after a 183 with SDP (early media).'),
    override: 'routing gateway timeoutSessionProgressSdp, 0 = this value',
  },
  SS_SIP_TIMEOUT_RINGING: {
    ...seconds(120, 1, 600, 'Time the callee has to answer after 180 Ringing.'),
    override: 'routing gateway timeoutRinging, 0 = this value',
  },
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
  SS_SIP_USER_AGENT_PRIVACY: {
    ...oneOf(
      'Ignore',
      ['Ignore', 'Id', 'None'],
      'Privacy header of calls to gateways that we register with: none written, "id", or "none".',
    ),
    override: 'routing gateway privacy, inherit = this value',
  },
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
  SS_SIP_E164_DISPLAY_FROM: {
    ...oneOf(
      'Ignore',
      ['Ignore', 'Caller', 'Passthrough'],
      'Display name of From in what is sent: none, the caller number, or the name received.',
    ),
    override: 'routing gateway display, inherit = this value',
  },
  SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT: {
    ...onOff(
      false,
      'On: the INVITE to a routing gateway has the routed number in its request line and that ' +
        'as received in To. Off: both have the routed number.',
    ),
    override: 'routing gateway inviteUseContact, inherit = this value',
  },
} satisfies Readonly<Record<string, Parameter>>;
