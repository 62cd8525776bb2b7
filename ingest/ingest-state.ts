// What ingest tells the edge process about itself, once a second over IPC (metrics, readyz).

export interface IngestState {
  /** Migrated and following the spool, and nothing holds delivery up. */
  healthy: boolean;
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
}

/** The message `process.send` carries. Times in milliseconds of CPU since the process started. */
export interface IngestReport extends IngestState {
  readonly type: 'ingest-state';
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  readonly rssBytes: number;
}

export function newIngestState(): IngestState {
  return {
    healthy: false,
    clickHouseOk: false,
    lastError: 'starting',
    lagBytes: 0,
    insertedCdrs: 0,
    insertedAttempts: 0,
    batches: 0,
    insertErrors: 0,
    malformedRecords: 0,
    damagedBytes: 0,
  };
}

export function ingestReport(state: IngestState): IngestReport {
  const cpu = process.cpuUsage();
  return {
    ...state,
    type: 'ingest-state',
    cpuUserMs: cpu.user / 1000,
    cpuSystemMs: cpu.system / 1000,
    rssBytes: process.memoryUsage.rss(),
  };
}
