// Which slot of the shared gates counts what. The first slots are the system's own, the others are
// handed to gateways by slot-allocator.ts.

/** Calls at once of the whole switch: SS_MAX_CONCURRENT_CALL. */
export const SYSTEM_CALLS = 0;
/** New calls per second of the whole switch: SS_MAX_CALL_PER_SECOND. */
export const SYSTEM_CALL_RATE = 1;
/** Calls at once of gateways that are no longer provisioned: restored after a crash, no limit. */
export const REMOVED_GATEWAYS = 2;
/** Calls at once from and to phones that have no capacity of their own: no limit. */
export const PHONE_CALLS = 3;
/** Slots below are reserved for the system. */
export const FIRST_GATEWAY_SLOT = 16;
/** Slots in all: what the gates are sized for, and so the most gateways. */
export const GATE_SLOTS = 16_384;
