// Where /metrics reads its figures: main wires shared memory, sockets and the ingest process to
// this. All calls are made per scrape, on main, and must not block.
import type { GatewayRow } from './gateway-row.ts';

export interface MetricsSource {
  /** Shared counters of engine/base/counter-names.ts (a CounterTable over CELL_NAMES). */
  readonly counters: CounterReader;
  shards(): readonly ShardFigures[];
  rings(): readonly RingFigures[];
  sockets(): readonly SocketFigures[];
  gateways(): readonly GatewayRow[];
  /** undefined: no TCP or TLS. */
  streams(): StreamFigures | undefined;
  names(): NameFigures;
  /** The whole switch's calls now and the limits in force. */
  limits(): SystemLimits;
  registrations(): RegistrationFigures;
  recorder(): RecorderFigures;
  pacer(): PacerFigures;
  traces(): TraceFigures;
  /** Times that the system clock was set. */
  clockSteps(): number;
  /** Version of what is configured: published last, and the lowest that a shard works by. */
  snapshot(): { readonly version: number; readonly mounted: number };
  /** undefined: this edge does not supervise an ingest process, or it has not reported yet. */
  ingest(): IngestFigures | undefined;
}

export interface RegistrationFigures {
  readonly registered: number;
  readonly behindNat: number;
  /** Room for so many. */
  readonly capacity: number;
  /** Refused because there was no room. */
  readonly refused: number;
  /** Terminals and sources that are suspended now. */
  readonly suspended: number;
}

export interface CounterReader {
  readonly shards: number;
  /** @param name one of CELL_NAMES */
  ofShard(shard: number, name: string): number;
}

export interface ShardFigures {
  /** Listens and turns its loop. */
  readonly up: boolean;
  /** Times that it died and was started again. */
  readonly restarts: number;
}

export interface RingFigures {
  /** What it carries and between whom: `cdr:0`, `packets:0:1`. */
  readonly name: string;
  readonly depthBytes: number;
  readonly capacityBytes: number;
}

export interface SocketFigures {
  /** `udp://10.0.0.1:5060` */
  readonly address: string;
  readonly shard: number;
  /** Datagrams that the kernel dropped since the socket was opened (receive buffer full). */
  readonly drops: number;
}

/** TCP and TLS: counts by transport, by who opened, by reason, by limit, by fate, by who pings. */
export interface StreamFigures {
  readonly open: Readonly<Record<string, number>>;
  readonly opened: Readonly<Record<string, number>>;
  readonly closed: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly messages: Readonly<Record<string, number>>;
  readonly pings: Readonly<Record<string, number>>;
}

/** Gateways given by name. */
export interface NameFigures {
  readonly names: number;
  readonly unresolved: number;
  readonly failures: number;
}

export interface SystemLimits {
  readonly calls: number;
  /** SS_MAX_CONCURRENT_CALL */
  readonly maxCalls: number;
  /** SS_MAX_CALL_PER_SECOND */
  readonly maxCallsPerSecond: number;
}

export interface RecorderFigures {
  readonly running: boolean;
  /** The spool cannot be written: no new calls are taken. */
  readonly failed: boolean;
  readonly records: number;
  readonly bytes: number;
  /** Bytes in rings that are not durable yet. */
  readonly lagBytes: number;
  readonly failures: number;
  /** How near the spool is to the bounds of tandem.yaml; at full no new calls are taken. */
  readonly room: 'ok' | 'low' | 'full';
  /** All segments together, the bound, and what their file system has left. */
  readonly spoolBytes: number;
  readonly spoolMaxBytes: number;
  readonly freeBytes: number;
  /** Longest drain, write and fdatasync so far. */
  readonly longestTurnMs: number;
  /** Records that could not be kept; stays 0. */
  readonly lost: number;
}

/** NAT heartbeats; see engine/registry/pacer-state.ts. */
export interface PacerFigures {
  readonly running: boolean;
  readonly sent: number;
  /** Refused by the kernel. */
  readonly failed: number;
  /** Registered terminals behind NAT, and how many of them a cycle serves (0: off). */
  readonly devices: number;
  readonly coverage: number;
  readonly cycles: number;
  /** Of the last cycle: length, terminals not reached. */
  readonly cycleMs: number;
  readonly missed: number;
  /** Batches so late that the next ones were put off. */
  readonly late: number;
  readonly cpuMs: number;
}

export interface TraceFigures {
  /** Traces in force. */
  readonly active: number;
  /** Messages and bytes in files. */
  readonly records: number;
  readonly bytes: number;
  /** Messages that could not be written. */
  readonly lost: number;
  /** The system's code of the last failure; empty when the last write went well. */
  readonly problem: string;
}

export interface IngestFigures {
  readonly running: boolean;
  /** No job of it is held up. */
  readonly healthy: boolean;
  readonly clickhouseOk: boolean;
  /** Spool that is durable here and not yet in ClickHouse. */
  readonly lagBytes: number;
  readonly insertedRows: number;
  readonly errors: number;
  /** Records set aside. */
  readonly malformed: number;
  /** Of damaged segments, stepped over. */
  readonly damagedBytes: number;
  readonly restarts: number;
  readonly cpuSeconds: number;
  readonly residentBytes: number;
  /** CDRs that wait for the slowest consumer of the spool, and how many raise an alarm. */
  readonly pendingRecords: number;
  readonly pendingLimit: number;
  readonly kafka: KafkaFigures;
  /** Consumers of CDRs beside ClickHouse: files, push. */
  readonly cdrFeeds: Readonly<Record<string, CdrFeedFigures>>;
}

/** Kafka, where it is used; see KafkaState of ingest/ingest-state.ts. */
export interface KafkaFigures {
  readonly produced: number;
  readonly produceErrors: number;
  readonly consumed: number;
  readonly consumeErrors: number;
  readonly deadLetters: number;
  readonly lostMessages: number;
  readonly lagMessages: number;
  readonly partitions: number;
  readonly heldPartitions: number;
}

export interface CdrFeedFigures {
  readonly records: number;
  readonly refused: number;
  readonly failures: number;
  /** Spools for which it is held up now. */
  readonly heldUp: number;
}
