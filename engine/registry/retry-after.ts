// Retry-After of a gateway's 503 (RFC 3261 20.33, 21.5.4): it gets no calls until then. In other
// failures the field speaks of the callee (480, 486, 600) or of one request (500), not of the
// gateway, so it counts in a 503 only.
import { C, type CounterRow } from '../base/counter-names.ts';
import type { Clock } from '../base/clock.ts';
import type { GatewayStates } from '../base/gateway-states.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';

/** Longest pause that a gateway may ask for; a longer one counts as this. */
export const MAX_PAUSE_SECONDS = 3600;

interface PauseContext {
  readonly clock: Clock;
  readonly counters: CounterRow;
  readonly states: GatewayStates;
}

/** Notes the pause that the response asks for, if it does. @param slot of its gateway */
export function notePause(context: PauseContext, slot: number, response: SipMessage): void {
  if (response.status !== 503) return;
  const seconds = headerNumber(response, HeaderId.RetryAfter);
  if (seconds <= 0) return;
  const { clock, counters, states } = context;
  counters.add(C.gatewayPauses, 1);
  states.retryAfter(slot, clock.wallMs() + Math.min(seconds, MAX_PAUSE_SECONDS) * 1000);
}
