// Deletes segments of the spool that are delivered; the newest of them are kept for a look back.
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { listSegments, segmentName } from '../engine/cdr/spool-segment.ts';

/**
 * @param delivered sequence of the segment that delivery is in: those before it are delivered.
 * @param keep how many of the delivered ones stay.
 * @returns how many were deleted.
 */
export function deleteDelivered(
  directory: string,
  node: string,
  delivered: number,
  keep: number,
): number {
  const done = listSegments(directory, node).filter((sequence) => sequence < delivered);
  const old = done.slice(0, Math.max(0, done.length - keep));
  for (const sequence of old) unlinkSync(join(directory, segmentName(node, sequence)));
  return old.length;
}
