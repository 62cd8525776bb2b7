// Command lines of the benches: `--name value` and `--name` flags, checked against what a bench
// knows.

/** Values by name; a flag has the value `true`. */
export type Arguments = ReadonlyMap<string, string | true>;

/** A mistake on the command line: `main.ts` prints the message and exits with 2. */
export class UsageError extends Error {}

/** @param known names with `value` when one must follow, `flag` when none may. */
export function parseArguments(
  words: readonly string[],
  known: Readonly<Record<string, 'value' | 'flag'>>,
): Arguments {
  const result = new Map<string, string | true>();
  for (let i = 0; i < words.length; i++) {
    const name = words[i]!.replace(/^--/, '');
    const kind = words[i]!.startsWith('--') ? known[name] : undefined;
    if (kind === undefined) {
      const names = Object.keys(known).map((key) => `--${key}`);
      throw new UsageError(`unknown argument ${words[i]!}; known: ${names.join(' ')}`);
    }
    if (kind === 'flag') {
      result.set(name, true);
      continue;
    }
    const value = words[++i];
    if (value === undefined) throw new UsageError(`--${name} needs a value`);
    result.set(name, value);
  }
  return result;
}

/** The number given as `name`, between `min` and `max`, or `fallback` when it is not given. */
export function numberOf(
  given: Arguments,
  name: string,
  fallback: number,
  min = 1,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const text = given.get(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (text === true || !Number.isFinite(value) || value < min || value > max) {
    throw new UsageError(`--${name} must be a number from ${min} to ${max}, not ${String(text)}`);
  }
  return value;
}

/** The text given as `name`, one of `allowed`, or `fallback` when it is not given. */
export function choiceOf<T extends string>(
  given: Arguments,
  name: string,
  allowed: readonly T[],
  fallback: T,
): T {
  const text = given.get(name);
  if (text === undefined) return fallback;
  const found = allowed.find((value) => value === text);
  if (found === undefined) {
    throw new UsageError(`--${name} must be one of ${allowed.join(', ')}, not ${String(text)}`);
  }
  return found;
}
