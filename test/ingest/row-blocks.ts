// Reads back what a block of RowBinary holds, as far as tests ask: ids and all bytes.
import type { Column } from '../../engine/cdr/schema.ts';
import { attemptColumns, cdrColumns } from '../../engine/cdr/schema.ts';
import type { RowBatch } from '../../ingest/clickhouse-writer.ts';

const BYTES: Readonly<Record<string, number>> = {
  time: 8,
  count: 4,
  code: 2,
  ordinal: 1,
  money: 16,
};
const WIDER: Readonly<Record<string, number>> = { id: 16, duration_ms: 8, billed_ms: 8 };

type Rows = Pick<RowBatch, 'cdrs' | 'attempts'>;

/** Ids of the CDRs, in the order of the rows. */
export function cdrIdsOf({ cdrs }: Pick<Rows, 'cdrs'>): string[] {
  return idsOf(cdrs.bytes, cdrColumns);
}

export function attemptIdsOf({ attempts }: Pick<Rows, 'attempts'>): string[] {
  return idsOf(attempts.bytes, attemptColumns);
}

/** To be compared: the fields of a block are private. */
export function contentOf({ cdrs, attempts }: Rows): readonly string[] {
  return [cdrs, attempts].map(({ rows, bytes }) => `${rows}:${bytes.toString('base64')}`);
}

function idsOf(bytes: Buffer, columns: readonly Column[]): string[] {
  const ids: string[] = [];
  for (let at = 0; at < bytes.length;) {
    ids.push(uuidAt(bytes, at));
    for (const column of columns) at = behind(bytes, at, column);
  }
  return ids;
}

/** Each half is a little-endian number. */
function uuidAt(bytes: Buffer, at: number): string {
  const hex = Buffer.concat([
    Buffer.from(bytes.subarray(at, at + 8)).reverse(),
    Buffer.from(bytes.subarray(at + 8, at + 16)).reverse(),
  ]).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function behind(bytes: Buffer, start: number, { name, type, optional }: Column): number {
  let at = start;
  if (optional && bytes[at++] === 1) return at;
  const size = WIDER[name] ?? BYTES[type];
  if (size !== undefined) return at + size;
  let length = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    length += (byte & 127) << shift;
    if (byte < 128) return at + length;
  }
}
