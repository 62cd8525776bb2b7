// How far the spool of a node is delivered, in `<node>.position.json` beside its segments.
// A batch is announced here before it is inserted: whoever dies in between finds its exact range
// again, and the same range carries the same deduplication token.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TandemError } from '../engine/base/errors.ts';
import type { SpoolRange } from '../engine/cdr/spool-reader.ts';
import type { SpoolPosition } from '../engine/cdr/spool-segment.ts';

export interface DeliveryPosition {
  /** Everything before it is in ClickHouse. Sequence 0: nothing yet. */
  readonly delivered: SpoolPosition;
  /** The batch that is being inserted, if one is. */
  readonly pending: SpoolRange | null;
}

export function positionFile(directory: string, node: string): string {
  return join(directory, `${node}.position.json`);
}

/** @throws TandemError TDM_SPOOL_CORRUPT when the file is there and not ours. */
export function loadPosition(path: string): DeliveryPosition {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return { delivered: { sequence: 0, offset: 0 }, pending: null };
  }
  const value = parse(text);
  if (!isPosition(value)) {
    throw new TandemError(
      'TDM_SPOOL_CORRUPT',
      `${path} is not a delivery position. Remove it to deliver the spool from its beginning.`,
    );
  }
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isPosition(value: unknown): value is DeliveryPosition {
  const { delivered, pending } = (value ?? {}) as Record<string, unknown>;
  if (!hasNumbers(delivered, ['sequence', 'offset'])) return false;
  return pending === null || hasNumbers(pending, ['sequence', 'first', 'last']);
}

function hasNumbers(value: unknown, keys: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return keys.every((key) => Number.isSafeInteger((value as Record<string, unknown>)[key]));
}

/** Replaces the file durably: the old or the new one is there after a crash, never a part. */
export function savePosition(path: string, position: DeliveryPosition): void {
  const temporary = `${path}.new`;
  const fd = openSync(temporary, 'w', 0o640);
  try {
    writeSync(fd, JSON.stringify(position));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
