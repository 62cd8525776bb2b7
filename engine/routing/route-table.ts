// Which vendors can carry a call, in the order to try them: longest prefix, then priority (small
// first), then load (calls now / capacity), then name. Asked once per call by call control, which
// takes the gateway's capacity and rate itself when it really tries it.
import type { Gates } from '../base/gates.ts';
import { Bar, type GatewayStates } from '../base/gateway-states.ts';
import { LIST_CELL, MAX_PREFIX_DIGITS, NODE_CELLS } from './route-deck.ts';
import type { RoutingGateway, Snapshot } from './snapshot.ts';

/**
 * Most candidates per call: SS_GATEWAY_SWITCH_LIMIT allows 100 further attempts, and some may be
 * full. What would stand behind is left out.
 */
export const MAX_CANDIDATES = 128;

/** One gateway to try, and the prefix that leads to it. */
export interface RouteCandidate {
  gateway: RoutingGateway;
  prefix: string;
}

const PLUS = 0x2b;

/** Immutable but for scratch; a shard builds a new one when it mounts a snapshot. */
export class RouteTable {
  private readonly gateways: readonly RoutingGateway[];
  private readonly nodes: Int32Array;
  private readonly lists: Int32Array;
  private readonly gates: Gates;
  private readonly states: GatewayStates;
  /** By number of the gateway: 1 when calls need our registration with it. */
  private readonly registers: Uint8Array;
  /** Gateways that the last query left out because of their state, by Bar. */
  readonly barred: Uint32Array = new Uint32Array(Object.keys(Bar).length);
  /** Why it left out the first of them. */
  firstBar: Bar = Bar.None;
  /** Lists met on the way down the trie: where each starts, and how many digits led there. */
  private readonly foundLists = new Int32Array(MAX_PREFIX_DIGITS + 1);
  private readonly foundDigits = new Int32Array(MAX_PREFIX_DIGITS + 1);
  /** Number of the last query that took the gateway: it appears once. */
  private readonly takenIn: Float64Array;
  private readonly loads = new Float64Array(MAX_CANDIDATES);
  private query = 0;
  private nowMs = 0;

  constructor(snapshot: Snapshot, gates: Gates, states: GatewayStates) {
    this.gateways = snapshot.routingGateways;
    this.nodes = snapshot.routes.nodes;
    this.lists = snapshot.routes.lists;
    this.gates = gates;
    this.states = states;
    this.registers = Uint8Array.from(this.gateways, ({ registerType }) =>
      registerType === 'register-out' ? 1 : 0,
    );
    this.takenIn = new Float64Array(this.gateways.length);
  }

  /**
   * Fills `out` from the start, reusing the objects in it, and returns how many are valid.
   * @param callee digits; a leading `+` (RFC 3966 global number) is skipped, and matching ends at
   *   the first character that is not a digit.
   * @param nowMs wall time
   */
  candidates(callee: string, nowMs: number, out: RouteCandidate[]): number {
    const from = callee.charCodeAt(0) === PLUS ? 1 : 0;
    const found = this.walk(callee, from);
    this.query++;
    this.nowMs = nowMs;
    if (this.firstBar !== Bar.None) {
      this.firstBar = Bar.None;
      this.barred.fill(0);
    }
    let count = 0;
    for (let i = found - 1; i >= 0 && count < MAX_CANDIDATES; i--) {
      const prefixEnd = from + this.foundDigits[i]!;
      count = this.addList(this.foundLists[i]!, callee, from, prefixEnd, out, count);
    }
    return count;
  }

  /** Notes the lists of all prefixes of the number, shortest first; returns how many. */
  private walk(callee: string, from: number): number {
    const nodes = this.nodes;
    const end = Math.min(callee.length, from + MAX_PREFIX_DIGITS);
    let node = 0;
    let found = 0;
    for (let at = from; ; at++) {
      const list = nodes[node * NODE_CELLS + LIST_CELL]!;
      if (list !== 0) {
        this.foundLists[found] = list;
        this.foundDigits[found++] = at - from;
      }
      if (at === end) return found;
      const digit = callee.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) return found;
      node = nodes[node * NODE_CELLS + digit]!;
      if (node === 0) return found;
    }
  }

  /** Appends the gateways of `callee[from, to)`, which the deck holds by priority and name. */
  private addList(
    list: number,
    callee: string,
    from: number,
    to: number,
    out: RouteCandidate[],
    count: number,
  ): number {
    const end = list + 1 + this.lists[list]!;
    let prefix: string | null = null; // cut out only when a gateway of this list is new
    let first = count; // of the run of equal priority
    let priority = NaN;
    for (let i = list + 1; i < end; i++) {
      const number = this.lists[i]!;
      const gateway = this.gateways[number]!;
      if (gateway.locked || this.takenIn[number] === this.query) continue;
      if (this.isBarred(number, gateway.slot)) continue;
      if (gateway.priority !== priority) {
        if (count === MAX_CANDIDATES) return count;
        first = count;
        priority = gateway.priority;
      }
      this.takenIn[number] = this.query;
      prefix ??= callee.slice(from, to);
      count = this.insertByLoad(gateway, prefix, out, first, count);
    }
    return count;
  }

  /** Whether the state of a gateway keeps calls away; it is counted once a query. */
  private isBarred(number: number, slot: number): boolean {
    const bar = this.states.barOf(slot, this.registers[number] === 1, this.nowMs);
    if (bar === Bar.None) return false;
    this.takenIn[number] = this.query;
    this.barred[bar]!++;
    if (this.firstBar === Bar.None) this.firstBar = bar;
    return true;
  }

  /** Inserts behind those of the run that carry no more; the fullest falls off the end. */
  private insertByLoad(
    gateway: RoutingGateway,
    prefix: string,
    out: RouteCandidate[],
    first: number,
    count: number,
  ): number {
    const { slot } = gateway;
    const capacity = this.states.capacityOf(slot, gateway.capacity, this.nowMs);
    const load = capacity > 0 ? this.gates.occupied(slot) / capacity : Infinity;
    const loads = this.loads;
    if (count === MAX_CANDIDATES) {
      if (load >= loads[count - 1]!) return count;
      count--;
    }
    const spare = out[count] ?? { gateway, prefix };
    let at = count;
    while (at > first && loads[at - 1]! > load) {
      loads[at] = loads[at - 1]!;
      out[at] = out[at - 1]!;
      at--;
    }
    spare.gateway = gateway;
    spare.prefix = prefix;
    loads[at] = load;
    out[at] = spare;
    return count + 1;
  }
}
