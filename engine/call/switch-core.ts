// The core of one shard: datagram in, transactions and calls, datagrams and records out. No
// sockets, no threads, no clock of its own: the shard's loop drives it, the simulator drives many.
import type { Endpoint } from '../base/endpoint.ts';
import { C, PARSE_RESULT, countCode } from '../base/counter-names.ts';
import { TimerWheel } from '../base/timer-wheel.ts';
import { GatewayAgents } from '../registry/gateway-agents.ts';
import { replyAddresses, type ReplyAddressOf } from '../routing/reply-addresses.ts';
import type { MappingGateway, Snapshot } from '../routing/snapshot.ts';
import { TerminalChecks } from '../registry/terminal-checks.ts';
import { DialogTable } from '../sip/dialog/dialog-table.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import { ParseResult, refusalStatus } from '../sip/message/parse-result.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { resendSchedule } from '../sip/transaction/resend-schedule.ts';
import type { TransactionContext } from '../sip/transaction/context.ts';
import { TransactionLayer, type TransactionUser } from '../sip/transaction/transaction-layer.ts';
import { Access } from './access.ts';
import { admit } from './admission.ts';
import { Call } from './call.ts';
import { CallIndex } from './call-index.ts';
import { callOfInvite, endUnseenAnswer } from './call-of-invite.ts';
import type { CallContext } from './call-context.ts';
import { newRecord, refuseCall } from './call-record.ts';
import { CAPABILITIES, receiveInDialog, receiveReInvite } from './in-dialog.ts';
import { viaStart, type LocalAddress } from './local-address.ts';
import { answerAgain, hangUpOrphan } from './orphan-answer.ts';
import { sessionAnswer } from './leg-sessions.ts';
import { mounted, readdressCalls, redirectsRequests } from './mounted-snapshot.ts';
import { ALLOWED_METHODS } from './passed-headers.ts';
import { understood } from './request-checks.ts';
import { BAD_NUMBER, SWITCH_STOPS } from './release.ts';
import { CallRestorer } from './restore-call.ts';
import { StunAnswers } from './stun-answers.ts';
import type { CoreGauges, CoreServices } from './core-services.ts';
import { CoreTrace } from './core-trace.ts';

/**
 * Backlog above which new calls are refused: from here on peers resend (T1), which only adds to it.
 */
const OVERLOAD_BACKLOG_MS = 500;

const ALLOW_AND_NO_BODY = `Allow: ${ALLOWED_METHODS}\r\n${NO_BODY}`;

export class SwitchCore implements TransactionUser {
  readonly #context: CallContext;
  readonly #transactionContext: TransactionContext;
  readonly #transactions: TransactionLayer;
  readonly #dialogs: DialogTable<Call>;
  readonly #timers: TimerWheel;
  readonly #services: CoreServices;
  readonly #message = new SipMessage();
  readonly #stun: StunAnswers;
  readonly #checks: TerminalChecks;
  readonly access: Access;
  /** Our registrations with routing gateways, probes, and what they publish. */
  readonly gateways: GatewayAgents;
  #redirectsRequests: boolean;
  /** SIGTERM came: no new calls. */
  draining = false;
  /** How long the shard has not got to the end of its queue, ms of work; set by the loop. */
  backlogMs = 0;

  constructor(services: CoreServices, locals: readonly LocalAddress[], snapshot: Snapshot) {
    const { shard, node, clock, random, counters, gates, states, sink } = services;
    const transport = new CoreTrace(services, locals);
    this.#services = services;
    this.#stun = new StunAnswers(clock, counters, transport);
    this.#checks = new TerminalChecks({ ...services, transport, locals }, snapshot.parameters);
    this.#timers = new TimerWheel(clock.monoMs());
    this.#dialogs = new DialogTable<Call>(shard, random, counters);
    this.#transactionContext = {
      shard,
      random,
      counters,
      transport,
      timers: this.#timers,
      vias: locals.map(viaStart),
      reliable: locals.map(({ transport }) => transport !== 'udp'),
      schedule: resendSchedule(snapshot.parameters.SS_SIP_RESEND_INTERVAL),
      replyAddressOf: null,
    };
    this.#transactions = new TransactionLayer(this.#transactionContext, this);
    const own = { shard, clock, counters, transactions: this.#transactions };
    const hosts = locals.map(({ host }) => host);
    this.access = new Access({ ...own, registry: services.registry, hosts }, snapshot);
    this.#transactionContext.replyAddressOf = this.#replyAddresses(snapshot);
    this.#redirectsRequests = redirectsRequests(snapshot);
    this.#context = {
      node,
      shard,
      clock,
      random,
      counters,
      gates,
      states,
      sink,
      transport,
      trace: transport,
      locals,
      timers: this.#timers,
      transactions: this.#transactions,
      dialogs: this.#dialogs,
      index: new CallIndex(random),
      answered: { calls: 0 },
      ...mounted(snapshot, gates, states),
      access: this.access,
    };
    transport.mount(snapshot, this.#dialogs);
    this.gateways = new GatewayAgents(this.#context, services.shards, (gateway) => {
      return this.access.locationOf(gateway)?.peer ?? null;
    });
    this.gateways.mount(snapshot.routingGateways);
  }

  /**
   * Puts a new configuration in force, between two packets. Running calls keep what they began
   * with, but for the address that their requests go to.
   */
  mount(snapshot: Snapshot): void {
    this.access.mount(snapshot);
    this.#checks.mount(snapshot.parameters);
    Object.assign(this.#context, mounted(snapshot, this.#context.gates, this.#context.states));
    this.#transactionContext.schedule = resendSchedule(snapshot.parameters.SS_SIP_RESEND_INTERVAL);
    this.#context.trace.mount(snapshot, this.#dialogs);
    this.#transactionContext.replyAddressOf = this.#replyAddresses(snapshot);
    const redirects = redirectsRequests(snapshot);
    if (redirects || this.#redirectsRequests) readdressCalls(this.#dialogs, snapshot);
    this.#redirectsRequests = redirects;
    this.gateways.mount(snapshot.routingGateways);
  }

  #replyAddresses(snapshot: Snapshot): ReplyAddressOf | null {
    return replyAddresses(snapshot, (source) => this.access.byAddress(source));
  }

  /** Goes on with the calls of a process that died; to be used before the first packet. */
  restorer(snapshot: Snapshot): CallRestorer {
    return new CallRestorer(this.#context, snapshot);
  }

  /** Fires what is due. */
  advance(): void {
    this.#timers.advance(this.#services.clock.monoMs());
    this.#checks.advance();
  }

  get armedTimers(): number {
    return this.#timers.armed;
  }

  /** Figures that rise and fall, for metrics. */
  gauges(): CoreGauges {
    return {
      calls: this.#context.index.size,
      answered: this.#context.answered.calls,
      dialogs: this.#dialogs.size,
      clients: this.#transactions.clientCount,
      servers: this.#transactions.serverCount,
      timers: this.#timers.armed,
    };
  }

  /** Ends all calls: the drain time is over. */
  stopCalls(): void {
    for (const call of this.#dialogs.owners()) call.stop(SWITCH_STOPS);
  }

  /** One datagram. `buf` is valid only during the call. */
  packet(buf: Buffer, start: number, end: number, source: Endpoint, local: number): void {
    const message = this.#message;
    const result = message.parse(buf, start, end);
    countCode(this.#context.counters, PARSE_RESULT, result);
    this.#context.trace.active?.received(message, result === ParseResult.Ok, source, local);
    if (result === ParseResult.Ok) this.#transactions.receive(message, source, local);
    else if (result === ParseResult.KeepAlive) {
      this.#context.counters.add(C.keepAlivesReceived, 1);
    } else if (result === ParseResult.Stun) {
      this.#stun.receive(buf, start, end, source, local);
    } else {
      const status = refusalStatus(result);
      if (status !== 0) this.#refuseUnparsed(status, source, local);
    }
  }

  /** A datagram of ours that could not be delivered; the bytes may be cut short. */
  unreachable(buf: Buffer, start: number, end: number): void {
    this.#message.parse(buf, start, end);
    this.#transactions.receiveUnreachable(this.#message);
    this.#checks.unreachable(this.#message);
  }

  onInvite(request: SipMessage, source: Endpoint, local: number): void {
    if (request.to.tagStart < 0) {
      this.#newCall(request, source, local);
      return;
    }
    const dialog = this.#dialogs.find(request);
    if (dialog !== undefined) receiveReInvite(this.#context, dialog, request, source, local);
    else this.#unknownDialog(request, source, local);
  }

  onRequest(request: SipMessage, source: Endpoint, local: number): void {
    if (request.method === Method.Cancel) {
      const tag = endUnseenAnswer(callOfInvite(this.#context, request));
      if (tag === null) this.#unknownDialog(request, source, local);
      else this.#transactions.serve(request, source, local).respond(200, '', tag, NO_BODY);
      return;
    }
    if (request.to.tagStart >= 0) {
      const dialog = this.#dialogs.find(request);
      if (dialog === undefined) this.#unknownDialog(request, source, local);
      else receiveInDialog(this.#context, dialog, request, source, local);
      return;
    }
    if (request.method === Method.Register && this.access.takesRegistrations) {
      this.access.register(request, source, local);
      return;
    }
    if (!this.access.mayAsk(request, source, local)) return;
    switch (request.method) {
      case Method.Options:
        if (understood(this.#context, request, source, local, null)) {
          this.#transactions.reply(request, source, local, 200, '', CAPABILITIES + NO_BODY);
        }
        return;
      case Method.Publish:
        if (understood(this.#context, request, source, local, null)) {
          this.gateways.publications.receive(request, source, local);
        }
        return;
      case Method.Bye:
      case Method.Info:
      case Method.Notify:
      case Method.Prack:
      case Method.Update:
        this.#unknownDialog(request, source, local);
        return;
      default:
        this.#transactions.reply(request, source, local, 405, '', ALLOW_AND_NO_BODY);
    }
  }

  onAck(ack: SipMessage): void {
    const dialog = this.#dialogs.find(ack);
    if (dialog === undefined) {
      this.#context.counters.add(C.acksStray, 1);
      return;
    }
    const call = dialog.owner;
    const pending = call.pendingOffer;
    if (pending !== null && pending.from === dialog && pending.receiveAck(ack)) return;
    if (dialog.side === 'caller') call.onAck(ack);
  }

  onUntrackedResponse(response: SipMessage): boolean {
    return this.#checks.receive(response);
  }

  onStrayAnswer(response: SipMessage, source: Endpoint, local: number): void {
    if (answerAgain(this.#context, response)) return;
    const known = this.access.isVendor(source.ip) || this.access.isRegistered(response, source);
    if (known) hangUpOrphan(this.#context, response, source, local);
  }

  #newCall(request: SipMessage, source: Endpoint, local: number): void {
    const gateway = this.access.customerOf(request, source, local);
    if (gateway === null) return;
    if (!this.#acceptable(gateway, request, source, local)) return;
    if (this.#busy(request, source, local)) return;
    const context = this.#context;
    const { sessionPolicy } = context;
    const session = gateway.sessionTimer ? sessionAnswer(request, sessionPolicy, false) : null;
    if (session === 'too-small') {
      const rest = `Min-SE: ${sessionPolicy.minSeS}\r\n${NO_BODY}`;
      this.#transactions.reply(request, source, local, 422, '', rest);
      return;
    }
    const record = newRecord(context, request, source, gateway);
    context.trace.active?.onCall(record);
    const refused = record.calleeIn === '' ? BAD_NUMBER : admit(context, gateway);
    if (refused !== null) {
      const server = this.#transactions.serveInvite(request, source, local, false);
      refuseCall(context, gateway, server, record, refused);
      return;
    }
    const invite = this.#transactions.serveInvite(request, source, local);
    new Call(context, gateway, record).begin(request, source, invite, session);
  }

  /** Whether a new call can be made of an INVITE; RFC 2543 lets its Contact be absent. */
  #acceptable(
    gateway: MappingGateway,
    request: SipMessage,
    source: Endpoint,
    local: number,
  ): boolean {
    if (!understood(this.#context, request, source, local, gateway)) return false;
    if (request.first(HeaderId.Contact) >= 0 && request.contact() === null) {
      this.#transactions.reply(request, source, local, 400, 'Bad Contact', NO_BODY);
      return false;
    }
    const call = callOfInvite(this.#context, request);
    if (call === undefined) return true;
    this.#context.counters.add(C.requestsMerged, 1);
    // A transaction stays for a call that ends so: else the next copy would make another one.
    const tag = endUnseenAnswer(call);
    if (tag === null) this.#transactions.reply(request, source, local, 482, '', NO_BODY);
    else
      this.#transactions.serveInvite(request, source, local, false).respond(482, '', tag, NO_BODY);
    return false;
  }

  /** States in which new calls are refused without any record, since none could be kept. */
  #busy(request: SipMessage, source: Endpoint, local: number): boolean {
    let counter: number;
    if (this.draining) counter = C.callsRefusedDraining;
    else if (this.backlogMs > OVERLOAD_BACKLOG_MS) counter = C.callsRefusedOverload;
    else if (!this.#context.sink.hasRoom()) counter = C.callsRefusedRecorder;
    else if (this.#transactions.full) counter = C.transactionsRefused;
    else return false;
    this.#context.counters.add(counter, 1);
    this.#transactions.reply(request, source, local, 503, '', `Retry-After: 5\r\n${NO_BODY}`);
    return true;
  }

  /** 481; a stranger gets it only where strangers get answers. */
  #unknownDialog(request: SipMessage, source: Endpoint, local: number): void {
    const { access } = this;
    const known = access.isGateway(source) || access.isRegistered(request, source);
    if (!known && !this.#context.parameters.SS_REPLY_UNAUTHORIZED) {
      this.#context.counters.add(C.requestsUnknownSource, 1);
      return;
    }
    this.#context.counters.add(C.requestsUnknownDialog, 1);
    // Overtaken: the answer that opens its dialog is still on the way. It will come again; a 481
    // would end the call for the vendor alone.
    if (this.#dialogs.leg(request)?.owner.routing === true) return;
    this.#transactions.reply(request, source, local, 481, '', NO_BODY);
  }

  #refuseUnparsed(status: number, source: Endpoint, local: number): void {
    const message = this.#message;
    const reason = status === 400 ? message.error : '';
    if (!message.answerable || message.method === Method.Ack) return;
    if (!this.#context.parameters.SS_REPLY_UNAUTHORIZED && !this.access.isGateway(source)) return;
    this.#transactions.reply(message, source, local, status, reason, NO_BODY);
  }
}
