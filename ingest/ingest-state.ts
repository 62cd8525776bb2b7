// What ingest tells the edge process about itself, once a second over IPC (metrics, readyz).

export interface IngestState {
  /** All jobs do their work: `problems` is empty. */
  healthy: boolean;
  /** What holds a job up, by the job's name. Changed by {@link setProblem} only. */
  readonly problems: Map<string, string>;
  /** The last thing asked of ClickHouse succeeded. */
  clickHouseOk: boolean;
  /** Why not, empty when all is well. */
  lastError: string;
  /** Bytes of the spool that are not in ClickHouse yet. */
  lagBytes: number;
  /** Since this process started. */
  insertedCdrs: number;
  insertedAttempts: number;
  batches: number;
  insertErrors: number;
  /** Records set aside in the dead-letter file. */
  malformedRecords: number;
  /** Bytes of damaged segments that were stepped over. */
  damagedBytes: number;
  /** CDRs that wait in the spool for their slowest consumer, of any kind. */
  pendingRecords: number;
  /** SERVER_MAX_CDR_PENDING_LIST_LENGTH; 0 while it is not known. */
  pendingLimit: number;
  readonly kafka: KafkaState;
  readonly cdrFeeds: { readonly files: CdrFeedState; readonly push: CdrFeedState };
}

/** Kafka, where it is used. Totals since this process started. */
export interface KafkaState {
  /** Messages that the brokers have acknowledged. */
  produced: number;
  produceErrors: number;
  /** Messages whose records are in ClickHouse, and messages set aside in the dead-letter topic. */
  consumed: number;
  deadLetters: number;
  consumeErrors: number;
  /** Messages in the partitions of this process that are not in ClickHouse yet. */
  lagMessages: number;
  /** Those of them that are in memory. */
  bufferedMessages: number;
  /** Partitions that this process has, and those held up by a record of the future. */
  partitions: number;
  heldPartitions: number;
  /** Messages that retention took from the topic before they were read. */
  lostMessages: number;
}

/** What a consumer of CDRs beside ClickHouse has done since this process started. */
export interface CdrFeedState {
  records: number;
  /** Push: records that the receiver refuses, set aside. */
  refused: number;
  failures: number;
  /** Spools for which it is held up now. */
  heldUp: number;
}

/** The message `process.send` carries. Times in milliseconds of CPU since the process started. */
export interface IngestReport extends Omit<IngestState, 'problems'> {
  readonly type: 'ingest-state';
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  readonly rssBytes: number;
}

export function newIngestState(): IngestState {
  return {
    healthy: false,
    problems: new Map(),
    clickHouseOk: false,
    lastError: 'starting',
    lagBytes: 0,
    insertedCdrs: 0,
    insertedAttempts: 0,
    batches: 0,
    insertErrors: 0,
    malformedRecords: 0,
    damagedBytes: 0,
    pendingRecords: 0,
    pendingLimit: 0,
    kafka: newKafkaState(),
    cdrFeeds: { files: newCdrFeedState(), push: newCdrFeedState() },
  };
}

function newKafkaState(): KafkaState {
  return {
    produced: 0,
    produceErrors: 0,
    consumed: 0,
    deadLetters: 0,
    consumeErrors: 0,
    lagMessages: 0,
    bufferedMessages: 0,
    partitions: 0,
    heldPartitions: 0,
    lostMessages: 0,
  };
}

function newCdrFeedState(): CdrFeedState {
  return { records: 0, refused: 0, failures: 0, heldUp: 0 };
}

/** @param problem what holds the job up; empty when it works. */
export function setProblem(state: IngestState, job: string, problem: string): void {
  if (problem === '') state.problems.delete(job);
  else state.problems.set(job, problem);
  state.healthy = state.problems.size === 0;
  state.lastError = state.problems.values().next().value ?? '';
}

export function ingestReport(state: IngestState): IngestReport {
  const cpu = process.cpuUsage();
  const { problems: _, ...figures } = state;
  return {
    ...figures,
    type: 'ingest-state',
    cpuUserMs: cpu.user / 1000,
    cpuSystemMs: cpu.system / 1000,
    rssBytes: process.memoryUsage.rss(),
  };
}
