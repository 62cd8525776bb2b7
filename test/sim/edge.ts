// The switch in the simulation: the cores of one edge, sharing gates, each datagram handed to the
// core that owns its Call-ID, as the shards' packet I/O does.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import type { TransportName } from '../../engine/base/gateway-words.ts';
import { CELL_NAMES, type CounterName } from '../../engine/base/counter-names.ts';
import { seededRandom } from '../../engine/base/random.ts';
import { TICK_MS } from '../../engine/base/timer-wheel.ts';
import type { CoreServices } from '../../engine/call/core-services.ts';
import type { LocalAddress } from '../../engine/call/local-address.ts';
import { SwitchCore } from '../../engine/call/switch-core.ts';
import type { Cdr, CdrAttempt } from '../../engine/cdr/schema.ts';
import { createLocationTable } from '../../engine/registry/location-layout.ts';
import { createSuspensions } from '../../engine/registry/suspensions.ts';
import { GATE_SLOTS } from '../../engine/routing/gate-slots.ts';
import type { Snapshot } from '../../engine/routing/snapshot.ts';
import { shardOf } from '../../engine/shard/shard-of.ts';
import {
  CounterRow,
  CounterTable,
  createCounters,
  defineCounters,
} from '../../engine/shm/counters.ts';
import { createGates, SharedGates } from '../../engine/shm/gates.ts';
import { localAt } from '../engine/call/locals.ts';
import { createGatewayStates, SharedGatewayStates } from '../../engine/shm/gateway-states.ts';
import { RecordLog } from './record-log.ts';
import type { Host, Packet, VirtualNetwork } from './virtual-network.ts';
import type { VirtualTime } from './virtual-time.ts';

export const EDGE: Endpoint = { family: 4, ip: '192.0.2.1', port: 5060 };
/** Where the switch listens; the virtual network has no connections, so each has its port. */
export const EDGES: Readonly<Record<TransportName, Endpoint>> = {
  udp: EDGE,
  tcp: { ...EDGE, port: 5062 },
  tls: { ...EDGE, port: 5061 },
};
const LISTENS = Object.entries(EDGES) as [TransportName, Endpoint][];
const EDGE_LOCALS: readonly LocalAddress[] = LISTENS.map(([transport, endpoint]) =>
  localAt(endpoint, transport),
);
const LAYOUT = defineCounters(CELL_NAMES);

/** What a core is doing when it sends or records something. */
export interface Cause {
  readonly shard: number;
  /** Null: a timer, ICMP or the operator. */
  readonly packet: Packet | null;
}

export interface EdgeEvents {
  onCdr(record: Cdr, cause: Cause): void;
  onAttempt(record: CdrAttempt): void;
  onException(error: unknown): void;
  /** A core took a datagram in. */
  onTaken(packet: Packet, shard: number): void;
  onSent(packet: Packet, shard: number): void;
}

export interface EdgeOptions {
  readonly seed: number;
  readonly shards: number;
  readonly snapshot: Snapshot;
  readonly events: EdgeEvents;
  /** Damages a core on purpose, to see that the invariants notice. */
  readonly tamper?: (services: CoreServices) => CoreServices;
}

export class Edge implements Host {
  readonly cores: SwitchCore[];
  readonly gates: SharedGates;
  readonly states: SharedGatewayStates = new SharedGatewayStates(createGatewayStates(GATE_SLOTS));
  readonly #time: VirtualTime;
  readonly #network: VirtualNetwork;
  readonly #options: EdgeOptions;
  readonly #events: EdgeEvents;
  readonly #gateMemory: SharedArrayBuffer;
  readonly #counterMemory: SharedArrayBuffer;
  readonly locationMemory: SharedArrayBuffer;
  readonly #suspensionMemory = createSuspensions(1024);
  readonly #log = new RecordLog();
  /** What waits in the sockets of a core that is down; null while it is up. */
  readonly #waiting: (Packet[] | null)[];
  #lives = 0;
  readonly #counters: CounterTable<string, never>;
  #cause: Cause = { shard: 0, packet: null };
  #pulsing = false;
  /** Whether the recorder takes records of new calls. */
  hasRoom = true;

  constructor(time: VirtualTime, network: VirtualNetwork, options: EdgeOptions) {
    const { shards, events } = options;
    this.#time = time;
    this.#network = network;
    this.#options = options;
    this.#events = events;
    this.#gateMemory = createGates(GATE_SLOTS, shards);
    this.#counterMemory = createCounters(LAYOUT, shards);
    this.locationMemory = createLocationTable(256, shards);
    this.gates = new SharedGates(this.#gateMemory, GATE_SLOTS, 0);
    this.#counters = new CounterTable(this.#counterMemory, LAYOUT);
    this.#waiting = Array.from({ length: shards }, () => null);
    this.cores = Array.from({ length: shards }, (_, shard) => this.#newCore(shard));
    this.open();
  }

  #newCore(shard: number, snapshot = this.#options.snapshot): SwitchCore {
    const { seed, events, tamper } = this.#options;
    const services: CoreServices = {
      shard,
      shards: this.#options.shards,
      node: 'simulated',
      clock: this.#time,
      random: seededRandom(seed * 31 + shard + 7919 * this.#lives++),
      counters: new CounterRow(this.#counterMemory, LAYOUT, shard),
      gates: new SharedGates(this.#gateMemory, GATE_SLOTS, shard),
      states: this.states,
      sink: {
        cdr: (record, answered, withheld) => {
          if (answered !== null && !withheld) events.onAttempt(structuredClone(answered));
          this.#log.cdr(shard, this.#time.monoMs(), record.id);
          events.onCdr(structuredClone(record), this.#cause);
          return true;
        },
        attempt: (record) => {
          events.onAttempt(structuredClone(record));
          return true;
        },
        state: (_kind, state) => {
          this.#log.state(shard, this.#time.monoMs(), state);
          return true;
        },
        hasRoom: () => this.hasRoom,
      },
      registry: {
        locations: this.locationMemory,
        suspensions: this.#suspensionMemory,
        nonceKey: `key ${seed} ${shard} ${this.#lives}`,
      },
      transport: {
        send: (local, to, text) => {
          const from = LISTENS[local]![1];
          events.onSent({ from, to, text }, shard);
          this.#network.send(from, to, text);
          return true;
        },
      },
    };
    return new SwitchCore(tamper?.(services) ?? services, EDGE_LOCALS, snapshot);
  }

  /**
   * A shard dies. What it wrote in its last `lostMs` was not durable. Alone, its sockets live on;
   * with the process, nobody listens. Its places are given back by its successor.
   */
  crash(shard: number, lostMs: number): void {
    if (lostMs > 0) this.#log.lose(shard, this.#time.monoMs() - lostMs);
    this.#waiting[shard] = [];
  }

  /** The whole process dies: nobody listens until `open`. */
  close(): void {
    for (const [, endpoint] of LISTENS) this.#network.detach(endpoint);
  }

  open(): void {
    for (const [, endpoint] of LISTENS) this.#network.attach(endpoint, this);
  }

  /** A shard that crashed is there again, with its calls; then it reads its sockets. */
  restart(shard: number, snapshot = this.#options.snapshot): void {
    this.cores[shard] = this.#newCore(shard, snapshot);
    new SharedGates(this.#gateMemory, GATE_SLOTS, shard).releaseAll();
    const states = this.#log.open(shard);
    const restorer = this.cores[shard].restorer(snapshot);
    for (const state of states) restorer.restore(state);
    const waiting = this.#waiting[shard]!;
    this.#waiting[shard] = null;
    for (const packet of waiting) this.receive(packet);
    this.#pulse();
  }

  counter(name: CounterName): number {
    return this.#counters.sum(name);
  }

  receive(packet: Packet): void {
    const bytes = Buffer.from(packet.text, 'latin1');
    const owner = shardOf(bytes, 0, bytes.length, this.cores.length);
    // What names no call stays with the socket that the kernel chose, by the source.
    const shard = owner < 0 ? packet.from.port % this.cores.length : owner;
    const waiting = this.#waiting[shard];
    if (waiting) {
      waiting.push(packet);
      return;
    }
    this.#events.onTaken(packet, shard);
    this.#work(shard, packet, (core) => {
      const local = LISTENS.findIndex(([, { port }]) => port === packet.to.port);
      core.packet(bytes, 0, bytes.length, packet.from, local);
    });
  }

  unreachable(packet: Packet): void {
    const bytes = Buffer.from(packet.text, 'latin1');
    const owner = shardOf(bytes, 0, bytes.length, this.cores.length);
    this.#work(Math.max(owner, 0), null, (core) => {
      core.unreachable(bytes, 0, bytes.length);
    });
  }

  /** Lets the operator do something to every core. */
  operate(action: (core: SwitchCore) => void): void {
    for (let shard = 0; shard < this.cores.length; shard++) this.#work(shard, null, action);
  }

  #work(shard: number, packet: Packet | null, action: (core: SwitchCore) => void): void {
    if (this.#waiting[shard]) return;
    const core = this.cores[shard]!;
    try {
      this.#cause = { shard, packet: null };
      core.advance();
      this.#cause = { shard, packet };
      action(core);
    } catch (error) {
      this.#events.onException(error);
    }
    this.#pulse();
  }

  /** The shard's loop: while timers are armed it wakes every tick. */
  #pulse(): void {
    if (this.#pulsing || this.cores.every((core) => core.armedTimers === 0)) return;
    this.#pulsing = true;
    this.#time.after(TICK_MS, () => {
      this.#pulsing = false;
      for (let shard = 0; shard < this.cores.length; shard++) {
        if (this.#waiting[shard]) continue;
        try {
          this.#cause = { shard, packet: null };
          this.cores[shard]!.advance();
        } catch (error) {
          this.#events.onException(error);
        }
      }
      this.#pulse();
    });
  }
}
