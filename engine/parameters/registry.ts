// The parameter registry: type, range, default, unit and meaning of every parameter in force.
// Provisioning validates against it; consoles and documentation read it. Names and defaults are
// those a VOS3000 operator knows.
import type { ParameterName, ParameterValues } from '../base/parameter-values.ts';

interface Described<T> {
  readonly default: T;
  /** Unit of the value; null for switches. */
  readonly unit: string | null;
  readonly meaning: string;
}

/** On or off; written true/false, On/Off. */
export interface BooleanParameter extends Described<boolean> {
  readonly type: 'boolean';
}

/** Whole number within `min`..`max`, both allowed. */
export interface IntegerParameter extends Described<number> {
  readonly type: 'integer';
  readonly min: number;
  readonly max: number;
}

/** Whole number within `min`..`max`, or None (null): no limit. */
export interface OptionalIntegerParameter extends Described<number | null> {
  readonly type: 'integer-or-none';
  readonly min: number;
  readonly max: number;
}

/** List of seconds, fractions allowed, not descending; each within `min`..`max`. */
export interface SecondsListParameter extends Described<readonly number[]> {
  readonly type: 'seconds-list';
  readonly min: number;
  readonly max: number;
  readonly maxEntries: number;
  /** Largest sum of all entries, seconds. */
  readonly maxSum: number;
}

export type Parameter =
  BooleanParameter | IntegerParameter | OptionalIntegerParameter | SecondsListParameter;

type ParameterOf<T> = Extract<Parameter, Described<T>>;

function seconds(
  defaultValue: number,
  min: number,
  max: number,
  meaning: string,
): IntegerParameter {
  return { type: 'integer', default: defaultValue, min, max, unit: 's', meaning };
}

function onOff(defaultValue: boolean, meaning: string): BooleanParameter {
  return { type: 'boolean', default: defaultValue, unit: null, meaning };
}

/** Every parameter in force, by name. */
export const PARAMETERS: { readonly [N in ParameterName]: ParameterOf<ParameterValues[N]> } = {
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

/** The names of all parameters in force. */
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[];
