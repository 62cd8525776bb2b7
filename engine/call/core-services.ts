// What a core needs from outside (threads and sockets in the switch, stand-ins in the simulator),
// and what it shows of itself.
import type { Clock } from '../base/clock.ts';
import type { CounterRow } from '../base/counter-names.ts';
import type { Gates } from '../base/gates.ts';
import type { GatewayStates } from '../base/gateway-states.ts';
import type { Random } from '../base/random.ts';
import type { CdrSink } from '../cdr/cdr-sink.ts';
import type { Transport } from '../sip/transaction/transport.ts';
import type { TraceSink } from '../trace/call-tracer.ts';

/** What registrations and authentication need, shared by all cores. */
export interface RegistryServices {
  /** createLocationTable: the core writes its own region. */
  readonly locations: SharedArrayBuffer;
  /** createSuspensions. */
  readonly suspensions: SharedArrayBuffer;
  /** What challenges offer, in this order; by default all, the strongest first. */
  readonly digestAlgorithms?: readonly string[];
  /** Secret of this core's life, see engine/sip/auth/nonces.ts. */
  readonly nonceKey: string;
}

export interface CoreServices {
  readonly shard: number;
  /** How many there are. */
  readonly shards: number;
  /** Name of this edge, for the records. */
  readonly node: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: CounterRow;
  readonly gates: Gates;
  readonly states: GatewayStates;
  readonly sink: CdrSink;
  readonly transport: Transport;
  /** Where traced messages go; without it nothing is traced. */
  readonly trace?: TraceSink;
  readonly registry: RegistryServices;
}

/** What is alive in a core now. */
export interface CoreGauges {
  readonly calls: number;
  readonly answered: number;
  readonly dialogs: number;
  readonly clients: number;
  readonly servers: number;
  readonly timers: number;
}
