// What must hold of the gates at every moment: as many places taken as there are calls, of the
// switch and of each kind of gateway, and none above its limit.
import { SYSTEM_CALLS } from '../../engine/routing/gate-slots.ts';
import type { Snapshot } from '../../engine/routing/snapshot.ts';
import type { Edge } from './edge.ts';

export function checkGates(
  { gates, cores }: Edge,
  { mappingGateways, routingGateways, parameters }: Snapshot,
  complain: (problem: string) => void,
): void {
  let calls = 0;
  for (const core of cores) calls += core.gauges().calls;
  const taken = gates.occupied(SYSTEM_CALLS);
  if (taken !== calls) complain(`${calls} calls, ${taken} places taken of the switch`);
  if (taken > parameters.SS_MAX_CONCURRENT_CALL) complain(`${taken} calls, over the limit`);
  let held = 0;
  for (const { slot, capacity, name } of mappingGateways) {
    const occupied = gates.occupied(slot);
    held += occupied;
    if (occupied > capacity) complain(`${name}: ${occupied} calls, over the limit`);
  }
  if (held !== calls) complain(`${calls} calls, ${held} places taken of mapping gateways`);
  held = 0;
  for (const { slot, capacity, name } of routingGateways) {
    const occupied = gates.occupied(slot);
    held += occupied;
    if (occupied > capacity) complain(`${name}: ${occupied} calls, over the limit`);
  }
  if (held > calls) complain(`${calls} calls, ${held} places taken of routing gateways`);
}
