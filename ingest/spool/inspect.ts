// `spool inspect`: what stands in the spool, segment by segment, and how far its consumers are; or
// the records themselves as JSON lines.
import { listSegments } from '../../engine/cdr/spool-segment.ts';
import { renderReport } from '../reports/render-report.ts';
import { consumersOf } from './consumers.ts';
import { kindName, recordLine } from './record-line.ts';
import type { SegmentSummary } from './segment-walk.ts';
import { walkSegment } from './segment-walk.ts';

type Print = (text: string) => void;

const COLUMNS = {
  segment: 'text',
  created: 'text',
  bytes: 'count',
  groups: 'count',
  records: 'text',
  first: 'text',
  last: 'text',
  state: 'text',
} as const;

/** Prints a table of the segments of each node and the positions of its consumers. */
export function inspectSegments(directory: string, nodes: readonly string[], print: Print): void {
  for (const node of nodes) {
    const sequences = listSegments(directory, node);
    const rows = sequences.map((sequence) => {
      const growing = sequence === sequences.at(-1);
      return rowOf(walkSegment(directory, node, sequence, growing, {}), growing);
    });
    print(`node ${node} in ${directory}\n`);
    print(renderReport(COLUMNS, rows, 'table'));
    for (const { name, position, problem } of consumersOf(directory, node)) {
      print(position === undefined ? `${name}: ${problem}\n` : `${name}: ${placeOf(position)}\n`);
    }
  }
}

/** Prints every record, or those of one call, in the order of the spool. */
export function inspectRecords(
  directory: string,
  nodes: readonly string[],
  callId: string | undefined,
  print: Print,
): void {
  for (const node of nodes) {
    const sequences = listSegments(directory, node);
    for (const sequence of sequences) {
      walkSegment(directory, node, sequence, sequence === sequences.at(-1), {
        record: (place) => {
          const line = recordLine(node, place);
          if (callId === undefined || line.callId === callId) print(`${line.text}\n`);
        },
      });
    }
  }
}

function rowOf(summary: SegmentSummary, growing: boolean): Record<keyof typeof COLUMNS, string> {
  const { sequence, createdMs, bytes, groups, kinds, firstMs, lastMs } = summary;
  const records = [...kinds].sort().map(([kind, count]) => `${kindName(kind)} ${count}`);
  return {
    segment: String(sequence),
    created: timeOf(createdMs),
    bytes: String(bytes),
    groups: String(groups),
    records: records.join(', '),
    first: timeOf(firstMs),
    last: timeOf(lastMs),
    state: stateOf(summary, growing),
  };
}

function stateOf({ header, damages }: SegmentSummary, growing: boolean): string {
  if (header === 'future') return 'of a newer format';
  if (damages.length > 0) return `${damages.length} damaged places: see verify`;
  return growing ? 'newest' : 'sealed';
}

function placeOf({ delivered, pending }: NonNullable<ConsumerPosition>): string {
  const { sequence, offset } = delivered;
  const at = sequence === 0 ? 'at the beginning' : `delivered up to ${sequence}:${offset}`;
  if (pending === null) return at;
  return `${at}, batch ${pending.sequence}:${pending.first}-${pending.last} announced`;
}

type ConsumerPosition = ReturnType<typeof consumersOf>[number]['position'];

function timeOf(ms: number): string {
  return ms === 0 ? '-' : new Date(ms).toISOString();
}
