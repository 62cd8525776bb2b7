// Money: bigint in units of 1e-9 of the currency; decimal strings at every border; never a float.

export type Money = bigint;

const SCALE = 9;
const UNIT = 10n ** BigInt(SCALE);
const DECIMAL = /^(-?)(\d{1,29})(?:\.(\d{1,9}))?$/;

/** `"-0.012"` → `-12000000n`; undefined when the text is not a decimal with at most 9 places. */
export function parseMoney(text: string): Money | undefined {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const fraction = (match[3] ?? '').padEnd(SCALE, '0');
  const value = BigInt(match[2]!) * UNIT + BigInt(fraction);
  return match[1] === '-' ? -value : value;
}

/** The shortest exact decimal: `12000000n` → `"0.012"`. */
export function formatMoney(value: Money): string {
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE + 1, '0');
  const fraction = digits.slice(-SCALE).replace(/0+$/, '');
  return sign + digits.slice(0, -SCALE) + (fraction === '' ? '' : `.${fraction}`);
}
