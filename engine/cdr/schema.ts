// The records a shard writes about a call, and their positional layout in ring, spool and Kafka:
// a msgpack array whose element n is column n of the table below. First stop: record-encoder.ts.
// A column is only ever added at the end, with a new version; none is removed or reordered.

/** Who ended the call: a party by CANCEL or BYE (or its failure response), or this switch. */
export type EndSide = 'caller' | 'callee' | 'server';

/**
 * How the end is known. `seen`: this process had the call from beginning to end. `recovered`: it
 * took the call over after a crash and saw its end. `assumed`: it took the call over and nobody
 * came back for it, so that the end is the last proof of life.
 */
export type EndEvidence = 'seen' | 'recovered' | 'assumed';

/**
 * One call, answered or not. Times are UTC epoch milliseconds, 0 when it never happened;
 * texts are empty when not known. Money is a decimal string with at most nine places.
 */
export interface Cdr {
  /** UUIDv7, shared by all records of the call. */
  id: string;
  /** Name of the edge that carried the call (`node` of tandem.yaml). */
  node: string;
  /** INVITE received. */
  startedAtMs: number;
  /** First 18x sent to the caller. */
  ringingAtMs: number;
  /** 200 for the INVITE sent to the caller. */
  answeredAtMs: number;
  endedAtMs: number;
  /** Answer to end by the monotonic clock, whole milliseconds; 0 when not answered. */
  durationMs: number;
  /** Post-dial delay: INVITE to first 18x, rounded up to at least 1 ms; 0 when it never rang. */
  pddMs: number;
  mappingGateway: string;
  account: string;
  /** The last one tried: the one that answered, if any did. */
  routingGateway: string;
  clearingAccount: string;
  /** Numbers as the mapping gateway sent them. */
  callerIn: string;
  calleeIn: string;
  /** Numbers as sent to the routing gateway. */
  callerOut: string;
  calleeOut: string;
  /** IP address without port, of the mapping gateway and of the routing gateway. */
  sourceIp: string;
  destinationIp: string;
  /** SIP status code that ended the call attempt; 200 for an answered call that was hung up. */
  endCode: number;
  endReason: string;
  endSide: EndSide;
  /** Call-ID of the mapping gateway's leg and of the last routing gateway's leg. */
  callIdIn: string;
  callIdOut: string;
  /** First codec of the answer, such as `PCMA`. */
  codec: string;
  /** Routing gateways tried. */
  attempts: number;
  customerFee: string;
  vendorFee: string;
  /** Charged time in milliseconds. */
  billedMs: number;
  /** Rate that the customer pays by: the name of its area and the prefix that matched. */
  area: string;
  ratePrefix: string;
  /** Rate that the vendor is owed by, likewise. */
  vendorArea: string;
  vendorRatePrefix: string;
  /** Level of the rate: local, domestic, international or a name of the operator's. */
  callLevel: string;
  /** Tax that `customerFee` contains. */
  tax: string;
  /** Registered phone that is billed, by its E.164 number; empty for a gateway's call. */
  phone: string;
  /** Agent that earns from the call, and what it earns. */
  agentAccount: string;
  agentFee: string;
  endEvidence: EndEvidence;
}

/**
 * One routing gateway tried for a call. Times and texts as in {@link Cdr}. That of the attempt that
 * was answered ends with the call, and is written as part of its CDR.
 */
export interface CdrAttempt {
  /** The call's id. */
  id: string;
  node: string;
  /** 1 for the first gateway tried. */
  attempt: number;
  startedAtMs: number;
  endedAtMs: number;
  routingGateway: string;
  destinationIp: string;
  /** The prefix that chose the gateway. */
  prefix: string;
  /** Final status code of the gateway; 408 when it stayed silent, 503 when it was unreachable. */
  code: number;
  reason: string;
  pddMs: number;
}

/** Record kinds as they stand in a frame. */
export const KIND_CDR = 1;
export const KIND_ATTEMPT = 2;
/** State of an answered call, at its answer and each minute (call-state.ts); never delivered. */
export const KIND_START = 3;
export const KIND_ALIVE = 4;
/** CDR of a call that leaves none (SERVER_BILLING_NO_CDR_E164S): it ends the call, no more. */
export const KIND_WITHHELD = 5;

/** Layout version that this program writes for CDRs and attempts. */
export const SCHEMA_VERSION = 3;

/**
 * text: string; time: epoch milliseconds; count, code, ordinal: integer of 32, 16, 8 bits;
 * money: decimal string; side: an {@link EndSide}; evidence: an {@link EndEvidence}.
 */
export type ColumnType =
  'text' | 'time' | 'count' | 'code' | 'ordinal' | 'money' | 'side' | 'evidence';

export interface Column {
  /** Name of the ClickHouse column. */
  readonly name: string;
  readonly type: ColumnType;
  /** 0 in the record means that it never happened: NULL in ClickHouse. */
  readonly optional: boolean;
  /** First version that has it; a record of an earlier one stands for the type's default. */
  readonly since: number;
}

/** What a column that a record is too old for holds. */
export const COLUMN_DEFAULTS: Readonly<Record<ColumnType, string | number>> = {
  text: '',
  time: 0,
  count: 0,
  code: 0,
  ordinal: 0,
  money: '0',
  side: 'server',
  evidence: 'seen',
};

function columns(
  since: number,
  list: readonly (readonly [string, ColumnType, 'optional'?])[],
): readonly Column[] {
  return list.map(([name, type, optional]) => {
    return { name, type, optional: optional !== undefined, since };
  });
}

/** {@link Cdr} as the first columns of its record, and as a row of `tandem.cdr`. */
export const cdrColumns: readonly Column[] = [
  ...columns(1, [
    ['id', 'text'],
    ['node', 'text'],
    ['started_at', 'time'],
    ['ringing_at', 'time', 'optional'],
    ['answered_at', 'time', 'optional'],
    ['ended_at', 'time'],
    ['duration_ms', 'count'],
    ['pdd_ms', 'count', 'optional'],
    ['mapping_gateway', 'text'],
    ['account', 'text'],
    ['routing_gateway', 'text'],
    ['clearing_account', 'text'],
    ['caller_in', 'text'],
    ['callee_in', 'text'],
    ['caller_out', 'text'],
    ['callee_out', 'text'],
    ['source_ip', 'text'],
    ['destination_ip', 'text'],
    ['end_code', 'code'],
    ['end_reason', 'text'],
    ['end_side', 'side'],
    ['call_id_in', 'text'],
    ['call_id_out', 'text'],
    ['codec', 'text'],
    ['attempts', 'ordinal'],
    ['customer_fee', 'money'],
    ['vendor_fee', 'money'],
    ['billed_ms', 'count'],
  ]),
  ...columns(2, [
    ['area', 'text'],
    ['rate_prefix', 'text'],
    ['vendor_area', 'text'],
    ['vendor_rate_prefix', 'text'],
    ['call_level', 'text'],
    ['tax', 'money'],
    ['phone', 'text'],
    ['agent_account', 'text'],
    ['agent_fee', 'money'],
    ['end_evidence', 'evidence'],
  ]),
];

/** {@link CdrAttempt} as a record of its own, and as a row of `tandem.cdr_attempt`. */
export const attemptColumns = columns(1, [
  ['id', 'text'],
  ['node', 'text'],
  ['attempt', 'ordinal'],
  ['started_at', 'time'],
  ['ended_at', 'time'],
  ['routing_gateway', 'text'],
  ['destination_ip', 'text'],
  ['prefix', 'text'],
  ['code', 'code'],
  ['reason', 'text'],
  ['pdd_ms', 'count', 'optional'],
]);

/**
 * Behind the columns of an answered call's CDR: what the row of the attempt that was answered has
 * beyond them. A start of 0: the call was not answered, its attempts are records of their own.
 */
export const answeredColumns = columns(3, [
  ['attempt_started_at', 'time', 'optional'],
  ['attempt_prefix', 'text'],
  ['attempt_code', 'code'],
  ['attempt_reason', 'text'],
  ['attempt_pdd_ms', 'count', 'optional'],
]);

/**
 * Layout of a CDR's record: position in the array = position here. What a later version adds goes
 * behind all of it, a column of the CDR too: readers cut the CDR's row off at the front.
 */
export const cdrRecordColumns: readonly Column[] = [...cdrColumns, ...answeredColumns];

/** Columns of an attempt that the CDR has under another name. */
const IN_CDR: Readonly<Record<string, string>> = {
  attempt: 'attempts',
  started_at: 'attempt_started_at',
  prefix: 'attempt_prefix',
  code: 'attempt_code',
  reason: 'attempt_reason',
  pdd_ms: 'attempt_pdd_ms',
};

/** Where in the record of an answered call's CDR each column of its attempt stands. */
export const answeredPositions: readonly number[] = attemptColumns.map((column) =>
  cdrRecordColumns.findIndex(({ name }) => name === (IN_CDR[column.name] ?? column.name)),
);
/** The attempt's start, by which the record has one. */
export const ANSWERED_POSITION = cdrColumns.length;
