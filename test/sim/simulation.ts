// One simulated network under one seed: customers, vendors, a scanner and the switch between them,
// run until nothing is left to happen, and judged all the while.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import type { ParameterValues } from '../../engine/base/parameter-values.ts';
import type { CoreServices } from '../../engine/call/core-services.ts';
import { FIRST_GATEWAY_SLOT } from '../../engine/routing/gate-slots.ts';
import type { Snapshot } from '../../engine/routing/snapshot.ts';
import { CallLedger } from './call-ledger.ts';
import { Caller } from './caller.ts';
import { Chance } from './chance.ts';
import type { World } from './agent.ts';
import { addCrashes } from './crashes.ts';
import { Edge, type EdgeEvents } from './edge.ts';
import { addPhones, phoneNumber } from './phones.ts';
import { callPlan, vendorPlan } from './plans.ts';
import { scan } from './scanner.ts';
import { checkGates } from './gate-rules.ts';
import { randomSnapshot } from './random-snapshot.ts';
import { TextMessage } from './text-message.ts';
import { SessionRules } from './session-rules.ts';
import { Trace } from './trace.ts';
import { Vendor } from './vendor.ts';
import { randomLink, VirtualNetwork, type LinkQuality } from './virtual-network.ts';
import { VirtualTime } from './virtual-time.ts';
import { CALLER_MARK, CALLER_NET, VENDOR_MARK, VENDOR_NET, WireRules } from './wire-rules.ts';

const MUST_STAY_0 = [
  'wrongShard',
  'exceptions',
  'recordsDropped',
  'callStatesDamaged',
  'callStatesDropped',
] as const;
/** Calls begin within this time. */
const CALLS_WITHIN_MS = 30_000;
/** Far beyond any timer: a simulation that still has something to do then never ends. */
const LONGEST_MS = 30 * 60_000;

export interface SimulationOptions {
  /** Keeps the message ladder. */
  readonly ladder?: boolean;
  /** Damages the cores, see EdgeOptions. */
  readonly tamper?: (services: CoreServices) => CoreServices;
  readonly parameters?: Partial<ParameterValues>;
  /** Shards and the whole edge die and start again. */
  readonly crashes?: boolean;
}

export interface SimulationResult {
  /** Empty when all invariants held. */
  readonly violations: readonly string[];
  readonly digest: string;
  readonly ladder: string;
  readonly calls: number;
  readonly answered: number;
  readonly messages: number;
  /** Calls that went on after a crash. */
  readonly restored: number;
  /** Session refreshes, and calls that a session timer has ended. */
  readonly refreshed: number;
  readonly expired: number;
  /** Calls that a registered phone has answered. */
  readonly toPhones: number;
}

/** Runs the simulation of `seed` to its end. */
export function simulate(seed: number, options: SimulationOptions = {}): SimulationResult {
  return new Simulation(seed, options).run();
}

class Simulation {
  readonly #time = new VirtualTime();
  readonly #chance: Chance;
  readonly #trace: Trace;
  readonly #violations: string[] = [];
  readonly #rules: WireRules;
  readonly #ledger: CallLedger;
  readonly #sessions: SessionRules;
  readonly #network: VirtualNetwork;
  readonly #world: World;
  readonly #snapshot: Snapshot;
  readonly #edge: Edge;
  readonly #callers: Caller[] = [];
  readonly #vendors: Vendor[] = [];
  readonly #phones: readonly Vendor[];
  readonly #crashes: boolean;
  #messages = 0;

  constructor(seed: number, options: SimulationOptions) {
    const { ladder = false, tamper, crashes = false } = options;
    const time = this.#time;
    this.#chance = new Chance(seed);
    this.#trace = new Trace(time, ladder);
    const complain = (problem: string): void => {
      this.#complain(problem);
    };
    this.#rules = new WireRules(complain);
    this.#ledger = new CallLedger(time, complain);
    const quality = randomLink(this.#chance);
    this.#network = new VirtualNetwork(time, new Chance(seed + 1_000_003), quality);
    this.#network.watcher = (packet, fate) => {
      this.#messages++;
      this.#trace.packet(packet, fate);
    };
    this.#world = { time, network: this.#network, chance: this.#chance, complain };
    this.#crashes = crashes;
    // Long enough for a silent call to be asked whether it lives.
    const limit = crashes ? this.#chance.pick([60, 60, 300, 900]) : 60;
    const parameters = { SS_SIP_NO_TIMER_REINVITE_INTERVAL: limit };
    this.#snapshot = randomSnapshot(this.#chance, { ...parameters, ...options.parameters });
    const early = this.#snapshot.parameters.SS_SIP_SESSION_TIMEOUT_EARLY_HANGUP;
    this.#sessions = new SessionRules(time, early, crashes, complain);
    this.#edge = new Edge(time, this.#network, {
      seed,
      shards: this.#chance.between(1, 4),
      snapshot: this.#snapshot,
      events: this.#events(),
      ...(tamper === undefined ? {} : { tamper }),
    });
    this.#addVendors();
    this.#phones = addPhones(this.#world, this.#edge, crashes ? null : CALLS_WITHIN_MS);
    this.#addCallers();
    this.#addTrouble(quality);
    if (crashes) this.#addCrashes();
  }

  #addCrashes(): void {
    addCrashes({
      time: this.#time,
      chance: this.#chance,
      edge: this.#edge,
      ledger: this.#ledger,
      rules: this.#rules,
      trace: this.#trace,
    });
  }

  run(): SimulationResult {
    const time = this.#time;
    const complain = (problem: string): void => {
      this.#complain(problem);
    };
    while (this.#violations.length === 0 && time.step()) {
      checkGates(this.#edge, this.#snapshot, complain);
      if (time.monoMs() > LONGEST_MS) this.#complain('it does not come to rest');
    }
    if (this.#violations.length === 0) this.#checkEnd();
    const calls = [...this.#ledger.calls.values()];
    return {
      violations: this.#violations,
      digest: this.#trace.digest(),
      ladder: this.#trace.ladder,
      calls: calls.length,
      answered: calls.filter(({ answeredAtMs }) => answeredAtMs >= 0).length,
      messages: this.#messages,
      restored: this.#edge.counter('callsRestored'),
      refreshed: this.#sessions.refreshed,
      expired: this.#sessions.expired,
      toPhones: calls.filter(({ cdr, answeredAtMs }) => {
        return answeredAtMs >= 0 && cdr?.routingGateway === 'phones';
      }).length,
    };
  }

  #complain(problem: string): void {
    const at = (this.#time.monoMs() / 1000).toFixed(3);
    this.#violations.push(`${at} s: ${problem}`);
    this.#trace.note(`VIOLATION ${problem}`);
  }

  #events(): EdgeEvents {
    return {
      onTaken: (packet, shard) => {
        const message = new TextMessage(packet.text);
        this.#rules.taken(packet, message, shard);
        this.#ledger.taken(packet, message);
        this.#sessions.message(message, false);
      },
      onSent: (packet, shard) => {
        const message = new TextMessage(packet.text);
        this.#rules.sent(packet, message, shard);
        this.#ledger.sent(packet, message);
        this.#sessions.message(message, true);
      },
      onCdr: (record, cause) => {
        this.#trace.note(`CDR ${record.calleeIn} ${record.endCode} ${record.endReason}`);
        this.#ledger.cdr(record, cause);
        this.#sessions.cdr(record);
      },
      onAttempt: (row) => {
        this.#trace.note(`attempt ${row.routingGateway} ${row.code} ${row.reason}`);
        this.#ledger.attempt(row);
      },
      onException: (error) => {
        this.#complain(
          `exception: ${error instanceof Error ? (error.stack ?? '') : String(error)}`,
        );
      },
    };
  }

  #addVendors(): void {
    const chance = this.#chance;
    const { routingGateways } = this.#snapshot;
    routingGateways.forEach(({ peer, credentials }, index) => {
      if (peer.family === 6) return;
      const mark = `${VENDOR_MARK}${index + 1}x`;
      const vendor = new Vendor(this.#world, {
        endpoint: peer,
        mark,
        challenge: credentials !== null && chance.happens(0.7) ? chance.pick([401, 407]) : null,
        plan: () => vendorPlan(chance, routingGateways.length),
      });
      this.#vendors.push(vendor);
      const fate = chance.between(0, 19);
      const atMs = chance.between(0, CALLS_WITHIN_MS);
      if (fate === 0) this.#network.detach(peer);
      if (fate === 1) {
        this.#time.after(atMs, () => {
          vendor.crashed = true;
          this.#trace.note(`${mark} crashes`);
        });
      }
      if (fate === 2) {
        this.#time.after(atMs, () => {
          vendor.crashed = true;
          this.#network.detach(peer);
          this.#trace.note(`${mark} crashes, port closed`);
        });
      }
    });
  }

  #addCallers(): void {
    const chance = this.#chance;
    const customers = this.#snapshot.mappingGateways.length;
    const count = chance.between(5, 20);
    for (let i = 0; i < count; i++) {
      const prefix = chance.pick(['44', '44', '44', '441', '49', '49', '33', '1']);
      const number = `${prefix}${String(i).padStart(4, '0')}${chance.between(0, 9)}`;
      const plan = callPlan(chance, chance.happens(0.2) ? phoneNumber(i) : number);
      const ip = `${CALLER_NET}${chance.between(1, customers)}`;
      const endpoint: Endpoint = { family: 4, ip, port: 10_000 + i };
      const caller = new Caller(this.#world, endpoint, `${CALLER_MARK}${i}x`, plan);
      this.#callers.push(caller);
      this.#time.after(chance.between(0, CALLS_WITHIN_MS), () => {
        caller.start();
      });
    }
  }

  /** The wall clock steps, links are cut for a while, a scanner knocks, the operator drains. */
  #addTrouble(quality: LinkQuality): void {
    const chance = this.#chance;
    const time = this.#time;
    // A step of the wall clock over a crash shifts what is billed: nothing else tells the time.
    if (!this.#crashes && chance.happens(0.3)) {
      time.after(chance.between(0, 60_000), () => {
        time.stepWall(chance.pick([-86_400_000, -3_600_000, -1500, 1500, 3_600_000, 86_400_000]));
      });
    }
    // With heavy loss besides, too few of a request's resends would get through to expect anything.
    if (quality.loss <= 0.02 && chance.happens(0.3)) {
      const cut = chance.happens(0.5) ? CALLER_NET : VENDOR_NET;
      const ip = `${cut}${chance.between(1, 3)}`;
      const fromMs = chance.between(0, CALLS_WITHIN_MS);
      time.after(fromMs, () => {
        this.#network.cut(ip);
      });
      time.after(fromMs + chance.between(100, 6000), () => {
        this.#network.heal(ip);
      });
    }
    if (chance.happens(0.3)) scan(this.#world, CALLS_WITHIN_MS);
    if (!this.#crashes && chance.happens(0.1)) {
      time.after(chance.between(10_000, 40_000), () => {
        this.#trace.note('draining');
        this.#ledger.refusing = true;
        this.#edge.operate((core) => {
          core.draining = true;
        });
      });
      time.after(chance.between(40_000, 60_000), () => {
        this.#trace.note('calls are stopped');
        this.#edge.operate((core) => {
          core.stopCalls();
        });
      });
    }
  }

  #checkEnd(): void {
    this.#ledger.checkComplete();
    this.#rules.checkAnswered();
    for (const caller of this.#callers) if (!caller.crashed) this.#checkCaller(caller);
    for (const vendor of [...this.#vendors, ...this.#phones]) {
      if (vendor.crashed) continue;
      for (const forks of vendor.legs.values()) {
        // The BYE of a second answer is not on record: it is not sent again after a crash.
        const lostBye = this.#crashes && forks.some(({ ended }) => ended);
        for (const { up, ended, callId } of forks) {
          const excused = lostBye || (this.#crashes && this.#ledger.mayBeUp(callId));
          if (up && !ended && !excused) this.#complain(`${vendor.mark}: ${callId} is still up`);
        }
      }
    }
    this.#checkNothingLeft();
  }

  #checkCaller(caller: Caller): void {
    const { mark, callId, final, leg } = caller;
    const facts = this.#ledger.calls.get(callId);
    if (facts === undefined || facts.settled) return;
    // After a crash the copy of an INVITE may be the one that makes the call.
    const again = caller.plan.merged || facts.twice || this.#ledger.begunAgain(callId);
    if (this.#crashes && again) return;
    // Its 200 got lost, and the core that would have sent it again too.
    if (facts.carriedAtMs >= 0 && final === 0) return;
    if (final === 0) this.#complain(`${mark}: INVITE without a final response`);
    if (final < 300 && facts.answeredAtMs < 0) this.#complain(`${mark}: answered by nobody`);
    if (![facts.final, facts.refusedAnew, 408].includes(final)) {
      this.#complain(`${mark}: got ${final}, was sent ${facts.final}`);
    }
    if (leg !== null && !leg.ended) this.#complain(`${mark}: ${callId} is still up`);
  }

  #checkNothingLeft(): void {
    const edge = this.#edge;
    edge.cores.forEach((core, shard) => {
      for (const [what, left] of Object.entries(core.gauges())) {
        if (left !== 0) this.#complain(`core ${shard}: ${left} ${what} left`);
      }
    });
    for (let slot = 0; slot < FIRST_GATEWAY_SLOT + 64; slot++) {
      const held = edge.gates.occupied(slot);
      if (held !== 0) this.#complain(`gate ${slot} holds ${held}`);
    }
    for (const name of MUST_STAY_0) {
      if (edge.counter(name) !== 0) this.#complain(`counter ${name} is ${edge.counter(name)}`);
    }
    if (this.#crashes) return;
    const started = edge.counter('callsStarted');
    const ended = edge.counter('callsEnded');
    if (started !== ended) this.#complain(`${started} calls started, ${ended} ended`);
    const calls = [...this.#ledger.calls.values()];
    const records = calls.filter(({ cdr }) => cdr !== null).length;
    if (records !== ended && !calls.some(({ twice }) => twice))
      this.#complain(`${ended} calls ended, ${records} CDRs`);
  }
}
