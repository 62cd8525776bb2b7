// What all transactions of one shard share: time, timers, the way out, the schedule, the counters.
import type { Endpoint } from '../../base/endpoint.ts';
import type { ReplyAddress } from '../../base/gateway-words.ts';
import type { Random } from '../../base/random.ts';
import type { TimerWheel } from '../../base/timer-wheel.ts';
import type { CounterRow } from '../../base/counter-names.ts';
import type { ResendSchedule } from './resend-schedule.ts';
import type { Transport } from './transport.ts';

export interface TransactionContext {
  readonly random: Random;
  readonly timers: TimerWheel;
  readonly transport: Transport;
  readonly counters: CounterRow;
  /** This shard's number, written into branches, tags and Call-IDs. */
  readonly shard: number;
  /** Of each listen address how the Via of our requests begins: `SIP/2.0/UDP host:port;rport`. */
  readonly vias: readonly string[];
  /** Of each listen address whether it is TCP or TLS: nothing is resent (RFC 3261 17.1.1.2). */
  readonly reliable: readonly boolean[];
  /** Replaced when SS_SIP_RESEND_INTERVAL changes; running transactions keep theirs. */
  schedule: ResendSchedule;
  /** Where a source's responses go; null: where its requests came from. */
  replyAddressOf: ((source: Endpoint) => ReplyAddress) | null;
}
