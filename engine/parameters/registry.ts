// The parameter registry: type, range, default, unit and meaning of every parameter in force.
// Provisioning validates against it; consoles and documentation read it.
import type { ParameterName, ParameterValues } from '../base/parameter-values.ts';
import type { ParameterOf } from './parameter-types.ts';
import { SERVER_PARAMETERS } from './server-parameters.ts';
import { SOFTSWITCH_PARAMETERS } from './softswitch-parameters.ts';

/** Every parameter in force, by name. */
export const PARAMETERS: { readonly [N in ParameterName]: ParameterOf<ParameterValues[N]> } = {
  ...SOFTSWITCH_PARAMETERS,
  ...SERVER_PARAMETERS,
};

/** The names of all parameters in force. */
export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[];
