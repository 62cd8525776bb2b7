// Inserts batches of rows into ClickHouse, each until it is acknowledged. The token makes a repeat
// of a batch that did arrive a no-op (`insert_deduplication_token`; the tables have a window).
import type { ClickHouseClient } from '@clickhouse/client';
import type { Row } from '../engine/cdr/record-decoder.ts';
import type { Column } from '../engine/cdr/schema.ts';
import { attemptColumns, cdrColumns } from '../engine/cdr/schema.ts';
import { BackOff } from './back-off.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';

export interface RowBatch {
  /** Unique to the batch and the same in every repeat of it. */
  readonly token: string;
  readonly cdrs: Row[];
  readonly attempts: Row[];
}

export class ClickHouseWriter {
  readonly #client: ClickHouseClient;
  readonly #state: IngestState;
  readonly #log: IngestLog;

  constructor(client: ClickHouseClient, state: IngestState, log: IngestLog) {
    this.#client = client;
    this.#state = state;
    this.#log = log;
  }

  /** Tries until both tables have the batch. False: `signal` aborted before that. */
  async write(batch: RowBatch, signal: AbortSignal): Promise<boolean> {
    const { cdrs, attempts, token } = batch;
    if (!(await this.#insert('cdr', cdrColumns, cdrs, token, signal))) return false;
    if (!(await this.#insert('cdr_attempt', attemptColumns, attempts, token, signal))) return false;
    this.#state.insertedCdrs += cdrs.length;
    this.#state.insertedAttempts += attempts.length;
    return true;
  }

  async #insert(
    table: string,
    columns: readonly Column[],
    rows: Row[],
    token: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (rows.length === 0) return true;
    const backOff = new BackOff();
    const send = (): Promise<unknown> =>
      this.#client.insert({
        table: `tandem.${table}`,
        columns: columns.map((column) => column.name) as [string, ...string[]],
        values: rows,
        format: 'JSONCompactEachRow',
        clickhouse_settings: { insert_deduplication_token: token, async_insert: 0 },
        abort_signal: signal,
      });
    while (!signal.aborted) {
      const error = await send().then(() => undefined, String);
      if (error === undefined) {
        this.#state.clickHouseOk = true;
        this.#state.lastError = '';
        return true;
      }
      this.#failed(table, token, rows.length, error);
      await backOff.wait(signal);
    }
    return false;
  }

  #failed(table: string, token: string, rows: number, error: string): void {
    this.#state.clickHouseOk = false;
    this.#state.insertErrors++;
    this.#state.lastError = error;
    this.#log.warn({ table, token, rows, error }, 'insert failed, trying again');
  }
}
