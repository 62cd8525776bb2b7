// Parameters that are lists, written as a list or as one text with commas. parse-value.ts asks;
// undefined is "refused".
import type {
  IntegerSetParameter,
  PortRangeParameter,
  SecondsListParameter,
  TextListParameter,
  WordListParameter,
} from './parameter-types.ts';

/** Seconds, fractions allowed, in the order written. */
export function parseSecondsList(
  { min, max, maxEntries, maxSum }: SecondsListParameter,
  raw: unknown,
): readonly number[] | undefined {
  const items: unknown[] = Array.isArray(raw) ? raw : String(raw).split(',');
  const values: number[] = [];
  for (const item of items) {
    const text = typeof item === 'number' ? String(item) : item;
    if (typeof text !== 'string' || !/^\s*\d+(\.\d+)?\s*$/.test(text)) return undefined;
    const value = Number(text);
    if (value < min || value > max || value < (values.at(-1) ?? 0)) return undefined;
    values.push(value);
  }
  const sum = values.reduce((total, value) => total + value, 0);
  const fits = values.length >= 1 && values.length <= maxEntries && sum <= maxSum;
  return fits ? values : undefined;
}

/** Whole numbers, ascending, each once. */
export function parseIntegerSet(
  { min, max }: IntegerSetParameter,
  raw: unknown,
): readonly number[] | undefined {
  const values = new Set<number>();
  for (const item of itemsOf(raw) ?? [undefined]) {
    const text = typeof item === 'number' ? String(item) : item;
    if (typeof text !== 'string' || !/^\s*\d{1,9}\s*$/.test(text)) return undefined;
    const value = Number(text);
    if (value < min || value > max) return undefined;
    values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

/** Texts, each once. Numbers are refused: YAML has taken zeros and a plus from their front. */
export function parseTextList(
  { pattern, maxEntries }: TextListParameter,
  raw: unknown,
): readonly string[] | undefined {
  const values = new Set<string>();
  for (const item of itemsOf(raw) ?? [undefined]) {
    if (typeof item !== 'string' || !pattern.test(item.trim())) return undefined;
    values.add(item.trim());
  }
  return values.size <= maxEntries ? [...values] : undefined;
}

/** Words of the parameter's own spelling, each once. */
export function parseWordList(
  { values }: WordListParameter,
  raw: unknown,
): readonly string[] | undefined {
  const chosen = new Set<string>();
  for (const item of itemsOf(raw) ?? [undefined]) {
    const text = String(item).trim().toLowerCase();
    const value = values.find((candidate) => candidate.toLowerCase() === text);
    if (value === undefined) return undefined;
    chosen.add(value);
  }
  return chosen.size === 0 ? undefined : [...chosen];
}

/** `10000-39999`, `10000,39999` or a list of two. */
export function parsePortRange(
  { min, max }: PortRangeParameter,
  raw: unknown,
): readonly [number, number] | undefined {
  const items: unknown[] = Array.isArray(raw) ? raw : String(raw).split(/[-,]/);
  if (items.length !== 2 || !items.every((item) => /^\s*\d{1,5}\s*$/.test(String(item)))) {
    return undefined;
  }
  const [first, last] = items.map(Number) as [number, number];
  return first >= min && last <= max && first < last ? [first, last] : undefined;
}

/** The items of a list or a text with commas; none of an empty text, `None` or null. */
function itemsOf(raw: unknown): readonly unknown[] | undefined {
  if (Array.isArray(raw)) return raw as readonly unknown[];
  if (raw === null || raw === '') return [];
  if (typeof raw === 'number') return [raw];
  if (typeof raw !== 'string') return undefined;
  return raw.toLowerCase() === 'none' ? [] : raw.split(',');
}
