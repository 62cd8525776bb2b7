// The traces of the store: started and stopped by the command, ended by the edge at their bounds.
// Whoever changes them bumps the section `trace`, so that the edge publishes what is in force.
import type { Generated, Kysely, Selectable } from 'kysely';
import type { TraceFilter, TraceKind } from '../base/trace-filter.ts';
import type { ControlStore } from './control-store.ts';
import { bumpRevision } from './revisions.ts';
import type { Tables } from './tables.ts';

/** Traces at once: each costs every new call a comparison. */
export const MAX_TRACES_IN_FORCE = 32;
/** Traces that are remembered after their end. */
const MAX_ENDED = 1000;

export interface TraceTable {
  readonly id: Generated<number>;
  readonly kind: string;
  readonly value: string;
  readonly secrets: number;
  readonly started_at_ms: number;
  readonly until_ms: number;
  readonly max_messages: number;
  readonly max_bytes: number;
  readonly ended_at_ms: number | null;
  readonly end_reason: string;
}

/** A trace as it is listed. */
export interface StoredTrace extends TraceFilter {
  readonly startedAtMs: number;
  /** Null while it is in force. */
  readonly endedAtMs: number | null;
  /** `time`, `messages`, `bytes` or `stopped`. */
  readonly endReason: string;
}

export type NewTrace = Omit<TraceFilter, 'id'> & { readonly startedAtMs: number };

/** Starts a trace; undefined when as many as may be are in force. @returns its id */
export async function startTrace(
  store: ControlStore,
  trace: NewTrace,
): Promise<number | undefined> {
  return store.transaction(async (db) => {
    const inForce = await readTracesInForce(db, trace.startedAtMs);
    if (inForce.length >= MAX_TRACES_IN_FORCE) return undefined;
    const { id } = await db
      .insertInto('trace')
      .values({
        kind: trace.kind,
        value: trace.value,
        secrets: trace.secrets ? 1 : 0,
        started_at_ms: trace.startedAtMs,
        until_ms: trace.untilMs,
        max_messages: trace.maxMessages,
        max_bytes: trace.maxBytes,
        ended_at_ms: null,
        end_reason: '',
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await db
      .deleteFrom('trace')
      .where('ended_at_ms', 'is not', null)
      .where('id', '<=', id - MAX_ENDED)
      .execute();
    await bumpRevision(db, 'trace');
    return id;
  });
}

/** Ends a trace that is in force; false when there is none with this id. */
export async function endTrace(
  store: ControlStore,
  id: number,
  reason: string,
  nowMs: number,
): Promise<boolean> {
  return store.transaction(async (db) => {
    const { numUpdatedRows } = await db
      .updateTable('trace')
      .set({ ended_at_ms: nowMs, end_reason: reason })
      .where('id', '=', id)
      .where('ended_at_ms', 'is', null)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    await bumpRevision(db, 'trace');
    return true;
  });
}

/** What shards and main work by. */
export async function readTracesInForce(db: Kysely<Tables>, nowMs: number): Promise<TraceFilter[]> {
  const rows = await db
    .selectFrom('trace')
    .selectAll()
    .where('ended_at_ms', 'is', null)
    .where('until_ms', '>', nowMs)
    .orderBy('id')
    .execute();
  return rows.map(filterOf);
}

/** All that are remembered, the newest first. One whose time is over has ended, told or not. */
export async function readTraces(db: Kysely<Tables>, nowMs: number): Promise<StoredTrace[]> {
  const rows = await db.selectFrom('trace').selectAll().orderBy('id', 'desc').execute();
  return rows.map((row) => {
    const over = row.ended_at_ms === null && row.until_ms <= nowMs;
    return {
      ...filterOf(row),
      startedAtMs: row.started_at_ms,
      endedAtMs: over ? row.until_ms : row.ended_at_ms,
      endReason: over ? 'time' : row.end_reason,
    };
  });
}

function filterOf(row: Selectable<TraceTable>): TraceFilter {
  return {
    id: row.id,
    kind: row.kind as TraceKind,
    value: row.value,
    secrets: row.secrets !== 0,
    untilMs: row.until_ms,
    maxMessages: row.max_messages,
    maxBytes: row.max_bytes,
  };
}
