// What every call of one shard works with; switch-core.ts makes it, calls only use it.
import type { Clock } from '../base/clock.ts';
import type { CounterRow } from '../base/counter-names.ts';
import type { Gates } from '../base/gates.ts';
import type { GatewayStates } from '../base/gateway-states.ts';
import type { Random } from '../base/random.ts';
import type { TimerWheel } from '../base/timer-wheel.ts';
import type { CdrSink } from '../cdr/cdr-sink.ts';
import type { DialogTable } from '../sip/dialog/dialog-table.ts';
import type { TransactionLayer } from '../sip/transaction/transaction-layer.ts';
import type { Transport } from '../sip/transaction/transport.ts';
import type { Access } from './access.ts';
import type { Call } from './call.ts';
import type { CallIndex } from './call-index.ts';
import type { LocalAddress } from './local-address.ts';
import type { CoreTrace } from './core-trace.ts';
import type { MountedSnapshot } from './mounted-snapshot.ts';

/** Its mounted part is replaced with each snapshot; running calls keep their gateways. */
export interface CallContext extends MountedSnapshot {
  readonly node: string;
  readonly shard: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly timers: TimerWheel;
  readonly counters: CounterRow;
  readonly gates: Gates;
  readonly states: GatewayStates;
  readonly sink: CdrSink;
  readonly transport: Transport;
  readonly trace: CoreTrace;
  readonly transactions: TransactionLayer;
  readonly dialogs: DialogTable<Call>;
  readonly locals: readonly LocalAddress[];
  /** The running calls: merged requests, RFC 3261 8.2.2.2. */
  readonly index: CallIndex<Call>;
  /** How many of them are answered. */
  readonly answered: { calls: number };
  /** Who calls, and where registered phones and gateways are. */
  readonly access: Access;
}
