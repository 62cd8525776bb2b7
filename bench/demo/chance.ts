// Distributions that traffic is drawn from, over an injected Random.
import type { Random } from '../../engine/base/random.ts';

/** 0 up to, but never, 1. */
export function uniform(random: Random): number {
  return random.u32() / 0x1_0000_0000;
}

/** Between `low` and `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + uniform(random) * (high - low);
}

/** Times between independent events: exponential with this mean. */
export function exponential(random: Random, mean: number): number {
  return -mean * Math.log(1 - uniform(random));
}

/** One of the entries, each as often as its weight says. */
export function weighted<T extends { readonly weight: number }>(
  random: Random,
  entries: readonly T[],
): T {
  const total = entries.reduce((sum, { weight }) => sum + weight, 0);
  let left = uniform(random) * total;
  for (const entry of entries) {
    left -= entry.weight;
    if (left < 0) return entry;
  }
  return entries[entries.length - 1]!;
}
