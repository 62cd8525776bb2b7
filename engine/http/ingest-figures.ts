// What an ingest process says about itself (ingest/ingest-state.ts) → its figures for /metrics.
// The edge gets it over IPC from the one that it supervises; ingest alone has its own.
import type { CdrFeedFigures, IngestFigures, KafkaFigures } from './metrics-source.ts';

/** The part of an IngestReport that metrics and readiness use. */
export interface ReportedIngest {
  readonly healthy: boolean;
  readonly clickHouseOk: boolean;
  readonly lastError: string;
  readonly lagBytes: number;
  readonly insertedCdrs: number;
  readonly insertedAttempts: number;
  readonly insertErrors: number;
  readonly malformedRecords: number;
  readonly damagedBytes: number;
  readonly pendingRecords: number;
  readonly pendingLimit: number;
  readonly kafka: KafkaFigures;
  readonly cdrFeeds: Readonly<Record<string, CdrFeedFigures>>;
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
  readonly rssBytes: number;
}

/** @param restarts times that its supervisor started it again */
export function ingestFigures(
  report: ReportedIngest,
  running: boolean,
  restarts: number,
): IngestFigures {
  return {
    running,
    restarts,
    healthy: report.healthy,
    clickhouseOk: report.clickHouseOk,
    lagBytes: report.lagBytes,
    insertedRows: report.insertedCdrs + report.insertedAttempts,
    errors: report.insertErrors,
    malformed: report.malformedRecords,
    damagedBytes: report.damagedBytes,
    pendingRecords: report.pendingRecords,
    pendingLimit: report.pendingLimit,
    kafka: report.kafka,
    cdrFeeds: report.cdrFeeds,
    cpuSeconds: (report.cpuUserMs + report.cpuSystemMs) / 1000,
    residentBytes: report.rssBytes,
  };
}

/** Why records do not get on; undefined when they do. */
export function deliveryProblem(report: ReportedIngest | undefined): string | undefined {
  if (report === undefined) return 'not known yet';
  return report.clickHouseOk && report.healthy ? undefined : report.lastError || 'not ready';
}
