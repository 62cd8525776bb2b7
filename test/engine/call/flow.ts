// A switch between one customer and a few vendors, all played by the test: it says what each peer
// sends and takes what each peer got. Time is virtual, the network perfect; nothing is random.
import assert from 'node:assert/strict';
import type { Endpoint } from '../../../engine/base/endpoint.ts';
import { hostPort } from '../../../engine/base/endpoint.ts';
import type { TransportName } from '../../../engine/base/gateway-words.ts';
import { Registration } from '../../../engine/base/gateway-states.ts';
import type { ParameterValues } from '../../../engine/base/parameter-values.ts';
import type { Cdr, CdrAttempt } from '../../../engine/cdr/schema.ts';
import type { DeckPhone } from '../../../engine/registry/phone-deck.ts';
import { FIRST_GATEWAY_SLOT } from '../../../engine/routing/gate-slots.ts';
import type { MappingGateway, RoutingGateway, Snapshot } from '../../../engine/routing/snapshot.ts';
import type { TraceFilter } from '../../../engine/base/trace-filter.ts';
import type { TraceSink } from '../../../engine/trace/call-tracer.ts';
import { Chance } from '../../sim/chance.ts';
import { Edge, EDGE, EDGES } from '../../sim/edge.ts';
import { requestText, responseText, sdpText, TextMessage } from '../../sim/text-message.ts';
import { PERFECT_LINK, VirtualNetwork, type Host, type Packet } from '../../sim/virtual-network.ts';
import { VirtualTime } from '../../sim/virtual-time.ts';
import { snapshotFor } from './flow-snapshot.ts';

export const CUSTOMER: Endpoint = { family: 4, ip: '198.51.100.1', port: 5060 };
export const NUMBER = '442071838750';

export interface FlowOptions {
  readonly parameters?: Partial<ParameterValues>;
  readonly customer?: Partial<MappingGateway>;
  readonly phones?: readonly Partial<DeckPhone>[];
  /** Customers besides `customer`. */
  readonly customers?: readonly Partial<MappingGateway>[];
  readonly shards?: number;
  /** How the customer reaches the switch; UDP when not given. */
  readonly customerTransport?: TransportName;
  /** In the order of their priority; one plain vendor when not given. */
  readonly vendors?: readonly Partial<RoutingGateway>[];
  readonly traces?: readonly TraceFilter[];
  readonly trace?: TraceSink;
  /** Of every vendor. */
  readonly prefixes?: readonly string[];
  /** In place of all others. */
  readonly snapshot?: Snapshot;
}

export class Flow {
  readonly time: VirtualTime = new VirtualTime();
  readonly network: VirtualNetwork = new VirtualNetwork(this.time, new Chance(1), PERFECT_LINK);
  readonly records: Cdr[] = [];
  readonly rows: CdrAttempt[] = [];
  readonly snapshot: Snapshot;
  readonly edge: Edge;
  readonly caller: Peer;
  readonly vendors: readonly Peer[];

  constructor(options: FlowOptions = {}) {
    const snapshot = options.snapshot ?? snapshotFor(options);
    this.snapshot = snapshot;
    const { trace } = options;
    this.edge = new Edge(this.time, this.network, {
      seed: 1,
      ...(trace === undefined ? {} : { tamper: (services) => ({ ...services, trace }) }),
      shards: options.shards ?? 1,
      snapshot,
      events: {
        onCdr: (record) => this.records.push(record),
        onAttempt: (row) => this.rows.push(row),
        onException: (error) => {
          throw error;
        },
        onTaken: () => undefined,
        onSent: () => undefined,
      },
    });
    // Without credentials nobody can register: such a vendor's registrar is not the test's concern.
    for (const { slot, registerType, credentials } of snapshot.routingGateways) {
      if (registerType !== 'register-out' || credentials !== null) continue;
      this.edge.states.setRegistration(slot, Registration.Registered, 200, 4_000_000_000_000);
    }
    this.caller = new Peer(this, CUSTOMER, options.customerTransport);
    this.vendors = snapshot.routingGateways.map(({ peer, transport }) => {
      return new Peer(this, peer, transport);
    });
  }

  get vendor(): Peer {
    return this.vendors[0]!;
  }

  /** Lets time pass: by default enough for a message there and its answer back. */
  run(ms = 25): void {
    this.time.run(ms);
  }

  /** Puts other settings in force, as an operator does while calls run. */
  mount(options: FlowOptions): void {
    this.remount({ ...snapshotFor(options), version: 2 });
  }

  remount(snapshot: Snapshot): void {
    for (const core of this.edge.cores) core.mount(snapshot);
  }

  /** The only CDR so far. */
  get cdr(): Cdr {
    assert.equal(this.records.length, 1, 'one CDR');
    return this.records[0]!;
  }

  /** Calls and answers: the two legs of a call that talks. */
  talk(extra = ''): { caller: Leg; callee: Leg } {
    const invite = this.caller.invite({ extra });
    const offered = this.vendor.take('INVITE');
    this.vendor.answer(offered, 200, { tag: 'v', body: sdpText(2) });
    const caller = Leg.ofCaller(this.caller, invite, this.caller.take('200 INVITE'));
    caller.ack();
    this.vendor.take('ACK');
    return { caller, callee: Leg.ofCallee(this.vendor, offered, 'v') };
  }

  /** Waits until all timers have run out, and checks that nothing is left of the calls. */
  expectNothingLeft(): void {
    this.time.run(200_000);
    for (const core of this.edge.cores) {
      for (const [what, count] of Object.entries(core.gauges())) assert.equal(count, 0, what);
    }
    for (let slot = 0; slot < FIRST_GATEWAY_SLOT + 16; slot++) {
      assert.equal(this.edge.gates.occupied(slot), 0, `gate ${slot}`);
    }
  }
}

export interface InviteOptions {
  readonly number?: string;
  readonly uri?: string;
  /** From without its tag, To. */
  readonly from?: string;
  readonly to?: string;
  readonly extra?: string;
  readonly body?: string;
  readonly maxForwards?: number;
  readonly callId?: string;
  readonly branch?: string;
  readonly cseq?: number;
  readonly contact?: string;
  readonly tag?: string;
}

export interface AnswerOptions {
  readonly tag?: string;
  readonly extra?: string;
  readonly body?: string;
}

let unique = 0;

export class Peer implements Host {
  readonly endpoint: Endpoint;
  readonly flow: Flow;
  readonly transport: TransportName;
  /** What its Via and its Contact name: behind NAT something else than its endpoint. */
  sentBy: string;
  contactAt: string;
  /** What came and was not taken yet. */
  inbox: TextMessage[] = [];

  constructor(flow: Flow, endpoint: Endpoint, transport: TransportName = 'udp') {
    this.flow = flow;
    this.transport = transport;
    this.endpoint = endpoint;
    this.sentBy = hostPort(endpoint);
    this.contactAt = this.sentBy;
    flow.network.attach(endpoint, this);
  }

  receive({ text }: Packet): void {
    this.inbox.push(new TextMessage(text));
  }

  unreachable(): void {
    assert.fail('the switch is always there');
  }

  send(text: string): TextMessage {
    this.flow.network.send(this.endpoint, EDGES[this.transport], text);
    this.flow.run();
    return new TextMessage(text);
  }

  /** Whether a message of that kind has come and was not taken. */
  has(what: string): boolean {
    return this.inbox.some((message) => kindOf(message) === what);
  }

  /** The first message of that kind, `INVITE` or `180 INVITE`; it must have come. */
  take(what: string): TextMessage {
    const index = this.inbox.findIndex((message) => kindOf(message) === what);
    const came = this.inbox.map(kindOf).join(', ');
    assert.ok(index >= 0, `${what} came to ${this.endpoint.ip}; there is: ${came || 'nothing'}`);
    return this.inbox.splice(index, 1)[0]!;
  }

  /** Checks that nothing of that kind has come. */
  expectNo(what: string): void {
    const found = this.inbox.find((message) => kindOf(message) === what);
    assert.equal(found?.text, undefined, `${what} at ${this.endpoint.ip}`);
  }

  invite(options: InviteOptions = {}): TextMessage {
    const { number = NUMBER, callId = `call-${++unique}@host`, tag = 'c' } = options;
    const { contact = `Contact: <sip:c@${this.contactAt}>\r\n` } = options;
    const { from = `<sip:12025550100@${this.endpoint.ip}>` } = options;
    return this.send(
      requestText({
        method: 'INVITE',
        uri: options.uri ?? `sip:${number}@${EDGE.ip}`,
        sentBy: this.sentBy,
        transport: this.transport,
        branch: options.branch ?? `z9hG4bKi${++unique}`,
        from: `${from};tag=${tag}`,
        to: options.to ?? `<sip:${number}@${EDGE.ip}>`,
        callId,
        cseq: options.cseq ?? 1,
        maxForwards: options.maxForwards ?? 70,
        extra: contact + (options.extra ?? ''),
        body: options.body ?? sdpText(1),
      }),
    );
  }

  answer(request: TextMessage, status: number, options: AnswerOptions = {}): void {
    const { tag = 'v', extra = '', body = '' } = options;
    const contact =
      request.method === 'INVITE' && status < 300 ? `Contact: <sip:v@${this.contactAt}>\r\n` : '';
    const toTag = status === 100 ? '' : tag;
    this.send(responseText(request, status, toTag, contact + extra, body));
  }

  /** CANCEL, or the ACK of a failure: what shares the branch of an INVITE. */
  sendFor(invite: TextMessage, method: 'CANCEL' | 'ACK', to: string, extra = ''): void {
    this.send(
      requestText({
        method,
        uri: invite.uri,
        sentBy: this.sentBy,
        transport: this.transport,
        branch: invite.branch,
        from: invite.header('from'),
        to,
        callId: invite.callId,
        cseq: invite.cseq,
        extra,
      }),
    );
  }

  cancel(invite: TextMessage, extra = ''): void {
    this.sendFor(invite, 'CANCEL', invite.header('to'), extra);
  }

  /** Takes a failure of an INVITE and acknowledges it. */
  takeFailure(invite: TextMessage, status: number): TextMessage {
    const failure = this.take(`${status} INVITE`);
    this.sendFor(invite, 'ACK', failure.header('to'));
    return failure;
  }
}

function kindOf(message: TextMessage): string {
  return message.status === 0 ? message.method : `${message.status} ${message.cseqMethod}`;
}

/** One side of a dialog: what its requests carry. */
export class Leg {
  readonly peer: Peer;
  readonly callId: string;
  readonly local: string;
  readonly remote: string;
  readonly target: string;
  cseq: number;

  constructor(
    peer: Peer,
    callId: string,
    local: string,
    remote: string,
    target: string,
    cseq: number,
  ) {
    this.peer = peer;
    this.callId = callId;
    this.local = local;
    this.remote = remote;
    this.target = target;
    this.cseq = cseq;
  }

  static ofCaller(peer: Peer, invite: TextMessage, response: TextMessage): Leg {
    const { callId, cseq } = invite;
    const to = response.header('to');
    return new Leg(peer, callId, invite.header('from'), to, response.contact, cseq);
  }

  static ofCallee(peer: Peer, invite: TextMessage, tag: string): Leg {
    const local = `${invite.header('to')};tag=${tag}`;
    return new Leg(peer, invite.callId, local, invite.header('from'), invite.contact, 0);
  }

  /** Sends a request within the dialog; the next CSeq unless given. */
  request(method: string, extra = '', body = '', cseq = ++this.cseq): TextMessage {
    const contact = /INVITE|UPDATE/.test(method)
      ? `Contact: <sip:x@${this.peer.contactAt}>\r\n`
      : '';
    return this.peer.send(
      requestText({
        method,
        uri: this.target,
        sentBy: this.peer.sentBy,
        transport: this.peer.transport,
        branch: `z9hG4bKl${++unique}`,
        from: this.local,
        to: this.remote,
        callId: this.callId,
        cseq,
        extra: contact + extra,
        body,
      }),
    );
  }

  /** The ACK of a 2xx. */
  ack(cseq: number = this.cseq, body = ''): void {
    this.request('ACK', '', body, cseq);
  }
}
