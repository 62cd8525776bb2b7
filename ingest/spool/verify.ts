// `spool verify`: walks every frame of every segment and says what is wrong, with its place, and
// whether the positions of the consumers lie where a record begins.
import { join } from 'node:path';
import { listSegments, segmentName } from '../../engine/cdr/spool-segment.ts';
import type { Consumer } from './consumers.ts';
import { consumersOf } from './consumers.ts';
import { kindName, recordLine } from './record-line.ts';
import { walkSegment } from './segment-walk.ts';

export interface Verification {
  readonly segments: number;
  readonly records: number;
  /** One sentence for each thing wrong. */
  readonly problems: readonly string[];
  /** What is worth knowing and no damage. */
  readonly remarks: readonly string[];
}

/** @throws the system's errors. */
export function verifySpool(directory: string, node: string): Verification {
  const sequences = listSegments(directory, node);
  const problems: string[] = [];
  const remarks: string[] = [];
  const boundaries = new Map<number, Set<number>>();
  const consumers = consumersOf(directory, node);
  for (const { position } of consumers) {
    for (const { sequence } of placesOf(position)) boundaries.set(sequence, new Set());
  }
  let records = 0;
  sequences.forEach((sequence, i) => {
    const name = join(directory, segmentName(node, sequence));
    const missing = i === 0 ? 0 : sequence - sequences[i - 1]! - 1;
    if (missing > 0) problems.push(`${name}: ${missing} segments in front of it are missing`);
    const seen = boundaries.get(sequence);
    const growing = i === sequences.length - 1;
    const summary = walkSegment(directory, node, sequence, growing, {
      boundary: (offset) => seen?.add(offset),
      record: (place) => {
        records++;
        const { problem } = recordLine(node, place);
        const what = `${kindName(place.kind)} at ${place.offset} of version ${place.version}`;
        if (problem !== '') problems.push(`${name}: ${what} cannot be read: ${problem}`);
      },
    });
    if (summary.header === 'future') problems.push(`${name}: of a newer format`);
    for (const { first, last } of summary.damages) {
      problems.push(`${name}: bytes ${first}-${last} (${last - first}) are damaged`);
    }
    if (summary.tornBytes > 0) {
      remarks.push(
        `${name}: ${summary.tornBytes} bytes behind the last record: a write under way, or what ` +
          'a crash left; the next start of the edge cuts them off',
      );
    }
  });
  for (const consumer of consumers) {
    problems.push(...positionProblems(consumer, sequences, boundaries));
  }
  return { segments: sequences.length, records, problems, remarks };
}

interface Place {
  readonly sequence: number;
  readonly offset: number;
}

function placesOf(position: Consumer['position']): Place[] {
  if (position === undefined) return [];
  const { delivered, pending } = position;
  if (pending === null) return [delivered];
  const { sequence, first, last } = pending;
  return [delivered, { sequence, offset: first }, { sequence, offset: last }];
}

function positionProblems(
  { name, path, position, problem }: Consumer,
  sequences: readonly number[],
  boundaries: ReadonlyMap<number, ReadonlySet<number>>,
): string[] {
  if (position === undefined) return [problem];
  const newest = sequences.at(-1) ?? 0;
  const problems: string[] = [];
  for (const { sequence, offset } of placesOf(position)) {
    // 0 is the beginning, whichever segment that is; an older one was delivered and deleted.
    if (sequence === 0 || offset === 0 || sequence < (sequences[0] ?? 0)) continue;
    const place = `${path}: the position ${sequence}:${offset} of the ${name}`;
    if (sequence > newest) {
      problems.push(`${place} is behind the newest segment ${newest}: was the spool replaced?`);
    } else if (boundaries.get(sequence)?.has(offset) !== true) {
      problems.push(`${place} is not where a record begins`);
    }
  }
  return problems;
}
