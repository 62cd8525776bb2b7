// The parameter registry: category, type, range, default, unit and meaning of every parameter. The
// provision file, the store and the command validate against it; lists and documentation read it.
import type { ParameterName, ParameterValues } from '../base/parameter-values.ts';
import { AUDIO_PARAMETERS } from './audio-parameters.ts';
import { BLACKLIST_PARAMETERS } from './blacklist-parameters.ts';
import { H323_PARAMETERS } from './h323-parameters.ts';
import type { Parameter, ParameterOf } from './parameter-types.ts';
import { SERVER_ALARM_PARAMETERS } from './server-alarm-parameters.ts';
import { SERVER_BILLING_PARAMETERS } from './server-billing-parameters.ts';
import { SERVER_CDR_PARAMETERS } from './server-cdr-parameters.ts';
import { SERVER_REPORT_PARAMETERS } from './server-report-parameters.ts';
import { SERVER_SECURITY_PARAMETERS } from './server-security-parameters.ts';
import { SERVER_SYSTEM_PARAMETERS } from './server-system-parameters.ts';
import { SIP_PARAMETERS } from './sip-parameters.ts';
import { SOFTSWITCH_SYSTEM_PARAMETERS } from './softswitch-system-parameters.ts';

/** Category → its parameters, in the order in which they are listed. */
export const CATEGORIES = {
  'server.alarm': SERVER_ALARM_PARAMETERS,
  'server.billing': SERVER_BILLING_PARAMETERS,
  'server.cdr': SERVER_CDR_PARAMETERS,
  'server.report': SERVER_REPORT_PARAMETERS,
  'server.security': SERVER_SECURITY_PARAMETERS,
  'server.system': SERVER_SYSTEM_PARAMETERS,
  'softswitch.h323': H323_PARAMETERS,
  'softswitch.sip': SIP_PARAMETERS,
  'softswitch.system': SOFTSWITCH_SYSTEM_PARAMETERS,
  'softswitch.blacklist': BLACKLIST_PARAMETERS,
  audio: AUDIO_PARAMETERS,
} satisfies Readonly<Record<string, Readonly<Record<string, Parameter>>>>;

export type Category = keyof typeof CATEGORIES;

/** Every parameter by name. */
export const PARAMETERS: { readonly [N in ParameterName]: ParameterOf<ParameterValues[N]> } = {
  ...SERVER_ALARM_PARAMETERS,
  ...SERVER_BILLING_PARAMETERS,
  ...SERVER_CDR_PARAMETERS,
  ...SERVER_REPORT_PARAMETERS,
  ...SERVER_SECURITY_PARAMETERS,
  ...SERVER_SYSTEM_PARAMETERS,
  ...H323_PARAMETERS,
  ...SIP_PARAMETERS,
  ...SOFTSWITCH_SYSTEM_PARAMETERS,
  ...BLACKLIST_PARAMETERS,
  ...AUDIO_PARAMETERS,
};

/** The names of all parameters, category by category. */
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[];

/** Names that are written differently elsewhere. */
const ALIASES: Readonly<Record<string, ParameterName>> = {
  SERVER_BILLING_FEE_PRECISTION: 'SERVER_BILLING_FEE_PRECISION',
};

/** The parameter of this name, upper and lower case alike; undefined when there is none. */
export function parameterNamed(text: string): ParameterName | undefined {
  const name = text.trim().toUpperCase();
  return ALIASES[name] ?? PARAMETER_NAMES.find((known) => known === name);
}
