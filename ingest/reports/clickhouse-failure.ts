// What went wrong with ClickHouse, as the error that operators meet.
import { ClickHouseError } from '@clickhouse/client';
import { TandemError } from '../../engine/base/errors.ts';

/** @param what was asked of ClickHouse: "the report" */
export function clickHouseFailure(what: string, cause: unknown): TandemError {
  return new TandemError('TDM_CLICKHOUSE_FAILED', reasonOf(what, cause), { cause });
}

function reasonOf(what: string, cause: unknown): string {
  if (cause instanceof ClickHouseError) {
    const missing = cause.type === 'UNKNOWN_TABLE' || cause.type === 'UNKNOWN_DATABASE';
    const hint = missing ? '; ingest creates the tables when it starts, has it run?' : '';
    const reason = `${cause.message.trim()} (${cause.type ?? cause.code})`;
    return `ClickHouse refused ${what}: ${reason}${hint}`;
  }
  if (cause instanceof Error) {
    const { code } = cause as NodeJS.ErrnoException;
    return `ClickHouse does not answer (${code ?? cause.message})`;
  }
  return `ClickHouse does not answer (${String(cause)})`;
}
