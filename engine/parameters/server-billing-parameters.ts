// The parameters of rating and billing (server, billing).
// Names and defaults are those a VOS3000 operator knows.
import { decimal, oneOf, seconds, whole } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

/** More numbers than this belong into a list of their own, not into a parameter. */
const MAX_NUMBERS = 10_000;

export const SERVER_BILLING_PARAMETERS = {
  SERVER_BILLING_FEE_PRECISION: decimal(
    '0.0000000',
    '0',
    '1000',
    'currency',
    'Rounding threshold used with SERVER_BILLING_FEE_UNIT: what is left of a fee ' +
      'after whole units counts as one more unit when it reaches this amount and is ' +
      'dropped otherwise; at 0 any remainder counts up, and without a unit it has no ' +
      'effect.',
  ),
  SERVER_BILLING_FEE_UNIT: decimal(
    '0.0000000',
    '0',
    '1000',
    'currency',
    'Smallest money step a rated fee is brought to; 0 keeps the exact fee without ' + 'rounding.',
  ),
  SERVER_BILLING_FORWARD_PREFIX: {
    type: 'text',
    default: '',
    accepts: (text) => /^[0-9*#+]{1,31}$/.test(text),
    form: 'digits, *, # and + in quotes, at most 31',
    unit: null,
    meaning:
      'Prefix put in front of the called number, for rate lookup only, when the leg ' +
      'being rated is a forwarded call.',
  },
  SERVER_BILLING_FREE_E164S: {
    type: 'text-list',
    default: [],
    pattern: /^\+?[0-9*#]{1,32}$/,
    maxEntries: MAX_NUMBERS,
    form: 'numbers in quotes (digits, * and #, at most 32, "+" may stand in front)',
    unit: 'numbers',
    meaning:
      'Called service numbers that are never charged and have no limit on talk time ' +
      'from the balance.',
  },
  SERVER_BILLING_FREE_TIME: seconds(
    0,
    0,
    3600,
    'Seconds taken off the measured talk time of every call before rating, never ' +
      'going below zero.',
  ),
  SERVER_BILLING_GATEWAY_ROUTE_PREFIX: {
    type: 'text',
    default: '',
    accepts: (text) => /^[0-9*#+]{1,31}$/.test(text),
    form: 'digits, *, # and + in quotes, at most 31',
    unit: null,
    meaning:
      'Extra prefix put in front of the called number, for rate lookup only, when a ' +
      'call is rated by the routing gateway it left on.',
  },
  SERVER_BILLING_HOLD_TIME_PRECISION: whole(
    1000,
    0,
    1000,
    'ms',
    'Rounding threshold of talk time: milliseconds left after whole seconds count as ' +
      'one more second when they reach this value and are dropped otherwise (1000 ' +
      'always drops, 1 or 0 always counts up).',
  ),
  SERVER_BILLING_NO_CDR_E164S: {
    type: 'text-list',
    default: [],
    pattern: /^\+?[0-9*#]{1,32}$/,
    maxEntries: MAX_NUMBERS,
    form: 'numbers in quotes (digits, * and #, at most 32, "+" may stand in front)',
    unit: 'numbers',
    meaning: 'Numbers whose calls leave no call record, as caller or as callee.',
  },
  SERVER_BILLING_PREVENT_OVERDRAFT_ADVANCE_TIME: whole(
    1,
    1,
    15,
    'min',
    'Minutes of talk at the rate of the call that are set aside from the balance for ' +
      'each running call, and renewed before they are used up, so that simultaneous ' +
      'calls cannot take an account below its limit.',
  ),
  SERVER_BILLING_PROFIT_CALCULATE: oneOf(
    'Call charge - Sub - Call expense',
    ['Call charge - Sub - Call expense', 'Call charge - Call expense'],
    'Formula for the profit of a call: what the customer pays, minus what goes to ' +
      'the sub level (agent share), minus what the vendor is paid.',
  ),
} satisfies Readonly<Record<string, Parameter>>;
