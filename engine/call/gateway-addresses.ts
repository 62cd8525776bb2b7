// The addresses of a vendor that is given by name, in the order in which a call tries them: by
// priority, and among equal ones by chance in proportion to their weights (RFC 2782).
import type { Random } from '../base/random.ts';
import type { GatewayAddress } from '../routing/snapshot.ts';

/** @param addresses by priority */
export function orderAddresses(
  addresses: readonly GatewayAddress[],
  random: Random,
): readonly GatewayAddress[] {
  if (addresses.length < 2) return addresses;
  const ordered: GatewayAddress[] = [];
  for (let first = 0; first < addresses.length;) {
    const { priority } = addresses[first]!;
    const group: GatewayAddress[] = [];
    while (addresses[first]?.priority === priority) group.push(addresses[first++]!);
    while (group.length > 0) ordered.push(take(group, random));
  }
  return ordered;
}

/** Takes one out. Weight 0 has a small chance beside others, as RFC 2782 wants. */
function take(group: GatewayAddress[], random: Random): GatewayAddress {
  const weightOf = ({ weight }: GatewayAddress): number => weight * 1000 + 1;
  const total = group.reduce((sum, each) => sum + weightOf(each), 0);
  let left = (random.u32() / 2 ** 32) * total;
  let i = 0;
  while (i < group.length - 1 && left >= weightOf(group[i]!)) left -= weightOf(group[i++]!);
  return group.splice(i, 1)[0]!;
}
