// Which cells of the shared counters make which Prometheus metric: names, help and labels as data.
// Every counter and gauge of engine/base/counter-names.ts stands here exactly once (tested).
import type { CounterName, GaugeName } from '../base/counter-names.ts';

export interface Series<Cell extends string> {
  readonly cell: Cell;
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Family<Cell extends string = string> {
  readonly name: string;
  readonly help: string;
  readonly series: readonly Series<Cell>[];
  /** One time series per shard, labelled so; else the sum over shards. */
  readonly perShard?: true;
  /** From the cell's unit to the metric's: 0.001 for milliseconds to seconds. */
  readonly scale?: number;
}

/** One series per `[label value, cell]` under one label. */
function by<Cell extends string>(label: string, pairs: Record<string, Cell>): Series<Cell>[] {
  return Object.entries(pairs).map(([value, cell]) => ({ cell, labels: { [label]: value } }));
}

export const COUNTER_FAMILIES: readonly Family<CounterName>[] = [
  {
    name: 'tandem_packets_total',
    help: 'Datagrams',
    series: by('direction', { received: 'packetsReceived', sent: 'packetsSent' }),
  },
  {
    name: 'tandem_packets_dropped_total',
    help: 'Datagrams dropped by the switch (kernel drops: tandem_socket_drops_total)',
    series: by('reason', {
      forward_ring_full: 'packetsForwardDropped',
      send: 'packetsSendDropped',
    }),
  },
  {
    name: 'tandem_packets_forwarded_total',
    help: 'Datagrams handed to the shard that owns their Call-ID',
    series: [{ cell: 'packetsForwarded' }],
  },
  {
    name: 'tandem_trace_messages_total',
    help: 'Messages of traces: kept, and dropped so that calls are not slowed',
    series: by('outcome', {
      taken: 'traceMessages',
      ring_full: 'traceMessagesDropped',
      over_rate: 'traceMessagesOverRate',
    }),
  },
  {
    name: 'tandem_trace_calls_skipped_total',
    help: 'Calls left out of a trace because it takes more messages than a shard traces',
    series: [{ cell: 'traceCallsSkipped' }],
  },
  { name: 'tandem_send_errors_total', help: 'Failed sends', series: [{ cell: 'sendErrors' }] },
  {
    name: 'tandem_icmp_unreachable_total',
    help: 'ICMP errors for datagrams sent',
    series: [{ cell: 'icmpUnreachable' }],
  },
  {
    name: 'tandem_keepalives_received_total',
    help: 'CRLF keep-alives',
    series: [{ cell: 'keepAlivesReceived' }],
  },
  {
    name: 'tandem_stun_total',
    help: 'STUN messages on the SIP port',
    series: by('result', { answered: 'stunAnswered', dropped: 'stunDropped' }),
  },
  {
    name: 'tandem_terminal_checks_total',
    help: 'OPTIONS by which registered terminals are asked whether they can be reached',
    series: by('what', { sent: 'terminalChecksSent', answered: 'terminalChecksAnswered' }),
  },
  {
    name: 'tandem_terminals_lost_total',
    help: 'Registered terminals that did not answer any more',
    series: [{ cell: 'terminalsLost' }],
  },
  {
    name: 'tandem_unknown_source_total',
    help: 'Requests from addresses that are no gateway',
    series: [{ cell: 'requestsUnknownSource' }],
  },
  {
    name: 'tandem_registers_total',
    help: 'REGISTER of subscribers who have proved themselves, refreshes included',
    series: by('result', { accepted: 'registers', refused: 'registersRefused' }),
  },
  {
    name: 'tandem_registrations_moved_total',
    help: 'Registrations that took the place of one from another address',
    series: [{ cell: 'registrationsMoved' }],
  },
  {
    name: 'tandem_authentications_total',
    help: 'Requests by what became of their credentials, other than accepted',
    series: by('result', {
      challenged: 'authChallenges',
      failed: 'authFailures',
      stale: 'authStale',
      replayed: 'authReplays',
      suspended: 'authSuspended',
    }),
  },
  {
    name: 'tandem_suspensions_total',
    help: 'Terminals and sources suspended after too many failures',
    series: [{ cell: 'suspensions' }],
  },
  {
    name: 'tandem_sip_retransmissions_total',
    help: 'Retransmitted messages',
    series: [
      {
        cell: 'requestRetransmissionsReceived',
        labels: { kind: 'request', direction: 'received' },
      },
      { cell: 'requestRetransmissionsSent', labels: { kind: 'request', direction: 'sent' } },
      {
        cell: 'responseRetransmissionsReceived',
        labels: { kind: 'response', direction: 'received' },
      },
      { cell: 'responseRetransmissionsSent', labels: { kind: 'response', direction: 'sent' } },
    ],
  },
  {
    name: 'tandem_sip_unmatched_total',
    help: 'Messages that belong to nothing the switch knows, or to something it has already',
    series: by('kind', {
      stray_response: 'responsesStray',
      stray_ack: 'acksStray',
      merged_request: 'requestsMerged',
      unknown_dialog: 'requestsUnknownDialog',
      max_forwards: 'requestsMaxForwards',
    }),
  },
  {
    name: 'tandem_transaction_timeouts_total',
    help: 'Transactions ended by timers B, F or H (RFC 3261 17)',
    series: [{ cell: 'transactionTimeouts' }],
  },
  {
    name: 'tandem_limit_refusals_total',
    help: 'Refused because a table of the shard was full',
    series: by('table', { transactions: 'transactionsRefused', dialogs: 'dialogsRefused' }),
  },
  {
    name: 'tandem_wrong_shard_total',
    help: 'Messages of another shard that reached call control; must stay 0',
    series: [{ cell: 'wrongShard' }],
  },
  {
    name: 'tandem_exceptions_total',
    help: 'Exceptions caught in shards, each lost one call; must stay 0',
    series: [{ cell: 'exceptions' }],
  },
  { name: 'tandem_calls_started_total', help: 'Calls', series: [{ cell: 'callsStarted' }] },
  {
    name: 'tandem_calls_answered_total',
    help: 'Answered calls',
    series: [{ cell: 'callsAnswered' }],
  },
  {
    name: 'tandem_calls_ended_total',
    help: 'Ended calls, answered or not',
    series: [{ cell: 'callsEnded' }],
  },
  {
    name: 'tandem_calls_unanswered_total',
    help: 'Calls that ended without an answer',
    series: by('reason', { canceled: 'callsCanceled', failed: 'callsFailed' }),
  },
  {
    name: 'tandem_calls_refused_total',
    help: 'Calls that were not tried at any vendor',
    series: by('reason', {
      no_route: 'callsRefusedNoRoute',
      gateway_capacity: 'callsRefusedGatewayCapacity',
      gateway_rate: 'callsRefusedGatewayRate',
      system_capacity: 'callsRefusedSystemCapacity',
      system_rate: 'callsRefusedSystemRate',
      overload: 'callsRefusedOverload',
      draining: 'callsRefusedDraining',
      recorder: 'callsRefusedRecorder',
    }),
  },
  {
    name: 'tandem_calls_cut_total',
    help: 'Answered calls that the switch ended',
    series: by('reason', { duration: 'callsCutDuration', session: 'callsCutSession' }),
  },
  {
    name: 'tandem_sessions_refreshed_total',
    help: 'Session refreshes (RFC 4028) that succeeded, of either side',
    series: [{ cell: 'sessionsRefreshed' }],
  },
  {
    name: 'tandem_calls_restored_total',
    help: 'Answered calls taken over after a crash',
    series: [{ cell: 'callsRestored' }],
  },
  {
    name: 'tandem_calls_assumed_total',
    help: 'Calls taken over that ended unheard, billed to their last proof of life',
    series: [{ cell: 'callsAssumed' }],
  },
  {
    name: 'tandem_call_states_lost_total',
    help: 'States of answered calls that a restart cannot go on with; must stay 0',
    series: by('reason', { damaged: 'callStatesDamaged', dropped: 'callStatesDropped' }),
  },
  {
    name: 'tandem_call_seconds_total',
    help: 'Talk time of ended calls',
    series: [{ cell: 'callMilliseconds' }],
    scale: 0.001,
  },
  {
    name: 'tandem_attempts_total',
    help: 'INVITEs to vendors',
    series: [{ cell: 'attemptsStarted' }],
  },
  {
    name: 'tandem_attempts_answered_total',
    help: 'Answered attempts',
    series: [{ cell: 'attemptsAnswered' }],
  },
  {
    name: 'tandem_attempts_failed_over_total',
    help: 'Attempts after which another gateway was tried',
    series: [{ cell: 'attemptsFailedOver' }],
  },
  {
    name: 'tandem_attempt_problems_total',
    help: 'Attempts that got no answer from the vendor, or could not be made',
    series: by('reason', {
      timeout: 'attemptsTimedOut',
      unreachable: 'attemptsUnreachable',
      capacity: 'attemptsSkippedCapacity',
    }),
  },
  {
    name: 'tandem_gateways_skipped_total',
    help: 'Routing gateways that a call did not try because of their state',
    series: by('reason', {
      down: 'attemptsSkippedDown',
      unregistered: 'attemptsSkippedUnregistered',
      closed: 'attemptsSkippedClosed',
      retry_after: 'attemptsSkippedRetryAfter',
    }),
  },
  {
    name: 'tandem_gateway_pauses_total',
    help: '503 with Retry-After from a routing gateway',
    series: [{ cell: 'gatewayPauses' }],
  },
  {
    name: 'tandem_registrations_out_total',
    help: 'REGISTERs to routing gateways by how they ended',
    series: by('result', { accepted: 'registrationsOut', failed: 'registrationsOutFailed' }),
  },
  {
    name: 'tandem_gateway_probes_total',
    help: 'OPTIONS to routing gateways',
    series: by('result', { sent: 'probesSent', failed: 'probesFailed' }),
  },
  {
    name: 'tandem_publications_total',
    help: 'PUBLISH requests of routing gateways',
    series: by('result', { taken: 'publicationsTaken', refused: 'publicationsRefused' }),
  },
  {
    name: 'tandem_records_total',
    help: 'Call and attempt records given to the recorder',
    series: [{ cell: 'recordsWritten' }],
  },
  {
    name: 'tandem_records_withheld_total',
    help: 'CDRs that are not delivered: SERVER_BILLING_NO_CDR_E164S',
    series: [{ cell: 'recordsWithheld' }],
  },
  {
    name: 'tandem_records_dropped_total',
    help: 'Records that found no room in their ring; must stay 0',
    series: [{ cell: 'recordsDropped' }],
  },
  {
    name: 'tandem_shard_loops_total',
    help: 'Turns of the loop',
    series: [{ cell: 'loops' }],
    perShard: true,
  },
  {
    name: 'tandem_shard_busy_seconds_total',
    help: 'Time outside of waiting; its rate is the load of the shard',
    series: [{ cell: 'loopBusyMs' }],
    perShard: true,
    scale: 0.001,
  },
];

export const GAUGE_FAMILIES: readonly Family<GaugeName>[] = [
  {
    name: 'tandem_calls_active',
    help: 'Calls, ringing or answered',
    series: [{ cell: 'callsActive' }],
  },
  {
    name: 'tandem_calls_answered_active',
    help: 'Answered calls that have not ended',
    series: [{ cell: 'callsAnsweredActive' }],
  },
  { name: 'tandem_dialogs', help: 'Dialogs, two or more per call', series: [{ cell: 'dialogs' }] },
  {
    name: 'tandem_transactions',
    help: 'Transactions not yet terminated',
    series: by('side', { client: 'clientTransactions', server: 'serverTransactions' }),
  },
  { name: 'tandem_timers', help: 'Timers set', series: [{ cell: 'timers' }] },
  {
    name: 'tandem_queue_age_seconds',
    help: 'Age of the oldest packet that waits for the shard',
    series: [{ cell: 'queueAgeMs' }],
    perShard: true,
    scale: 0.001,
  },
  {
    name: 'tandem_shard_memory_bytes',
    help: 'Memory of the JavaScript heap of the shard, and outside of it',
    series: by('kind', {
      heap_used: 'heapUsedBytes',
      heap_total: 'heapTotalBytes',
      external: 'externalBytes',
    }),
    perShard: true,
  },
];
