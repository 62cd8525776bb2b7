// CDR files for billing systems that fetch them: one CSV file per interval in `<data>/cdr-files`.
//   1. append the lines of a batch, fdatasync   2. store spool position and file length in one
// Death in between leaves bytes beyond the stored length: they are cut off, the batch is written
// again. So the files hold exactly the CDRs of the spool, in order, none twice. An interval without
// a record has no file.
import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
import type { CdrFollower } from '../cdr-feed/cdr-follower.ts';
import type { CdrFeed } from '../cdr-feed/feed-job.ts';
import { CSV_HEADER, csvLine } from '../cdr-feed/record-text.ts';
import { freePath, listCdrFiles, partOf } from './file-names.ts';

/** About 10 ms of work. */
const MAX_BATCH = 500;

export interface CdrFileSettings {
  /** SERVER_CDR_FILE_WRITE_INTERVAL */
  readonly intervalMs: number;
  /** SERVER_CDR_FILE_WRITE_MAX */
  readonly maxFiles: number;
}

export interface CdrFileOptions extends CdrFileSettings {
  /** Where the files stand; made when it is not there. */
  readonly directory: string;
  readonly node: string;
  readonly follower: CdrFollower;
  /** UTC epoch milliseconds. */
  readonly now: () => number;
  readonly onLines: (count: number) => void;
}

/** The file that grows, as it stands in the position file. */
interface GrowingFile {
  /** Its name when it is complete. */
  readonly name: string;
  /** The interval that it covers. */
  readonly startedAtMs: number;
  readonly intervalMs: number;
  /** Bytes of it that belong to the stored position. */
  readonly bytes: number;
}

export class CdrFileFeed implements CdrFeed {
  readonly #options: CdrFileOptions;
  #file: GrowingFile | null;
  #fd = -1;

  constructor(options: CdrFileOptions) {
    this.#options = options;
    mkdirSync(options.directory, { recursive: true });
    this.#file = growingFile(options.follower.progress);
    this.#completeOthers();
  }

  async pass(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#endFile();
      const batch = this.#options.follower.next(MAX_BATCH);
      if (batch === undefined) return;
      const lines = batch.cdrs.map(csvLine).join('');
      if (lines !== '') this.#file = this.#append(this.#file ?? this.#begin(), lines);
      this.#options.follower.commit(batch, this.#file ?? undefined);
      this.#options.onLines(batch.cdrs.length);
      // Of a long spool the rest of the process gets its share.
      await othersTurn();
    }
  }

  /** Gives the growing file its final name, cut to what the stored position knows. */
  complete(): void {
    const { directory, follower } = this.#options;
    if (this.#file === null) return;
    const { name, bytes } = this.#file;
    const path = join(directory, name);
    if (this.#isThere(this.#file)) {
      this.#open(path, bytes);
      this.#closeFile();
      if (bytes > 0) renameSync(partOf(path), path);
      else unlinkSync(partOf(path));
      syncDirectory(directory);
    }
    this.#closeFile();
    this.#file = null;
    follower.note();
  }

  close(): void {
    this.#closeFile();
    this.#options.follower.close();
  }

  #closeFile(): void {
    if (this.#fd !== -1) closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Ends files that no position knows: somebody has moved or removed the one that did. */
  #completeOthers(): void {
    const { directory, node } = this.#options;
    for (const { path, node: owner } of listCdrFiles(directory).growing) {
      if (owner !== node || basename(path) === this.#file?.name) continue;
      renameSync(partOf(path), path);
    }
  }

  /** Ends the file of an interval that is over, and one that somebody has taken away. */
  #endFile(): void {
    if (this.#file === null) return;
    if (!this.#covers(this.#file) || !this.#isThere(this.#file)) this.complete();
  }

  #isThere({ name, bytes }: GrowingFile): boolean {
    const part = statSync(partOf(join(this.#options.directory, name)), { throwIfNoEntry: false });
    return part === undefined ? bytes === 0 : part.size >= bytes;
  }

  #covers({ startedAtMs, intervalMs }: GrowingFile): boolean {
    const wanted = this.#options.intervalMs;
    return wanted === intervalMs && startedAtMs === this.#intervalStart();
  }

  #intervalStart(): number {
    const { intervalMs, now } = this.#options;
    return Math.floor(now() / intervalMs) * intervalMs;
  }

  #append(file: GrowingFile, lines: string): GrowingFile {
    const path = join(this.#options.directory, file.name);
    if (this.#fd === -1) this.#open(path, file.bytes);
    const text = Buffer.from(file.bytes === 0 ? CSV_HEADER + lines : lines);
    let written = 0;
    while (written < text.length) {
      written += writeSync(this.#fd, text, written, text.length - written, file.bytes + written);
    }
    fdatasyncSync(this.#fd);
    return { ...file, bytes: file.bytes + text.length };
  }

  /** Makes room for a new file and notes its name, so that a crash leaves no file unknown. */
  #begin(): GrowingFile {
    const { directory, node, intervalMs, maxFiles, follower } = this.#options;
    const { complete, growing } = listCdrFiles(directory);
    const tooMany = complete.length + growing.length + 1 - maxFiles;
    for (const path of complete.slice(0, Math.max(0, tooMany))) unlinkSync(path);
    const startedAtMs = this.#intervalStart();
    const path = freePath(directory, node, startedAtMs);
    const file = { name: basename(path), startedAtMs, intervalMs, bytes: 0 };
    follower.note(file);
    return file;
  }

  /** Opens the growing file and cuts off what no stored position knows. */
  #open(path: string, bytes: number): void {
    this.#closeFile();
    const isNew = !existsSync(partOf(path));
    this.#fd = openSync(partOf(path), isNew ? 'wx' : 'r+', 0o640);
    ftruncateSync(this.#fd, bytes);
    if (isNew) syncDirectory(dirname(path));
  }
}

/** What an earlier process has noted; null when no file grows. */
function growingFile(progress: unknown): GrowingFile | null {
  const { name, startedAtMs, intervalMs, bytes } = (progress ?? {}) as Record<string, unknown>;
  const isWhole = [startedAtMs, intervalMs, bytes].every(Number.isSafeInteger);
  if (typeof name !== 'string' || basename(name) !== name || !isWhole) return null;
  return progress as GrowingFile;
}

function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
