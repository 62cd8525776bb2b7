// The parameters of the softswitch (softswitch, system): registration, limits, failover, media.
// Shards get the live values with the snapshot.
// Names and defaults are those a VOS3000 operator knows.
import { decimal, onOff, oneOf, ports, seconds, whole, words } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const SOFTSWITCH_SYSTEM_PARAMETERS = {
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
  SS_REPLY_UNAUTHORIZED: onOff(
    true,
    'Answer requests from unknown sources with 403. Off: drop them in silence.',
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
  SS_QOS_SIGNAL: {
    type: 'integer',
    default: 0xa0,
    min: 0,
    max: 255,
    unit: 'TOS byte',
    meaning: 'TOS byte of outgoing signalling packets.',
  },
  SS_QOS_RTP: whole(160, 0, 255, 'TOS byte', 'TOS byte put on outgoing media packets.'),
  SS_MEDIAPROXYMODE: {
    ...oneOf(
      'Auto',
      ['Off', 'On', 'Auto', 'Must On'],
      'When media is relayed: never (Off), always unless a side forbids it (On), ' +
        'decided per call (Auto), or always (Must On).',
    ),
    override: 'gateway rtpForwardType (0 auto, 1 on, 2 off, 3 must on)',
  },
  SS_MEDIA_PROXY_ENABLE: onOff(
    false,
    'On relays the media of every call as SS_MEDIAPROXYMODE = On would; Off leaves ' +
      'the choice to that mode and to the NAT rule.',
  ),
  SS_MEDIA_PROXY_BEHIND_NAT: {
    ...onOff(true, 'Whether media is relayed for terminals behind NAT.'),
    override: 'gateway rtpForwardType',
  },
  SS_MEDIA_PORT_RANGE: ports(
    [10000, 39999],
    1024,
    65535,
    'UDP ports from which RTP and RTCP pairs are taken, RTP on the even port.',
  ),
  SS_MEDIA_CODEC: {
    ...words(
      ['G.711A', 'G.711U', 'G.729'],
      [
        'G.711A',
        'G.711U',
        'G.729',
        'G.723',
        'G.722',
        'G.726-16',
        'G.726-24',
        'G.726-32',
        'G.726-40',
        'G.728',
        'GSM',
        'iLBC',
        'AMR',
        'Speex',
        'SILK',
        'OPUS',
      ],
      'codecs',
      'Audio codecs allowed by default, most preferred first.',
    ),
    override: 'gateway codec list',
  },
  SS_MEDIA_DTMF_MODE: {
    ...oneOf(
      'RFC2833',
      ['Auto', 'RFC2833', 'SIP INFO', 'Off'],
      'How key presses are sent on SIP legs unless the gateway says otherwise.',
    ),
    override: 'gateway dtmfSendMethodSIP (0, 10, 50, 60 in the order of values)',
  },
  SS_MAX_CALL_PER_SECOND: {
    type: 'integer',
    default: 100,
    min: 1,
    max: 100_000,
    unit: 'calls/s',
    meaning: 'New calls per second of the whole switch; one more gets 503 with Retry-After.',
  },
  SS_MAX_CONCURRENT_CALL: {
    type: 'integer',
    default: 1000,
    min: 1,
    max: 1_000_000,
    unit: 'calls',
    meaning: 'Calls at once of the whole switch; one more gets 503.',
  },
  SS_MAX_LOGIN_FAILED: whole(
    5,
    1,
    100,
    'attempts',
    'How many failed management logins in a row lock the login.',
  ),
  SS_LOGIN_LOCK_TIME: whole(
    30,
    1,
    1440,
    'min',
    'How long a login stays locked when it is locked a second time within this span ' +
      'after the first lock ended.',
  ),
  SS_CLIENT_LOW_BALANCE_ALARM: decimal(
    '0',
    '-10000000',
    '10000000',
    'currency',
    'Available funds (balance plus credit limit) at or below which a customer ' +
      'account without its own threshold raises a balance alarm.',
  ),
  SS_ENABLE_CALL_LIMIT: onOff(
    true,
    'Whether the limit on call length set on an account or gateway is enforced.',
  ),
  SS_GATEWAY_SWITCH_LIMIT: {
    type: 'integer-or-none',
    default: null,
    min: 0,
    max: 100,
    unit: 'gateways',
    meaning: 'Most further gateways tried for a call after its first has failed. None: no limit.',
  },
  SS_GATEWAY_SWITCH_STOP_AFTER_RTP_START: {
    ...onOff(
      true,
      'Media that a gateway sends before the answer binds the call to it, as far as signalling ' +
        'tells: SDP with a stream that it sends on, or P-Early-Media.',
    ),
    override: 'routing gateway switchAllowRtp (in the opposite sense), inherit = this value',
  },
  SS_GATEWAY_SWITCH_UNTIL_CONNECT: {
    ...onOff(false, 'Go on to other gateways even after ringing or busy, until one answers.'),
    override: 'routing gateway switchAllowRing and switchAllowBusy, inherit = this value',
  },
  SS_GATEWAY_ASR_CALCULATE: {
    ...onOff(
      false,
      'Whether the answer ratio and mean duration of each gateway are computed live.',
    ),
    override: 'gateway calculateRouteQuality (0 this value, 1 on, 2 off)',
  },
  SS_GATEWAY_ASR_RESERVE_TIME: seconds(
    900,
    60,
    86400,
    'Length of the sliding window over which live gateway quality is computed.',
  ),
  SS_GATEWAY_ASR_RESERVE_SEPARATE: whole(
    15,
    1,
    100,
    'slots',
    'Number of equal slots into which the quality window is cut, so that it moves on ' +
      'by one slot at a time.',
  ),
  SS_GATEWAY_ASR_ROUTE_SORT_CONFIG: oneOf(
    'None',
    ['None', 'Before priority', 'After priority', 'After load', 'After history'],
    'Where live answer ratio stands in the order of sort keys (priority, load, ' +
      'history, id); None leaves it out.',
  ),
  SS_GATEWAY_FEE_RATE_ROUTE_SORT_CONFIG: oneOf(
    'None',
    ['None', 'Before priority', 'After priority', 'After load', 'After history'],
    'Where the price per second stands in the order of sort keys (priority, load, ' +
      'history, id); None leaves it out.',
  ),
  SS_GATEWAY_FEE_RATE_ROUTE_BEFORE_ASR: onOff(
    false,
    'Whether price goes before answer ratio when both stand at the same place in the ' +
      'sort order.',
  ),
  SS_TRY_PROTECT_ROUTE_DELAY: seconds(
    30,
    0,
    180,
    'Time from the start of a call within which all normal gateways must have failed ' +
      'for protect gateways to be tried; 0 never tries them.',
  ),
  SS_CALL_FORWARD_USING_ORIGINAL_CALLER: {
    ...onOff(
      true,
      'Whether a forwarded call shows the original caller; Off shows the number of the ' +
        'phone that forwards.',
    ),
    override: 'phone callForwardDisplay (0 this value, 1 original caller, 2 own number)',
  },
} satisfies Readonly<Record<string, Parameter>>;
