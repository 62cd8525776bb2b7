// Takes the messages of traced calls and addresses out of a shard's stream, into the ring to main.
// It exists for a shard only while a trace is in force. A call is decided once, when it begins or
// when a vendor is tried; from then on each message is told by its Call-ID: one look-up.
import type { Clock } from '../base/clock.ts';
import { C, type CounterRow } from '../base/counter-names.ts';
import type { Endpoint } from '../base/endpoint.ts';
import { latin1Slice, latin1Write } from '../base/latin1.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { LookBack } from './look-back.ts';
import { maskSecrets } from './mask-secrets.ts';
import {
  activate,
  matchesCall,
  matchesIp,
  matchesLeg,
  type ActiveTrace,
  type CallFacts,
} from './trace-match.ts';
import { TraceClock } from './trace-clock.ts';
import {
  CALLER_LEG,
  Direction,
  MAX_RECORD_BYTES,
  MAX_TRACED_BYTES,
  NO_LEG,
  writeRecordHead,
  type TracedTransport,
} from './trace-record.ts';

/** Type of a traced message in the ring to main. */
const TRACE_TYPE = 1;
/** Messages that a shard may trace in a second: what is on top is dropped and counted. */
const MAX_PER_SECOND = 2000;
/** With less than this left of them, no further call is begun: whole calls rather than pieces. */
const RESERVE = MAX_PER_SECOND / 2;
/** Legs that are known as traced; the oldest give way. */
const MAX_LEGS = 65_536;
/** Source addresses whose traces are remembered. */
const MAX_IPS = 4096;

/** The ring to main, or what stands for it; false when the message was not taken. */
export interface TraceSink {
  offer(type: number, bytes: Uint8Array, length: number): boolean;
}

/** One of our listen addresses. */
export interface TracedLocal {
  readonly endpoint: Endpoint;
  readonly transport: TracedTransport;
}

export interface TracerServices {
  readonly clock: Clock;
  readonly counters: CounterRow;
  readonly sink: TraceSink;
  readonly locals: readonly TracedLocal[];
}

/** A call that has begun before its trace. */
export interface RunningCall extends CallFacts {
  readonly callIdOut: string;
  readonly routingGateway: string;
  readonly attempts: number;
}

interface TracedCall {
  readonly id: string;
  traces: readonly ActiveTrace[];
}

interface TracedLeg {
  readonly call: TracedCall;
  readonly leg: number;
  readonly gateway: string;
}

/** Where a message goes or comes from, and when. */
interface Passage {
  readonly direction: Direction;
  readonly timeUs: number;
  readonly local: number;
  readonly remote: Endpoint;
}

const NO_TRACES: readonly ActiveTrace[] = [];
const NOBODY: TracedLeg = { call: { id: '', traces: [] }, leg: NO_LEG, gateway: '' };
const CALL_ID_LINE = '\r\nCall-ID: ';
const ANY_CALL_ID = /\r\n(?:call-id|i)[ \t]*:[ \t]*([^\r\n]+)/i;

export class CallTracer {
  readonly #services: TracerServices;
  readonly #clock: TraceClock;
  readonly #out = Buffer.allocUnsafe(MAX_RECORD_BYTES);
  readonly #legs = new Map<string, TracedLeg>();
  readonly #ofIp = new Map<string, readonly ActiveTrace[]>();
  #active: readonly ActiveTrace[] = [];
  #ofIps: readonly ActiveTrace[] = [];
  #lookBack: LookBack | null = null;
  /** The message that is being handled; its bytes are valid until its call is known. */
  #current: SipMessage | null = null;
  #source: Endpoint | null = null;
  #local = 0;
  /** Traces that have it already. */
  #single: readonly ActiveTrace[] = [];
  #second = 0;
  #left = MAX_PER_SECOND;

  constructor(services: TracerServices) {
    this.#services = services;
    this.#clock = new TraceClock(services.clock);
  }

  /** Puts the traces of a snapshot in force; false when none is. */
  mount(filters: readonly TraceFilter[]): boolean {
    const nowMs = this.#services.clock.wallMs();
    this.#active = filters
      .filter(({ untilMs }) => untilMs > nowMs)
      .map((f) => this.#active.find(({ filter }) => filter.id === f.id) ?? activate(f));
    this.#ofIps = this.#active.filter(({ filter }) => filter.kind === 'ip');
    this.#ofIp.clear();
    this.#current = null;
    const late = this.#active.some(({ filter: { kind } }) => kind === 'gateway' || kind === 'ip');
    this.#lookBack = late ? (this.#lookBack ?? new LookBack()) : null;
    for (const [callId, { call }] of this.#legs) {
      call.traces = call.traces.filter((trace) => this.#active.includes(trace));
      if (call.traces.length === 0) this.#legs.delete(callId);
    }
    return this.#active.length > 0;
  }

  /** Values of the traces of single calls, for calls that run already. */
  wantedCalls(): readonly string[] {
    return this.#active.filter(({ filter }) => filter.kind === 'call').map((t) => t.filter.value);
  }

  /** A datagram that came in. @param isSip it was parsed without an error */
  received(message: SipMessage, isSip: boolean, source: Endpoint, local: number): void {
    this.#current = isSip ? message : null;
    this.#source = source;
    this.#local = local;
    this.#single = NO_TRACES;
    if (this.#legs.size === 0 && this.#ofIps.length === 0 && this.#lookBack === null) return;
    this.#take(message, isSip, source, local);
  }

  #take(message: SipMessage, isSip: boolean, source: Endpoint, local: number): void {
    const timeUs = this.#clock.nowUs();
    const { buf, start, end, callIdStart, callIdEnd } = message;
    const passage = { direction: Direction.In, timeUs, local, remote: source };
    const callId = isSip ? latin1Slice(buf, callIdStart, callIdEnd) : '';
    const leg = isSip && this.#legs.size > 0 ? this.#legs.get(callId) : undefined;
    this.#single = leg === undefined ? this.#tracesOfIp(source.ip) : NO_TRACES;
    if (leg !== undefined) {
      this.#emit(leg.call.traces, leg, callId, passage, latin1Slice(buf, start, end));
    } else if (this.#single.length > 0) {
      this.#emit(this.#single, NOBODY, callId, passage, latin1Slice(buf, start, end));
    } else if (isSip && this.#lookBack !== null) {
      const range = { start, end, callIdStart, callIdEnd };
      this.#lookBack.received(timeUs, local, source, buf, range);
    }
  }

  /** A message that goes out. */
  sent(local: number, to: Endpoint, text: string): void {
    const single = this.#tracesOfIp(to.ip);
    if (this.#legs.size === 0 && single.length === 0 && this.#lookBack === null) return;
    const callId = callIdOf(text);
    const timeUs = this.#clock.nowUs();
    const passage = { direction: Direction.Out, timeUs, local, remote: to };
    const leg = callId === '' ? undefined : this.#legs.get(callId);
    if (leg !== undefined) this.#emit(leg.call.traces, leg, callId, passage, text);
    else if (single.length > 0) this.#emit(single, NOBODY, callId, passage, text);
    else if (callId !== '') this.#lookBack?.sent(timeUs, local, to, text, callId);
  }

  /** A call begins with the message that is being handled. */
  onCall(facts: CallFacts): void {
    const traces = this.#active.filter((trace) => matchesCall(trace, facts));
    if (traces.length === 0) return;
    const leg = this.#begin(facts, traces);
    const remote = this.#source;
    if (leg === null || this.#current === null || remote === null) return;
    const missing = traces.filter((trace) => !this.#single.includes(trace));
    const { buf, start, end } = this.#current;
    const timeUs = this.#clock.nowUs();
    const passage = { direction: Direction.In, timeUs, local: this.#local, remote };
    this.#emit(missing, leg, facts.callIdIn, passage, latin1Slice(buf, start, end));
  }

  /** A running call that a trace names: its legs are traced from now on. */
  onRunningCall(facts: RunningCall): void {
    const { callIdOut, attempts, routingGateway } = facts;
    const names = [facts.id, facts.callIdIn, callIdOut];
    const known = this.#legs.get(facts.callIdIn)?.call.traces ?? [];
    const traces = this.#active.filter(
      (trace) =>
        trace.filter.kind === 'call' &&
        names.includes(trace.filter.value) &&
        !known.includes(trace),
    );
    if (traces.length === 0) return;
    const leg = this.#begin(facts, [...known, ...traces]);
    if (leg === null || callIdOut === '') return;
    this.#addLeg(callIdOut, leg.call, attempts, routingGateway);
  }

  /** A vendor is tried. @param attempt from 1 on */
  onLeg(facts: CallFacts, attempt: number, callId: string, gateway: string, ip: string): void {
    const caller = this.#legs.get(facts.callIdIn);
    const traces = this.#active.filter((trace) => matchesLeg(trace, gateway, ip));
    if (caller?.call.id === facts.id) {
      const { call } = caller;
      call.traces = [...call.traces, ...traces.filter((trace) => !call.traces.includes(trace))];
      this.#addLeg(callId, call, attempt, gateway);
      return;
    }
    const lookBack = this.#lookBack;
    if (traces.length === 0) {
      lookBack?.leg({ call: facts.id, callId, leg: attempt, gateway });
      return;
    }
    const leg = this.#begin(facts, traces);
    if (leg === null) return;
    for (const seen of lookBack?.legsOf(facts.id) ?? []) {
      this.#addLeg(seen.callId, leg.call, seen.leg, seen.gateway);
    }
    this.#catchUp(leg.call);
    this.#addLeg(callId, leg.call, attempt, gateway);
  }

  /** Sends on what was seen of a call before a trace took it in. */
  #catchUp(call: TracedCall): void {
    const callIds: string[] = [];
    for (const [callId, leg] of this.#legs) if (leg.call === call) callIds.push(callId);
    this.#lookBack?.replay(callIds, ({ bytes, start, end, ...passage }, callId) => {
      const text = latin1Slice(bytes, start, end);
      this.#emit(call.traces, this.#legs.get(callId)!, callId, passage, text);
    });
  }

  #begin(facts: CallFacts, traces: readonly ActiveTrace[]): TracedLeg | null {
    this.#refill();
    if (this.#left < RESERVE) {
      this.#services.counters.add(C.traceCallsSkipped, 1);
      return null;
    }
    const call: TracedCall = { id: facts.id, traces };
    return this.#addLeg(facts.callIdIn, call, CALLER_LEG, facts.mappingGateway);
  }

  #addLeg(callId: string, call: TracedCall, leg: number, gateway: string): TracedLeg {
    const legs = this.#legs;
    if (legs.size >= MAX_LEGS) {
      const [oldest] = legs.keys();
      legs.delete(oldest!);
    }
    const added = { call, leg, gateway };
    legs.set(callId, added);
    return added;
  }

  #tracesOfIp(ip: string): readonly ActiveTrace[] {
    if (this.#ofIps.length === 0) return this.#ofIps;
    const known = this.#ofIp.get(ip);
    if (known !== undefined) return known;
    const traces = this.#ofIps.filter((trace) => matchesIp(trace, ip));
    if (this.#ofIp.size >= MAX_IPS) this.#ofIp.clear();
    this.#ofIp.set(ip, traces);
    return traces;
  }

  #emit(
    traces: readonly ActiveTrace[],
    leg: TracedLeg,
    callId: string,
    passage: Passage,
    text: string,
  ): void {
    const { clock, counters, sink, locals } = this.#services;
    const nowMs = clock.wallMs();
    const live = traces.filter(
      ({ filter, messagesLeft, bytesLeft }) =>
        filter.untilMs > nowMs && messagesLeft > 0 && bytesLeft > 0,
    );
    if (live.length === 0) return;
    this.#refill();
    if (this.#left === 0) {
      counters.add(C.traceMessagesOverRate, 1);
      return;
    }
    this.#left--;
    const local = locals[passage.local] ?? locals[0]!;
    const head = writeRecordHead(this.#out, {
      ...passage,
      local: local.endpoint,
      transport: local.transport,
      leg: leg.leg,
      gateway: leg.gateway,
      call: leg.call.id,
      callId,
      traces: live.map(({ filter }) => filter.id),
    });
    // A trace with secrets does not open them for one without that has the same message.
    const shown = live.every(({ filter }) => filter.secrets) ? text : maskSecrets(text);
    const message = shown.length > MAX_TRACED_BYTES ? shown.slice(0, MAX_TRACED_BYTES) : shown;
    const length = head + latin1Write(this.#out, message, head);
    const taken = sink.offer(TRACE_TYPE, this.#out, length);
    counters.add(taken ? C.traceMessages : C.traceMessagesDropped, 1);
    for (const trace of live) {
      trace.messagesLeft--;
      trace.bytesLeft -= message.length;
    }
  }

  #refill(): void {
    const second = Math.floor(this.#services.clock.monoMs() / 1000);
    if (second === this.#second) return;
    this.#second = second;
    this.#left = MAX_PER_SECOND;
  }
}

/** The Call-ID of a message that we send, latin1 text; empty when it has none. */
function callIdOf(text: string): string {
  const line = text.indexOf(CALL_ID_LINE);
  if (line < 0) return ANY_CALL_ID.exec(text)?.[1]?.trimEnd() ?? '';
  const start = line + CALL_ID_LINE.length;
  return text.slice(start, text.indexOf('\r\n', start));
}
