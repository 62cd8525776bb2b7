// Inserts batches of rows into ClickHouse, each until it is acknowledged. The token makes a repeat
// of a batch that did arrive a no-op (`insert_deduplication_token`; the tables have a window).
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Column } from '../engine/cdr/schema.ts';
import { attemptColumns, cdrColumns } from '../engine/cdr/schema.ts';
import { BackOff } from './back-off.ts';
import { clickHouseProblem } from './clickhouse-problem.ts';
import type { IngestLog } from './ingest-log.ts';
import type { IngestState } from './ingest-state.ts';
import type { RowBlock } from './row-binary.ts';

export interface RowBatch {
  /** Unique to the batch and the same in every repeat of it. */
  readonly token: string;
  readonly cdrs: RowBlock;
  readonly attempts: RowBlock;
}

interface Table {
  readonly name: string;
  readonly query: string;
}

function table(name: string, columns: readonly Column[]): Table {
  const list = columns.map((column) => column.name).join(', ');
  const query = `INSERT INTO tandem.${name} (${list}) FORMAT RowBinary`;
  return { name, query };
}

export class ClickHouseWriter {
  readonly #cdr = table('cdr', cdrColumns);
  readonly #attempt = table('cdr_attempt', attemptColumns);
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
    if (!(await this.#insert(this.#cdr, cdrs, token, signal))) return false;
    if (!(await this.#insert(this.#attempt, attempts, token, signal))) return false;
    this.#state.insertedCdrs += cdrs.rows;
    this.#state.insertedAttempts += attempts.rows;
    return true;
  }

  async #insert(
    { name, query }: Table,
    { rows, bytes }: RowBlock,
    token: string,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (rows === 0) return true;
    const backOff = new BackOff();
    while (!signal.aborted) {
      const error = await this.#send(query, bytes, token, signal).then(
        () => undefined,
        clickHouseProblem,
      );
      if (error === undefined) {
        this.#state.clickHouseOk = true;
        this.#state.lastError = '';
        return true;
      }
      this.#failed(name, token, rows, error);
      await backOff.wait(signal);
    }
    return false;
  }

  async #send(query: string, bytes: Buffer, token: string, signal: AbortSignal): Promise<void> {
    const { stream } = await this.#client.exec({
      query,
      values: Readable.from([bytes], { objectMode: false }),
      clickhouse_settings: {
        insert_deduplication_token: token,
        async_insert: 0,
        // Where `cdr` is distributed: on the shards when the insert returns.
        distributed_foreground_insert: 1,
      },
      abort_signal: signal,
    });
    // The answer is empty, but the connection is free again only when it has been read.
    await finished(stream.resume());
  }

  #failed(table: string, token: string, rows: number, error: string): void {
    this.#state.clickHouseOk = false;
    this.#state.insertErrors++;
    this.#state.lastError = error;
    this.#log.warn({ table, token, rows, error }, 'insert failed, trying again');
  }
}
