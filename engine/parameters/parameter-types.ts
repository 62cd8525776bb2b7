// What can be said about a parameter: its type with range or form, default, unit and meaning.
// The entries are softswitch-parameters.ts and server-parameters.ts; parse-value.ts reads values.

interface Described<T> {
  readonly default: T;
  /** Unit of the value; null for switches and texts. */
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

/** Whole number within `min`..`max`, or None (null): no limit, or switched off. */
export interface OptionalIntegerParameter extends Described<number | null> {
  readonly type: 'integer-or-none';
  readonly min: number;
  readonly max: number;
  /** What null is called besides None. */
  readonly noneText?: string;
}

/** One of a few words, upper and lower case alike. */
export interface EnumParameter<T extends string = string> extends Described<T> {
  readonly type: 'enum';
  readonly values: readonly T[];
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

/** Set of whole numbers within `min`..`max`, kept ascending and without doubles; may be empty. */
export interface IntegerSetParameter extends Described<readonly number[]> {
  readonly type: 'integer-set';
  readonly min: number;
  readonly max: number;
}

/** A text; empty means none. */
export interface TextParameter extends Described<string> {
  readonly type: 'text';
  /** Whether a text that is not empty may be set. */
  readonly accepts: (text: string) => boolean;
  /** Completes "must be empty or ...". */
  readonly form: string;
}

/** List of texts without doubles, in the order written; may be empty. */
export interface TextListParameter extends Described<readonly string[]> {
  readonly type: 'text-list';
  readonly pattern: RegExp;
  readonly maxEntries: number;
  /** Completes "a list of ...". */
  readonly form: string;
}

export type Parameter =
  | BooleanParameter
  | IntegerParameter
  | OptionalIntegerParameter
  | EnumParameter
  | SecondsListParameter
  | IntegerSetParameter
  | TextParameter
  | TextListParameter;

/** The kinds of parameter that a value of type `T` may have. */
export type ParameterOf<T> = [T] extends [string]
  ? string extends T
    ? TextParameter
    : EnumParameter<T>
  : Extract<Parameter, Described<T>>;

/** A whole number of seconds. */
export function seconds(
  defaultValue: number,
  min: number,
  max: number,
  meaning: string,
): IntegerParameter {
  return { type: 'integer', default: defaultValue, min, max, unit: 's', meaning };
}

/** A switch. */
export function onOff(defaultValue: boolean, meaning: string): BooleanParameter {
  return { type: 'boolean', default: defaultValue, unit: null, meaning };
}

/** One of a few words. */
export function oneOf<T extends string>(
  defaultValue: T,
  values: readonly T[],
  meaning: string,
): EnumParameter<T> {
  return { type: 'enum', default: defaultValue, values, unit: null, meaning };
}
