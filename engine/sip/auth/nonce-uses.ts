// Which nonce counts of which nonces were used (RFC 7616 3.4.6): a request that comes twice with
// the same count is a replay. Bounded: the newest nonces in use are remembered; one that was
// forgotten is answered as stale, so that its client begins anew.

/** Nonce number + 1, highest count, bits of the counts just below it. */
const CELLS = 3;
const WINDOW = 32;

export const NonceUse = {
  /** The count was not used before. */
  Fresh: 0,
  /** A replay. */
  Seen: 1,
  /** Nothing is known of the nonce any more. */
  Forgotten: 2,
} as const;
export type NonceUse = (typeof NonceUse)[keyof typeof NonceUse];

export class NonceUses {
  readonly #cells: Uint32Array;
  readonly #mask: number;

  /** @param nonces how many are remembered, a power of two; 12 bytes each */
  constructor(nonces: number) {
    this.#cells = new Uint32Array(nonces * CELLS);
    this.#mask = nonces - 1;
  }

  /** Whether the nonce was used before and is remembered. */
  knows(number: number): boolean {
    return this.#cells[this.#at(number)] === (number + 1) >>> 0;
  }

  /** Notes the use of a count, 1 to 2^32-1; not when it is not fresh. */
  use(number: number, count: number): NonceUse {
    const cells = this.#cells;
    const at = this.#at(number);
    const mark = (number + 1) >>> 0;
    const known = cells[at]!;
    if (known !== mark) {
      // The place belongs to a nonce that is newer.
      if (known !== 0 && ((known - mark) | 0) > 0) return NonceUse.Forgotten;
      cells[at] = mark;
      cells[at + 1] = count;
      cells[at + 2] = 1;
      return NonceUse.Fresh;
    }
    const highest = cells[at + 1]!;
    if (count > highest) {
      const ahead = count - highest;
      cells[at + 1] = count;
      cells[at + 2] = ahead >= WINDOW ? 1 : (cells[at + 2]! << ahead) | 1;
      return NonceUse.Fresh;
    }
    const behind = highest - count;
    if (behind >= WINDOW || (cells[at + 2]! & (1 << behind)) !== 0) return NonceUse.Seen;
    cells[at + 2] = cells[at + 2]! | (1 << behind);
    return NonceUse.Fresh;
  }

  #at(number: number): number {
    return (number & this.#mask) * CELLS;
  }
}
