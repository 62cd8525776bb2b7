// Every figure a shard counts: its cell in the shard's row of shared counters (engine/shm).
// The data plane indexes a row by constants from here; engine/http/metrics.ts gives the cells
// their Prometheus names. A row is: scalars, then blocks indexed by a code, then histograms.

/** Only ever grow; one event adds 1 unless the comment names a unit. */
const COUNTERS = [
  // Packets (engine/net and the shard loop).
  'packetsReceived',
  'packetsSent',
  'packetsForwarded', // to the shard that owns the Call-ID
  'packetsForwardDropped', // that shard's ring was full
  'packetsSendDropped', // send queue full or the kernel refused
  'sendErrors', // sendmmsg returned an error for the datagram
  'icmpUnreachable', // RFC 3261 18.4
  'keepAlivesReceived', // CRLF, RFC 5626 3.5.1
  'stunAnswered', // Binding requests, RFC 8489
  'stunDropped', // not to be answered, or over the rate
  // Whether registered terminals can be reached (engine/registry/reachability.ts).
  'terminalChecksSent', // OPTIONS, with those sent again
  'terminalChecksAnswered',
  'terminalsLost', // reachable before, not any more
  // Message and transaction layer.
  'requestsUnknownSource', // neither a mapping nor a routing gateway
  'requestRetransmissionsReceived',
  'requestRetransmissionsSent',
  'responseRetransmissionsReceived',
  'responseRetransmissionsSent',
  'responsesStray', // match no client transaction
  'acksStray', // match no dialog or transaction
  'requestsMerged', // 482, RFC 3261 8.2.2.2
  'requestsUnknownDialog', // 481
  'requestsMaxForwards', // 483
  'transactionTimeouts', // timers B, F, H
  'transactionsRefused', // limit of transactions per shard reached
  'dialogsRefused', // limit of dialogs per shard reached
  'wrongShard', // a message of another shard's call reached call control: must stay 0
  'exceptions', // caught in the loop: one call lost, the shard goes on; must stay 0
  // Calls, as the customer sees them.
  'callsStarted', // INVITE outside a dialog from a mapping gateway; not counted when restored
  'callsAnswered',
  'callsEnded', // any end; started + restored - ended = active, but for calls lost in a crash
  'callsCanceled', // by the caller before answer
  'callsFailed', // ended with a final code of 300 or more, CANCEL apart
  'callsRefusedNoRoute',
  'callsRefusedGatewayCapacity',
  'callsRefusedGatewayRate',
  'callsRefusedSystemCapacity', // SS_MAX_CONCURRENT_CALL
  'callsRefusedSystemRate', // SS_MAX_CALL_PER_SECOND
  'callsRefusedOverload', // queue age
  'callsRefusedDraining', // SIGTERM
  'callsRefusedRecorder', // no room for their records
  'callsCutDuration', // longest call duration reached
  'callsCutSession', // a session timer ran out, or its refresh failed (RFC 4028 10)
  'sessionsRefreshed', // by either side of either leg
  'callMilliseconds', // answer to end, ms
  // Attempts, as vendors see them.
  'attemptsStarted',
  'attemptsAnswered',
  'attemptsFailedOver', // another gateway was tried after it
  'attemptsTimedOut',
  'attemptsUnreachable', // ICMP or send error
  'attemptsSkippedCapacity', // gateway full or over its rate
  'attemptsSkippedDown', // it does not answer OPTIONS
  'attemptsSkippedUnregistered', // calls to it need our registration, which is not in force
  'attemptsSkippedClosed', // by its PUBLISH
  'attemptsSkippedRetryAfter', // its 503 asked for a pause that still runs
  'gatewayPauses', // 503 with Retry-After: the gateway gets no calls meanwhile
  // Our own user agents towards routing gateways (engine/registry).
  'registrationsOut', // REGISTER answered 2xx
  'registrationsOutFailed', // refused or unanswered by all addresses of a registrar
  'probesSent', // OPTIONS
  'probesFailed', // unanswered or unreachable
  'publicationsTaken', // PUBLISH answered 200
  'publicationsRefused',
  // Calls taken over after a crash (engine/call/restore-call.ts).
  'callsRestored',
  'callsAssumed', // of those, ended without a sign of their peers: billed to the last one before
  'callStatesDamaged', // records of call states that could not be read: the call is lost
  'callStatesDropped', // too large, or the ring was full: a crash now would lose the call
  // Registration and authentication.
  'registers', // REGISTER accepted, refreshes included
  'registersRefused', // REGISTER refused although its sender has proved himself
  'registrationsMoved', // replaced by one from another place
  'authChallenges',
  'authFailures', // wrong password or unknown user
  'authStale', // right password, nonce too old or of another life of the shard
  'authReplays', // nonce count used before
  'authSuspended', // requests of suspended terminals and sources
  'suspensions',
  // Records.
  'recordsWritten',
  'recordsWithheld', // of them CDRs that are not delivered: SERVER_BILLING_NO_CDR_E164S
  'recordsDropped', // ring full: must stay 0
  // Traces (engine/trace).
  'traceMessages', // put into the ring to main
  'traceMessagesDropped', // that ring was full
  'traceMessagesOverRate', // more in a second than a shard traces
  'traceCallsSkipped', // calls that were not begun for want of that
  // The loop.
  'loops',
  'loopBusyMs', // ms spent outside of waiting
] as const;

/** Rise and fall; a shard sets its own value, the switch's value is the sum over shards. */
const GAUGES = [
  'callsActive',
  'callsAnsweredActive',
  'dialogs',
  'clientTransactions',
  'serverTransactions',
  'timers',
  'queueAgeMs', // age of the oldest packet waiting, ms
  'heapUsedBytes',
  'heapTotalBytes',
  'externalBytes',
] as const;

export type CounterName = (typeof COUNTERS)[number];
export type GaugeName = (typeof GAUGES)[number];

/** Cells indexed by a code: cell = `first + code - lowest`, for `size` codes. */
export interface CodeCells {
  readonly name: string;
  readonly first: number;
  readonly lowest: number;
  readonly size: number;
}

/** One cell per bucket from `first` on, then one for +Inf, then the sum of values. */
export interface HistogramCells {
  readonly name: string;
  readonly first: number;
  /** Inclusive upper bounds, ascending, milliseconds. */
  readonly bounds: readonly number[];
}

/** What the data plane writes to: its shard's row. One writer per row; never throws. */
export interface CounterRow {
  add(index: number, n: number): void;
  set(index: number, value: number): void;
}

const METHODS = 16;
const PARSE_RESULTS = 16;
const SCALARS = [...COUNTERS, ...GAUGES];
let cells = SCALARS.length;

function codeCells(name: string, lowest: number, size: number): CodeCells {
  const first = cells;
  cells += size;
  return Object.freeze({ name, first, lowest, size });
}

function histogramCells(name: string, bounds: readonly number[]): HistogramCells {
  const first = cells;
  cells += bounds.length + 2;
  return Object.freeze({ name, first, bounds: Object.freeze([...bounds]) });
}

/** Cell of each counter and gauge: `row.add(C.callsStarted, 1)`. */
export const C = Object.freeze(
  Object.fromEntries(SCALARS.map((name, index) => [name, index])),
) as Readonly<Record<CounterName | GaugeName, number>>;

/** Requests by method code (engine/sip/message/methods.ts, 0 = unknown method), new ones only. */
export const REQUESTS_RECEIVED = codeCells('requestsReceived', 0, METHODS);
export const REQUESTS_SENT = codeCells('requestsSent', 0, METHODS);
/** Responses by status code 100..699. */
export const RESPONSES_RECEIVED = codeCells('responsesReceived', 100, 600);
export const RESPONSES_SENT = codeCells('responsesSent', 100, 600);
/** Datagrams by ParseResult code of engine/sip/message. */
export const PARSE_RESULT = codeCells('parseResult', 0, PARSE_RESULTS);
/** Calls by the final code given to the customer, 200..699. */
export const CALL_END_CODE = codeCells('callEndCode', 200, 500);

/** INVITE received to the first 18x (or 200) passed to the caller: post-dial delay. */
export const PDD_MS = histogramCells(
  'pddMs',
  [10, 50, 100, 250, 500, 1000, 2000, 3000, 5000, 8000, 12000, 20000],
);
/** One turn of the shard's loop, from wake to the next wait. */
export const LOOP_MS = histogramCells('loopMs', [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250]);

export const COUNTER_NAMES: readonly CounterName[] = COUNTERS;
export const GAUGE_NAMES: readonly GaugeName[] = GAUGES;

/** Name of every cell in order, what `defineCounters` takes; blocks and buckets are `name:code`. */
export const CELL_NAMES: readonly string[] = Object.freeze(cellNames());

function cellNames(): string[] {
  const names: string[] = [...SCALARS];
  const blocks = [
    REQUESTS_RECEIVED,
    REQUESTS_SENT,
    RESPONSES_RECEIVED,
    RESPONSES_SENT,
    PARSE_RESULT,
    CALL_END_CODE,
  ];
  for (const b of blocks) {
    for (let i = 0; i < b.size; i++) names.push(`${b.name}:${b.lowest + i}`);
  }
  for (const h of [PDD_MS, LOOP_MS]) {
    for (const bound of h.bounds) names.push(`${h.name}:${bound}`);
    names.push(`${h.name}:Inf`, `${h.name}:sum`);
  }
  return names;
}

/** Counts one event in a block; a code outside of it is not counted. */
export function countCode(row: CounterRow, codes: CodeCells, code: number): void {
  const offset = code - codes.lowest;
  if (offset >= 0 && offset < codes.size) row.add(codes.first + offset, 1);
}

/** Counts one value (ms) in a histogram. */
export function observe(row: CounterRow, histogram: HistogramCells, valueMs: number): void {
  const bounds = histogram.bounds;
  let bucket = 0;
  while (bucket < bounds.length && valueMs > bounds[bucket]!) bucket++;
  row.add(histogram.first + bucket, 1);
  row.add(histogram.first + bounds.length + 1, valueMs);
}
