// A parameter's value as operators write it: On, None, 0.5,1,2, 10000-39999. What comes out goes in
// again through parse-value.ts.
import type { ParameterName } from '../base/parameter-values.ts';
import type { Parameter, ParameterValue } from './parameter-types.ts';
import { PARAMETERS } from './registry.ts';

/** @param value in the parameter's type, as parse-value.ts gives it */
export function formatValue(name: ParameterName, value: ParameterValue): string {
  const parameter: Parameter = PARAMETERS[name];
  if (value === null) {
    return (parameter.type === 'integer-or-none' ? parameter.noneText : undefined) ?? 'None';
  }
  if (typeof value === 'boolean') return value ? 'On' : 'Off';
  if (Array.isArray(value))
    return (value as readonly unknown[]).join(parameter.type === 'port-range' ? '-' : ',');
  return String(value);
}
