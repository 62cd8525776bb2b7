// Whether a new call is taken: the limits of the whole switch and of the mapping gateway. Places
// that were taken are given back when a later limit refuses, so that every counter stays exact.
import { C } from '../base/counter-names.ts';
import { SYSTEM_CALL_RATE, SYSTEM_CALLS } from '../routing/gate-slots.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import type { CallContext } from './call-context.ts';
import { release, type Release } from './release.ts';

const SYSTEM_RATE = release(
  503,
  'Calls per second of the switch at their limit',
  'server',
  'Retry-After: 1\r\n',
);
const SYSTEM_FULL = release(
  503,
  'Concurrent calls of the switch at their limit',
  'server',
  'Retry-After: 5\r\n',
);
const GATEWAY_LOCKED = release(403, 'Mapping gateway locked', 'server');
const GATEWAY_RATE = release(
  503,
  'Calls per second of the mapping gateway at their limit',
  'server',
  'Retry-After: 1\r\n',
);
const GATEWAY_FULL = release(
  503,
  'Line limit of the mapping gateway reached',
  'server',
  'Retry-After: 5\r\n',
);

/** Takes a place for the call everywhere; null when it is admitted, else why it is refused. */
export function admit(context: CallContext, gateway: MappingGateway): Release | null {
  const { gates, counters, parameters } = context;
  const nowMs = context.clock.wallMs();
  if (gateway.locked) return GATEWAY_LOCKED;
  if (!gates.tryRate(gateway.slot, gateway.cps, nowMs)) {
    counters.add(C.callsRefusedGatewayRate, 1);
    return GATEWAY_RATE;
  }
  if (!gates.tryRate(SYSTEM_CALL_RATE, parameters.SS_MAX_CALL_PER_SECOND, nowMs)) {
    counters.add(C.callsRefusedSystemRate, 1);
    return SYSTEM_RATE;
  }
  if (!gates.tryEnter(gateway.slot, gateway.capacity)) {
    counters.add(C.callsRefusedGatewayCapacity, 1);
    return GATEWAY_FULL;
  }
  if (!gates.tryEnter(SYSTEM_CALLS, parameters.SS_MAX_CONCURRENT_CALL)) {
    gates.leave(gateway.slot);
    counters.add(C.callsRefusedSystemCapacity, 1);
    return SYSTEM_FULL;
  }
  return null;
}
