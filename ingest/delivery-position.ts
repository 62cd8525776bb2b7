// How far a consumer of a node's spool is, in a file beside the segments. `<node>.position.json` is
// the one of the delivery that brings records to ClickHouse, straight or through Kafka; every other
// consumer (CDR files, push) has its own, `<node>.position-<consumer>.json`.
// A batch is announced here before it is inserted: whoever dies in between finds its exact range
// again, and the same range carries the same deduplication token.
import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { TandemError } from '../engine/base/errors.ts';
import type { SpoolRange } from '../engine/cdr/spool-reader.ts';
import type { SpoolPosition } from '../engine/cdr/spool-segment.ts';

export interface DeliveryPosition {
  /** Everything before it is where it has to go. Sequence 0: nothing yet. */
  readonly delivered: SpoolPosition;
  /** The batch that is being inserted, if one is. */
  readonly pending: SpoolRange | null;
}

/** @param consumer letters and digits; without it the delivery to ClickHouse or Kafka */
export function positionFile(directory: string, node: string, consumer?: string): string {
  const kind = consumer === undefined ? 'position' : `position-${consumer}`;
  return join(directory, `${node}.${kind}.json`);
}

/**
 * Sequence of the segment that the slowest consumer of the node's spool is in: those before it
 * are delivered to all. 0 when there is no consumer yet. A consumer that is switched off must not
 * hold segments back: {@link dropPosition}.
 * @throws TandemError TDM_SPOOL_CORRUPT for an unreadable position file.
 */
export function deliveredToAll(directory: string, node: string): number {
  return Math.min(...deliveredPositions(directory, node).map(({ sequence }) => sequence));
}

/**
 * Where each consumer of the node's spool stands. The delivery to ClickHouse or Kafka is always
 * one of them: without a file it stands at the beginning.
 * @throws TandemError TDM_SPOOL_CORRUPT for an unreadable position file.
 */
export function deliveredPositions(directory: string, node: string): SpoolPosition[] {
  const main = positionFile(directory, node);
  const others = readdirSync(directory)
    .filter((name) => isPositionOf(name, node))
    .map((name) => join(directory, name))
    .filter((path) => path !== main);
  return [main, ...others].map((path) => loadPosition(path).delivered);
}

function isPositionOf(name: string, node: string): boolean {
  if (!name.startsWith(`${node}.position`)) return false;
  return /^(?:-[a-z0-9]+)?\.json$/.test(name.slice(node.length + '.position'.length));
}

/** Forgets a consumer that is switched off: from then on it holds no segment back. */
export function dropPosition(directory: string, node: string, consumer: string): void {
  rmSync(positionFile(directory, node, consumer), { force: true });
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
