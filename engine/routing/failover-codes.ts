// Which final codes of a vendor lead to the next gateway. Every failure of a vendor does, unless
// the code speaks for the callee: then another vendor would only reach the same callee again.

/** Lowest and highest final code that can fail over. */
const LOWEST = 300;
const HIGHEST = 699;

/** 486, 600: the callee is busy; SS_GATEWAY_SWITCH_UNTIL_CONNECT goes on even so. */
export function isBusy(code: number): boolean {
  return code === 486 || code === 600;
}

/**
 * The default list: all failures but busy (486, 600), the end of a cancelled call (487), and the
 * callee's refusal (603 Decline, RFC 8197 607 Unwanted, RFC 8688 608 Rejected).
 */
export const DEFAULT_FAILOVER_CODES: readonly string[] = [
  '3xx',
  '4xx',
  '5xx',
  '6xx',
  '!486',
  '!487',
  '!600',
  '!603',
  '!607',
  '!608',
];

/** An entry of a list: a code, a class such as 5xx, or either with `!` in front: not this one. */
export const FAILOVER_ENTRY = /^!?[3-6](?:\d\d|xx)$/;

/**
 * One cell per code 300..699, 1 = try the next gateway. A code counts before its class, whatever
 * the order; entries that FAILOVER_ENTRY refuses are ignored.
 */
export function compileFailoverCodes(entries: readonly string[]): Uint8Array {
  const cells = new Uint8Array(HIGHEST - LOWEST + 1);
  const valid = entries.filter((entry) => FAILOVER_ENTRY.test(entry));
  const isClass = (entry: string): boolean => entry.endsWith('xx');
  const classesFirst = [...valid.filter(isClass), ...valid.filter((entry) => !isClass(entry))];
  for (const entry of classesFirst) {
    const code = Number(entry.replace('!', '').replace('xx', '00')) - LOWEST;
    cells.fill(entry.startsWith('!') ? 0 : 1, code, code + (isClass(entry) ? 100 : 1));
  }
  return cells;
}

/** Whether a list leads to the next gateway after a vendor's final code. */
export function failsOver(cells: Uint8Array, code: number): boolean {
  return cells[code - LOWEST] === 1;
}
