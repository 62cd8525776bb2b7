// The parameters of H.323 (softswitch, H.323).
// Names and defaults are those a VOS3000 operator knows.
import { oneOf, ports, seconds } from './parameter-types.ts';
import type { Parameter } from './parameter-types.ts';

export const H323_PARAMETERS = {
  SS_H245_PORT_RANGE: ports(
    [10000, 39999],
    1024,
    65535,
    'TCP ports used for H.245 media control channels.',
  ),
  SS_H323_DTMF_METHOD: {
    ...oneOf(
      'H.245 alphanumeric',
      ['Auto', 'RFC2833', 'H.245 alphanumeric', 'H.245 signal', 'Q.931 keypad', 'Off'],
      'How key presses are sent on H.323 legs unless the gateway says otherwise.',
    ),
    override: 'gateway DTMF send method (0, 10, 20, 30, 40, 60 in the order of values)',
  },
  SS_H323_NUMBERING_PLAN: {
    ...oneOf(
      'UnknownPlan(0)',
      [
        'UnknownPlan(0)',
        'ISDNPlan(1)',
        'DataPlan(3)',
        'TelexPlan(4)',
        'NationalStandardPlan(8)',
        'PrivatePlan(9)',
        'ReservedPlan(15)',
      ],
      'Q.931 numbering plan written for numbers sent to H.323 routing gateways.',
    ),
    override: 'routing gateway q931NumberingPlan, -1 = this value',
  },
  SS_H323_NUMBER_TYPE: {
    ...oneOf(
      'UnknownType(0)',
      [
        'UnknownType(0)',
        'InternationalType(1)',
        'NationalType(2)',
        'NetworkSpecificType(3)',
        'SubscriberType(4)',
        'AbbreviatedType(6)',
        'ReservedType(7)',
      ],
      'Q.931 type of number written for numbers sent to H.323 routing gateways.',
    ),
    override: 'routing gateway q931NumberType, -1 = this value',
  },
  SS_H323_TIMEOUT_ALERTING: {
    ...seconds(
      120,
      1,
      600,
      'Longest time an H.323 routing gateway may stay in alerting before the attempt ' +
        'is given up.',
    ),
    override: 'routing gateway timeoutAlerting, 0 = this value',
  },
  SS_H323_TIMEOUT_SETUP: {
    ...seconds(
      5,
      1,
      60,
      'Longest wait for the first answer to an H.323 Setup before the attempt is given ' + 'up.',
    ),
    override: 'routing gateway timeoutSetup, 0 = this value',
  },
} satisfies Readonly<Record<string, Parameter>>;
