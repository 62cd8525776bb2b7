// The parameters of the softswitch (SS_): what the data plane works by. Names and defaults are
// those a VOS3000 operator knows. The live values reach the shards with the snapshot.
import type { SoftswitchParameterValues } from '../base/parameter-values.ts';
import { onOff, seconds } from './parameter-types.ts';
import type { ParameterOf } from './parameter-types.ts';
import { SIP_PARAMETERS } from './sip-parameters.ts';

/** The SS_ parameters in force, by name. */
export const SOFTSWITCH_PARAMETERS: {
  readonly [N in keyof SoftswitchParameterValues]: ParameterOf<SoftswitchParameterValues[N]>;
} = {
  ...SIP_PARAMETERS,
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
  SS_SIP_TIMEOUT_INVITE: seconds(
    10,
    1,
    32,
    'Time a vendor has for any response to an INVITE; after it the next gateway is tried.',
  ),
  SS_SIP_TIMEOUT_TRYING: seconds(
    20,
    1,
    600,
    'Time a vendor has after 100 Trying for its next response.',
  ),
  SS_SIP_TIMEOUT_SESSION_PROGRESS: seconds(
    20,
    1,
    600,
    'Time a vendor has after a 183 without SDP for its next response.',
  ),
  SS_SIP_TIMEOUT_SESSION_PROGRESS_SDP: seconds(
    120,
    1,
    600,
    'Time the callee has to answer after a 183 with SDP (early media).',
  ),
  SS_SIP_TIMEOUT_RINGING: seconds(120, 1, 600, 'Time the callee has to answer after 180 Ringing.'),
  SS_SIP_NO_TIMER_REINVITE_INTERVAL: seconds(
    7200,
    0,
    86_400,
    'Longest talk of a call whose caller does not support session timers (RFC 4028); it is then ' +
      'hung up. 0: no limit.',
  ),
  SS_SIP_STOP_SWITCH_AFTER_SDP: onOff(
    true,
    'A provisional response with SDP binds the call to its gateway: no other is tried after it.',
  ),
  SS_GATEWAY_SWITCH_LIMIT: {
    type: 'integer-or-none',
    default: null,
    min: 0,
    max: 100,
    unit: 'gateways',
    meaning: 'Most further gateways tried for a call after its first has failed. None: no limit.',
  },
  SS_GATEWAY_SWITCH_UNTIL_CONNECT: onOff(
    false,
    'Go on to other gateways even after ringing or busy, until one answers.',
  ),
  SS_REPLY_UNAUTHORIZED: onOff(
    true,
    'Answer requests from unknown sources with 403. Off: drop them in silence.',
  ),
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
};
