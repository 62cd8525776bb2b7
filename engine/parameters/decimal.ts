// Decimals that are compared without ever becoming a float: prices and limits of parameters.
import { parseMoney } from '../base/money.ts';

/** The text without blanks when it is a decimal of at most 9 places within the range. */
export function decimalInRange(text: string, min: string, max: string): string | undefined {
  const [value, lowest, highest] = [text.trim(), min, max].map(parseMoney);
  if (value === undefined || value < lowest! || value > highest!) return undefined;
  return text.trim();
}
