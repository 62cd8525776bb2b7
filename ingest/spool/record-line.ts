// One record of the spool as a JSON object on a line: where it stands, then its columns by name.
import { decodeCallState } from '../../engine/cdr/call-state-decoder.ts';
import type { Row } from '../../engine/cdr/record-decoder.ts';
import { decodeRecord } from '../../engine/cdr/record-decoder.ts';
import {
  attemptColumns,
  cdrColumns,
  KIND_ALIVE,
  KIND_ATTEMPT,
  KIND_CDR,
  KIND_START,
  KIND_WITHHELD,
} from '../../engine/cdr/schema.ts';
import type { RecordPlace } from './segment-walk.ts';

const KIND_NAMES: ReadonlyMap<number, string> = new Map([
  [KIND_CDR, 'CDR'],
  [KIND_ATTEMPT, 'ATTEMPT'],
  [KIND_START, 'START'],
  [KIND_ALIVE, 'ALIVE'],
  [KIND_WITHHELD, 'WITHHELD'],
]);

export function kindName(kind: number): string {
  return KIND_NAMES.get(kind) ?? `kind ${kind}`;
}

export interface RecordLine {
  /** Id of the call, or empty when it cannot be read. */
  readonly callId: string;
  /** Why it cannot be read; empty when it can. */
  readonly problem: string;
  /** JSON without a line end. */
  readonly text: string;
}

export function recordLine(node: string, place: RecordPlace): RecordLine {
  const { sequence, offset, groupMs, kind, version } = place;
  const written = groupMs === 0 ? null : new Date(groupMs).toISOString();
  const where = { node, sequence, offset, written, kind: kindName(kind), version };
  const { id, problem, fields } = contents(node, place);
  return { callId: id, problem, text: JSON.stringify({ ...where, ...fields }) };
}

interface Contents {
  readonly id: string;
  readonly problem: string;
  readonly fields: object;
}

function contents(node: string, place: RecordPlace): Contents {
  const { kind, version, payload, start, end } = place;
  if (kind === KIND_START || kind === KIND_ALIVE) {
    const state = decodeCallState(payload.subarray(start, end), node, version);
    if (state === undefined) return unreadable(place, 'not a call state of this version');
    return { id: state.record.id, problem: '', fields: { state } };
  }
  const layout = kind === KIND_WITHHELD ? KIND_CDR : kind;
  const decoded = decodeRecord(layout, version, payload, start, end);
  switch (decoded.status) {
    case 'cdr': {
      const { row, answered } = decoded;
      const cdr = fieldsOf(cdrColumns, row);
      const fields =
        answered === null ? cdr : { ...cdr, answered: fieldsOf(attemptColumns, answered) };
      return { id: String(row[0]), problem: '', fields };
    }
    case 'attempt': {
      const fields = fieldsOf(attemptColumns, decoded.row);
      return { id: String(decoded.row[0]), problem: '', fields };
    }
    case 'state':
      return unreadable(place, 'a call state');
    default:
      return unreadable(place, decoded.reason);
  }
}

function fieldsOf(columns: typeof cdrColumns, row: Row): object {
  return Object.fromEntries(
    columns.map(({ name, type }, i) => {
      const value = row[i] ?? null;
      return [name, type === 'time' && value !== null ? new Date(value).toISOString() : value];
    }),
  );
}

function unreadable({ payload, start, end }: RecordPlace, problem: string): Contents {
  const fields = { problem, payload: payload.toString('base64', start, end) };
  return { id: '', problem, fields };
}
