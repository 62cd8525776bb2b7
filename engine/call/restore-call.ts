// Makes calls again of the states that a process left behind when it died: both dialogs under their
// old tags, the answered attempt, the places in the gates. engine/shard/restore-calls.ts finds the
// states before the shard reads its sockets.
// What the dead process had on its way is not sent again: a 200 that the caller did not get (it
// gives up by CANCEL, see call-of-invite.ts), a BYE that the other side did not get.
import type { Endpoint } from '../base/endpoint.ts';
import { hostPort } from '../base/endpoint.ts';
import type { TransportName } from '../base/gateway-words.ts';
import { C } from '../base/counter-names.ts';
import { ALIVE_MS, type CallState, type DialogState } from '../cdr/call-state.ts';
import { PLAIN_MAPPING_GATEWAY, PLAIN_ROUTING_GATEWAY } from '../routing/plain-gateways.ts';
import { REMOVED_GATEWAYS, SYSTEM_CALLS } from '../routing/gate-slots.ts';
import { NO_LIMIT } from '../routing/snapshot.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../routing/snapshot.ts';
import { Dialog, type Side } from '../sip/dialog/dialog.ts';
import { Call } from './call.ts';
import type { Target } from './attempt.ts';
import type { CallContext } from './call-context.ts';
import { localFor } from './local-address.ts';
import { CALLED_PHONES } from './phone-gateway.ts';

/**
 * CSeq goes on this much higher, and one more for each 10 ms since the state was written: more than
 * the requests that were sent on a dialog since, also when the same state is restored twice. Gaps
 * are no error (RFC 3261 12.2.2).
 */
const CSEQ_GAP = 1000;
const CSEQ_STEP_MS = 10;
/** CSeq numbers stay below 2^31 (RFC 3261 8.1.1.5). */
const MAX_CSEQ = 0x7fffffff;

/** What a call that goes on after a restart consists of (restore-call.ts). */
export interface CarriedCall {
  readonly state: CallState;
  readonly caller: Dialog<Call>;
  readonly callee: Dialog<Call>;
  readonly target: Target;
  /** Until its state is written next. */
  readonly aliveMs: number;
}

export class CallRestorer {
  readonly #context: CallContext;
  readonly #customers: ReadonlyMap<string, MappingGateway>;
  readonly #vendors: ReadonlyMap<string, RoutingGateway>;
  /** One object for each peer, as the network gives them. */
  readonly #peers = new Map<string, Endpoint>();

  constructor(context: CallContext, { mappingGateways, routingGateways }: Snapshot) {
    this.#context = context;
    this.#customers = new Map(mappingGateways.map((gateway) => [gateway.name, gateway]));
    this.#vendors = new Map(routingGateways.map((gateway) => [gateway.name, gateway]));
  }

  /**
   * Goes on with a call. Limits do not count: it has its place already. Its state goes on record
   * at once, so that the next crash may come at any time, and then at a moment of its own in each
   * minute: thousands at once would fill the ring to the recorder.
   */
  restore(state: CallState): void {
    const context = this.#context;
    const { record } = state;
    const { access } = context;
    const customer =
      this.#customers.get(record.mappingGateway) ??
      access.phoneThatCalls(record.phone) ??
      removedCustomer(state);
    const vendor =
      this.#vendors.get(record.routingGateway) ??
      (record.routingGateway === CALLED_PHONES ? access.calledPhone(record.calleeOut) : null) ??
      removedVendor(state);
    for (const slot of [SYSTEM_CALLS, customer.slot, vendor.slot]) {
      context.gates.tryEnter(slot, NO_LIMIT);
    }
    const call = new Call(context, customer, record);
    const sinceMs = Math.max(0, context.clock.wallMs() - state.writtenAtMs);
    const gap = CSEQ_GAP + Math.floor(sinceMs / CSEQ_STEP_MS);
    const caller = this.#dialog(call, 'caller', state.caller, state.callerListen, gap);
    const callee = this.#dialog(call, 'callee', state.callee, state.calleeListen, gap);
    caller.sendTo(customer.requestAddress);
    callee.sendTo(vendor.requestAddress);
    caller.partner = callee;
    callee.partner = caller;
    const { prefix } = state.attempt;
    call.resume({
      state,
      caller,
      callee,
      target: {
        gateway: vendor,
        prefix,
        peer: callee.source,
        transport: context.locals[callee.local]!.transport,
        domain: '',
        others: [],
        callee: record.calleeOut,
        contact: null,
      },
      aliveMs: context.random.u32() % ALIVE_MS,
    });
    context.counters.add(C.callsRestored, 1);
  }

  #dialog(
    call: Call,
    side: Side,
    state: DialogState,
    listen: string,
    cseqGap: number,
  ): Dialog<Call> {
    const peer = this.#peer(state.source);
    const local = this.#local(listen, peer);
    const dialog = new Dialog<Call>(call, side, state.callId, local, peer);
    dialog.localName = state.localName;
    dialog.remoteAddress = state.remoteAddress;
    dialog.localTag = state.localTag;
    dialog.remoteTag = state.remoteTag;
    dialog.localCseq = Math.min(state.localCseq + cseqGap, MAX_CSEQ);
    dialog.remoteCseq = state.remoteCseq;
    dialog.inviteCseq = state.inviteCseq;
    dialog.contact = state.contact;
    dialog.restoreTarget(state.remoteTarget, state.routeSet);
    this.#context.dialogs.restore(dialog);
    return dialog;
  }

  /**
   * The leg's listen address; where it is gone, one that reaches the peer, or the first. Over TCP
   * and TLS the connection died with the process: main opens a new one for the first request.
   */
  #local(listen: string, peer: Endpoint): number {
    const { locals } = this.#context;
    const same = locals.findIndex((address) => address.contact === listen);
    if (same >= 0) return same;
    const transport = /;transport=(tcp|tls)$/.exec(listen)?.[1] ?? 'udp';
    return Math.max(0, localFor(locals, peer, transport as TransportName));
  }

  #peer(peer: Endpoint): Endpoint {
    const name = hostPort(peer);
    const known = this.#peers.get(name);
    if (known !== undefined) return known;
    this.#peers.set(name, peer);
    return peer;
  }
}

/** A mapping gateway or phone that is gone: the call goes on, counted for the system. */
function removedCustomer({ record }: CallState): MappingGateway {
  return {
    ...PLAIN_MAPPING_GATEWAY,
    name: record.mappingGateway,
    slot: REMOVED_GATEWAYS,
    locked: true,
    account: record.account,
  };
}

/** A routing gateway, or a phone that was called, that is gone. */
function removedVendor({ record, callee }: CallState): RoutingGateway {
  return {
    ...PLAIN_ROUTING_GATEWAY,
    name: record.routingGateway,
    slot: REMOVED_GATEWAYS,
    locked: true,
    clearingAccount: record.clearingAccount,
    peer: callee.source,
  };
}
