// A parameter as it is listed: its value, and all that the registry says about it.
import type { ParameterName, ParameterValues } from '../../base/parameter-values.ts';
import { valueOf } from '../../config/change-parameters.ts';
import { CROSS_RULES } from '../../parameters/cross-rules.ts';
import { formatValue } from '../../parameters/format-value.ts';
import type { Parameter } from '../../parameters/parameter-types.ts';
import { allowedValues } from '../../parameters/parse-value.ts';
import { CATEGORIES, PARAMETERS } from '../../parameters/registry.ts';
import { WITHOUT_EFFECT } from '../../parameters/without-effect.ts';

const READ_ONLY = 'read-only';

export interface ParameterView {
  readonly name: ParameterName;
  readonly category: string;
  readonly value: string;
  readonly default: string;
  /** What may be set. */
  readonly range: string;
  readonly unit: string;
  /** Why setting it does nothing yet; null: it takes effect at once. */
  readonly withoutEffect: string | null;
  readonly meaning: string;
  /** The setting of a gateway or phone that goes before it. */
  readonly override: string | null;
  readonly rules: readonly string[];
}

/** What `list` is asked for. */
export interface ParameterFilter {
  readonly text: string;
  readonly category: string;
  readonly changed: boolean;
}

export function viewParameter(
  name: ParameterName,
  stored: Partial<ParameterValues>,
): ParameterView {
  const parameter: Parameter = PARAMETERS[name];
  const [category] = Object.entries(CATEGORIES).find(([, names]) => name in names)!;
  return {
    name,
    category,
    value: formatValue(name, valueOf(stored, name)),
    default: formatValue(name, parameter.default),
    range: parameter.readOnly === true ? READ_ONLY : allowedValues(parameter),
    unit: parameter.unit ?? '',
    withoutEffect: WITHOUT_EFFECT[name] ?? null,
    meaning: parameter.meaning,
    override: parameter.override ?? null,
    rules: CROSS_RULES.filter(({ names }) => names.includes(name)).map(
      ({ names, severity, text }) =>
        `${names[0]} ${severity === 'refusal' ? 'must' : 'should'} ${text}`,
    ),
  };
}

/** Those that the filter lets through, in the order of the categories. */
export function listParameters(
  stored: Partial<ParameterValues>,
  { text, category, changed }: ParameterFilter,
): ParameterView[] {
  const part = text.toLowerCase();
  return (Object.keys(PARAMETERS) as ParameterName[])
    .map((name) => viewParameter(name, stored))
    .filter((view) => view.category.startsWith(category.toLowerCase()))
    .filter((view) => !changed || (view.value !== view.default && view.range !== READ_ONLY))
    .filter(({ name, meaning }) => `${name}\n${meaning}`.toLowerCase().includes(part));
}
