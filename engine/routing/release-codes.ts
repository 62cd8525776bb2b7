// The final code a customer gets for a failed call: the vendor's code passed through, but for
// codes that speak about our relation to the vendor, and the mapping gateway's table over both.
// Call control asks once per failed call; codes of protocol replies (400, 481, 487 after CANCEL)
// never come here.

/**
 * Codes that do not pass, with what the customer gets instead.
 * - 3xx not followed: the callee moved for good (410, as RFC 3398 7.2.4.1 maps cause 22, number
 *   changed) or is elsewhere for now (480).
 * - 305, 401, 402, 407, 494: the vendor wants its proxy, our credentials, our money or a security
 *   agreement: it is unusable for the call, and the customer may try elsewhere: 503.
 * - 405 to 423 and the rest: our request was not to the vendor's liking; the customer can change
 *   nothing about headers that we wrote: 500. 482 and 483 would tell of a loop that is not his, as
 *   each leg starts its own Via and Max-Forwards.
 */
const REPLACED: ReadonlyMap<number, number> = new Map([
  [300, 480],
  [301, 410],
  [302, 480],
  [305, 503],
  [380, 480],
  [401, 503],
  [402, 503],
  [405, 500],
  [407, 503],
  [416, 500],
  [417, 500],
  [420, 500],
  [421, 500],
  [422, 500],
  [423, 500],
  [481, 500],
  [482, 500],
  [483, 500],
  [491, 500],
  [494, 503],
  [505, 500],
]);

/** Key of a mapping gateway's table for every code without an entry of its own. */
const OTHERS = 0;

/**
 * The code for the customer, 400..699.
 * @param code final code of the vendor, or ours for a call that no vendor took, 300..699
 * @param overrides releaseCodes of the mapping gateway: key 0 = every other code, value 0 = as
 *   without the table
 */
export function releaseCode(code: number, overrides: ReadonlyMap<number, number>): number {
  if (overrides.size > 0) {
    const own = overrides.get(code) ?? overrides.get(OTHERS) ?? 0;
    if (own !== 0) return own;
  }
  const replaced = REPLACED.get(code);
  if (replaced !== undefined) return replaced;
  return code < 400 ? 480 : code;
}
