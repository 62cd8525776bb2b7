// Watches how much the spool holds and how much its file system has left, so that the edge stops
// taking calls while there is still room for the records of those that run. The recorder asks in
// each turn; when ingest has delivered segments they go (ingest/retention.ts): there is room again.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { SpoolFiles } from './spool-files.ts';
import { systemFiles } from './spool-files.ts';
import { listNodes, listSegments, segmentName } from './spool-segment.ts';

/** `spool` of tandem.yaml. */
export interface SpoolLimits {
  /** All segments of the directory together. */
  readonly maxBytes: number;
  /** Percent of maxBytes from which on the alarm is given and delivered segments go. */
  readonly warnPercent: number;
  /** What the file system must have left; the alarm is given at twice as much. */
  readonly minFreeBytes: number;
}

/** `low`: an alarm. `full`: no new calls; what is left is for the records of those that run. */
export type Room = 'ok' | 'low' | 'full';

/** Looked at this often while all is well; in between the bytes written are added. */
const CALM_MS = 10_000;
const ALARM_MS = 1000;
/** Once full, room is again where the limits are kept by this much: no call more per segment. */
const AGAIN = 0.02;

export class SpoolRoom {
  readonly #directory: string;
  readonly #limits: SpoolLimits;
  readonly #files: SpoolFiles;
  #lookedMs = -Infinity;
  #writtenThen = 0;
  #spoolBytes = 0;
  #freeBytes = 0;
  #room: Room = 'ok';

  constructor(directory: string, limits: SpoolLimits, files = systemFiles) {
    this.#directory = directory;
    this.#limits = limits;
    this.#files = files;
  }

  /**
   * @param writtenBytes since the edge began. @param nowMs monotonic.
   * @returns what there is now; the last known when the file system does not answer.
   */
  check(writtenBytes: number, nowMs: number): Room {
    const everyMs = this.#room === 'ok' ? CALM_MS : ALARM_MS;
    if (nowMs - this.#lookedMs >= everyMs) this.#look(nowMs, writtenBytes);
    const since = writtenBytes - this.#writtenThen;
    const limits = this.#room === 'full' ? stricter(this.#limits) : this.#limits;
    this.#room = roomOf(this.#spoolBytes + since, this.#freeBytes - since, limits);
    return this.#room;
  }

  /** As of the last look. */
  get spoolBytes(): number {
    return this.#spoolBytes;
  }

  get freeBytes(): number {
    return this.#freeBytes;
  }

  #look(nowMs: number, writtenBytes: number): void {
    this.#lookedMs = nowMs;
    try {
      this.#spoolBytes = spoolBytes(this.#directory);
      this.#freeBytes = this.#files.freeBytes(this.#directory);
      this.#writtenThen = writtenBytes;
    } catch {
      // A file system that does not answer shows in the commits.
    }
  }
}

function stricter(limits: SpoolLimits): SpoolLimits {
  const { maxBytes, warnPercent, minFreeBytes } = limits;
  const again = { maxBytes: maxBytes * (1 - AGAIN), minFreeBytes: minFreeBytes * (1 + AGAIN) };
  return { warnPercent, ...again };
}

/** What sizes mean under the limits. */
export function roomOf(spool: number, free: number, limits: SpoolLimits): Room {
  if (spool >= limits.maxBytes || free < limits.minFreeBytes) return 'full';
  const alarm = (limits.maxBytes * limits.warnPercent) / 100;
  return spool >= alarm || free < 2 * limits.minFreeBytes ? 'low' : 'ok';
}

/** Bytes of all segments in the directory. @throws the system's errors. */
export function spoolBytes(directory: string): number {
  let bytes = 0;
  for (const node of listNodes(directory)) {
    for (const sequence of listSegments(directory, node)) {
      const path = join(directory, segmentName(node, sequence));
      bytes += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    }
  }
  return bytes;
}
