// Finds address ranges that two owners claim. Ranges are nested or disjoint, so one pass over them
// in address order with the stack of those still open is enough.
import type { IpWords } from '../base/ip-address.ts';
import { maskWords } from './cidr.ts';
import type { Cidr } from './cidr.ts';

interface Claim {
  readonly cidr: Cidr;
  readonly owner: string;
}

/** Pairs `[outer, inner]` of different owners where outer holds inner; one pair per inner claim. */
export function findOverlaps<C extends Claim>(claims: readonly C[]): [C, C][] {
  const sorted = [...claims].sort(byAddressThenLength);
  const overlaps: [C, C][] = [];
  const open: C[] = [];
  for (const claim of sorted) {
    while (open.length > 0 && !holds(open.at(-1)!.cidr, claim.cidr)) open.pop();
    const other = open.findLast((outer) => outer.owner !== claim.owner);
    if (other !== undefined) overlaps.push([other, claim]);
    open.push(claim);
  }
  return overlaps;
}

function byAddressThenLength(a: Claim, b: Claim): number {
  if (a.cidr.family !== b.cidr.family) return a.cidr.family - b.cidr.family;
  for (let i = 0; i < 4; i++) {
    const order = (a.cidr.words[i]! >>> 0) - (b.cidr.words[i]! >>> 0);
    if (order !== 0) return order;
  }
  return a.cidr.bits - b.cidr.bits;
}

function holds(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  const start: IpWords = new Int32Array(4);
  maskWords(inner.words, outer.bits, start);
  return start.every((word, i) => word === outer.words[i]);
}
