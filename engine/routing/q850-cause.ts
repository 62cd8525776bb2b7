// Final SIP code → Q.850 cause of the release, for the Reason header (RFC 3326) and the records.
// RFC 3398 section 8.2.6.1 is the table; 488 and 606 go by Warning there, without one it is 31.

/** Normal call clearing: the end of an answered or cancelled call. */
export const CAUSE_NORMAL_CLEARING = 16;
const CAUSE_NORMAL_UNSPECIFIED = 31;

const CAUSES: ReadonlyMap<number, number> = new Map([
  [400, 41],
  [401, 21],
  [402, 21],
  [403, 21],
  [404, 1],
  [405, 63],
  [406, 79],
  [407, 21],
  [408, 102],
  [410, 22],
  [413, 127],
  [414, 127],
  [415, 79],
  [416, 127],
  [420, 127],
  [421, 127],
  [423, 127],
  [480, 18],
  [481, 41],
  [482, 25],
  [483, 25],
  [484, 28],
  [485, 1],
  [486, 17],
  [487, CAUSE_NORMAL_CLEARING],
  [500, 41],
  [501, 79],
  [502, 38],
  [503, 41],
  [504, 102],
  [505, 127],
  [513, 127],
  [600, 17],
  [603, 21],
  [604, 1],
]);

/**
 * Q.850 cause value, 1..127, of a final code. 487 has none in the RFC: it ends a call that its
 * caller cancelled, which is normal clearing. Codes younger than the RFC are 31, unspecified.
 */
export function q850Cause(code: number): number {
  if (code >= 200 && code < 300) return CAUSE_NORMAL_CLEARING;
  return CAUSES.get(code) ?? CAUSE_NORMAL_UNSPECIFIED;
}
