// The traces in force as a shard asks them: which of them take a call, an address, a gateway.
// Compiled once when a snapshot is mounted; a shard without any has none of this.
import { parseIp } from '../base/ip-address.ts';
import type { TraceFilter } from '../base/trace-filter.ts';
import { compareWords, maskWords, parseCidr, type Cidr } from '../routing/cidr.ts';

/** What is known of a call when it begins, and of its vendor's leg. */
export interface CallFacts {
  readonly id: string;
  readonly callIdIn: string;
  readonly callerIn: string;
  readonly calleeIn: string;
  readonly mappingGateway: string;
  readonly sourceIp: string;
}

export interface ActiveTrace {
  readonly filter: TraceFilter;
  readonly range: Cidr | null;
  /** What this shard may still send of it; main counts all shards exactly. */
  messagesLeft: number;
  bytesLeft: number;
}

const address = new Int32Array(4);
const masked = new Int32Array(4);

export function activate(filter: TraceFilter): ActiveTrace {
  const range = filter.kind === 'ip' ? (parseCidr(filter.value) ?? null) : null;
  return { filter, range, messagesLeft: filter.maxMessages, bytesLeft: filter.maxBytes };
}

/** Whether an address is one that the trace is about. */
export function matchesIp({ range }: ActiveTrace, ip: string): boolean {
  if (parseIp(ip, address) !== range?.family) return false;
  maskWords(address, range.bits, masked);
  return compareWords(masked, range.words) === 0;
}

/** Whether a call that begins is one that the trace is about. */
export function matchesCall(trace: ActiveTrace, facts: CallFacts): boolean {
  const { kind, value } = trace.filter;
  switch (kind) {
    case 'number':
      return matchesNumber(value, facts.callerIn) || matchesNumber(value, facts.calleeIn);
    case 'gateway':
      return facts.mappingGateway === value;
    case 'ip':
      return matchesIp(trace, facts.sourceIp);
    case 'call':
      return facts.id === value || facts.callIdIn === value;
  }
}

/** Whether a vendor that is tried brings its call into the trace. */
export function matchesLeg(trace: ActiveTrace, gateway: string, ip: string): boolean {
  if (trace.filter.kind === 'gateway') return trace.filter.value === gateway;
  return trace.filter.kind === 'ip' && matchesIp(trace, ip);
}

/** A leading `+` counts on neither side. */
function matchesNumber(pattern: string, number: string): boolean {
  const plain = number.startsWith('+') ? number.slice(1) : number;
  const wanted = pattern.startsWith('+') ? pattern.slice(1) : pattern;
  return wanted.endsWith('*') ? plain.startsWith(wanted.slice(0, -1)) : plain === wanted;
}
