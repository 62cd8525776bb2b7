// `spool replay`: moves the position of a consumer back, so that it gets what follows once more.
// Nothing is read or sent here: ingest does that at its next start.
import { TandemError } from '../../engine/base/errors.ts';
import type { SpoolPosition } from '../../engine/cdr/spool-segment.ts';
import { listSegments, SEGMENT_HEADER_BYTES } from '../../engine/cdr/spool-segment.ts';
import { savePosition } from '../delivery-position.ts';
import type { Consumer } from './consumers.ts';
import { consumerOf } from './consumers.ts';
import { walkSegment } from './segment-walk.ts';

/** Where to go on from: a place, or the first group written at or after a time. */
export type ReplayFrom =
  { readonly sequence: number; readonly offset: number | undefined } | { readonly sinceMs: number };

export interface Replay {
  readonly consumer: Consumer;
  readonly from: SpoolPosition;
  /** Records between the new place and the one before. */
  readonly records: number;
  /** Bytes between them. */
  readonly bytes: number;
}

/**
 * Finds the place and counts what will be delivered again; changes nothing.
 * @param name of the consumer
 * @throws TandemError TDM_SPOOL_ARGUMENTS when there is no such place, or it lies ahead;
 * TDM_SPOOL_CORRUPT for an unreadable position file; the system's errors.
 */
export function planReplay(
  directory: string,
  node: string,
  name: string,
  wanted: ReplayFrom,
): Replay {
  const consumer = consumerOf(directory, node, name);
  const { position } = consumer;
  if (position === undefined) throw new TandemError('TDM_SPOOL_CORRUPT', consumer.problem);
  const from =
    'sinceMs' in wanted ? since(directory, node, wanted.sinceMs) : place(directory, node, wanted);
  const now = position.delivered;
  if (!isBefore(from, now)) {
    throw refusal(
      `${from.sequence}:${from.offset} is not before the position of the ${name}, ` +
        `${now.sequence}:${now.offset}: records in between would never be delivered.`,
    );
  }
  return { consumer, from, ...amount(directory, node, from, now) };
}

/** Moves the position. The caller holds the lock of the spool. @throws the system's errors. */
export function applyReplay({ consumer, from }: Replay): void {
  // A batch that was announced lies behind the new place: it is cut anew.
  savePosition(consumer.path, { delivered: from, pending: null });
}

function refusal(message: string): TandemError {
  return new TandemError('TDM_SPOOL_ARGUMENTS', message);
}

function place(
  directory: string,
  node: string,
  { sequence, offset = SEGMENT_HEADER_BYTES }: { sequence: number; offset?: number | undefined },
): SpoolPosition {
  const sequences = listSegments(directory, node);
  if (!sequences.includes(sequence)) {
    const there = `${sequences[0] ?? 'none'} to ${sequences.at(-1) ?? 'none'}`;
    throw refusal(`there is no segment ${sequence} of ${node}; there are ${there}.`);
  }
  let below = SEGMENT_HEADER_BYTES;
  walkSegment(directory, node, sequence, sequence === sequences.at(-1), {
    boundary: (at) => {
      if (at <= offset) below = Math.max(below, at);
    },
  });
  if (below !== offset)
    throw refusal(`no record begins at ${sequence}:${offset}; one does at ${below}.`);
  return { sequence, offset };
}

/** The first place whose group is of that time or later; a clock set back means repeats. */
function since(directory: string, node: string, sinceMs: number): SpoolPosition {
  const sequences = listSegments(directory, node);
  for (const sequence of sequences) {
    let offset = 0;
    const growing = sequence === sequences.at(-1);
    const { createdMs, groups } = walkSegment(directory, node, sequence, growing, {
      boundary: (at, groupMs) => {
        if (offset === 0 && groupMs >= sinceMs) offset = at;
      },
    });
    // Segments of format 1 know their beginning only.
    if (groups === 0 && createdMs >= sinceMs) offset = SEGMENT_HEADER_BYTES;
    if (offset > 0) return { sequence, offset };
  }
  throw refusal(`nothing was written to the spool since ${new Date(sinceMs).toISOString()}.`);
}

function amount(
  directory: string,
  node: string,
  from: SpoolPosition,
  to: SpoolPosition,
): { records: number; bytes: number } {
  let records = 0;
  let bytes = 0;
  const sequences = listSegments(directory, node);
  for (const sequence of sequences) {
    if (sequence < from.sequence || sequence > to.sequence) continue;
    const first = sequence === from.sequence ? from.offset : SEGMENT_HEADER_BYTES;
    const last = sequence === to.sequence ? to.offset : Infinity;
    const growing = sequence === sequences.at(-1);
    const summary = walkSegment(directory, node, sequence, growing, {
      record: ({ offset }) => {
        if (offset >= first && offset < last) records++;
      },
    });
    bytes += Math.max(0, Math.min(last, summary.bytes) - first);
  }
  return { records, bytes };
}

function isBefore(a: SpoolPosition, b: SpoolPosition): boolean {
  return a.sequence < b.sequence || (a.sequence === b.sequence && a.offset < b.offset);
}
