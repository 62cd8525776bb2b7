// Calls whose peers have session timers (RFC 4028), for the flow tests: what each side says in its
// INVITE or 2xx is given, what the switch said to it comes back with the legs.
import { sdpText, type TextMessage } from '../../sim/text-message.ts';
import { Flow, Leg, type FlowOptions } from './flow.ts';

export const TIMER = 'Supported: timer\r\n';
export const UPDATES = 'Allow: INVITE, ACK, BYE, UPDATE\r\n';

export interface TimedTalk {
  readonly flow: Flow;
  readonly caller: Leg;
  readonly callee: Leg;
  /** What the vendor was offered, and what the caller was answered. */
  readonly offered: TextMessage;
  readonly answer: TextMessage;
}

export interface Said {
  /** Header lines of the caller's INVITE and of the vendor's 2xx. */
  readonly caller?: string;
  readonly vendor?: string;
}

export function timedTalk(
  said: Said,
  options: FlowOptions = {},
  flow = new Flow(options),
): TimedTalk {
  const invite = flow.caller.invite({ extra: said.caller ?? '' });
  const offered = flow.vendor.take('INVITE');
  flow.vendor.answer(offered, 200, { tag: 'v', extra: said.vendor ?? '', body: sdpText(2) });
  const answer = flow.caller.take('200 INVITE');
  const caller = Leg.ofCaller(flow.caller, invite, answer);
  caller.ack();
  flow.vendor.take('ACK');
  flow.caller.inbox.length = 0;
  return { flow, caller, callee: Leg.ofCallee(flow.vendor, offered, 'v'), offered, answer };
}

/** Session-Expires in a 2xx of a peer that knows session timers. */
export function grants(seconds: number, refresher: 'uac' | 'uas'): string {
  return `Require: timer\r\nSession-Expires: ${seconds};refresher=${refresher}\r\n`;
}
