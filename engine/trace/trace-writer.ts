// Appends traced messages to files in data/trace, on main: in batches, never waited for, one write
// at a time. A file that has its length is closed and a new one begun; the oldest go when all of
// them exceed their bound. What the disk does not take is dropped and counted.
import { mkdir, open, stat, unlink, type FileHandle } from 'node:fs/promises';
import { FRAME_HEADER_BYTES, writeFrame } from '../cdr/frame.ts';
import {
  entriesOf,
  FRAME_VERSION,
  INDEX_ENTRY_BYTES,
  indexFile,
  KIND_TRACED,
  listTraceFiles,
  traceFile,
  writeIndexEntry,
  type IndexEntry,
} from './trace-files.ts';
import { readRecord } from './trace-record.ts';

/** All files together may have this many times the length of one. */
const MAX_FILES = 16;
/** Traces may hold phone numbers and, when asked for, credentials: no one else reads them. */
const MODE = 0o640;

export interface TraceWriterFigures {
  readonly records: number;
  readonly bytes: number;
  /** Records that could not be written. */
  readonly lost: number;
  /** The system's code of the last failure; empty when the last write went well. */
  readonly problem: string;
}

export class TraceWriter {
  readonly #directory: string;
  /** Bytes at which a file is closed: SERVER_TRACE_FILE_LENGTH, read before each batch. */
  readonly #fileBytes: () => number;
  #sequence = 0;
  #file: FileHandle | null = null;
  #index: FileHandle | null = null;
  #offset = 0;
  #records = 0;
  #bytes = 0;
  #lost = 0;
  #problem = '';

  constructor(directory: string, fileBytes: () => number) {
    this.#directory = directory;
    this.#fileBytes = fileBytes;
  }

  figures(): TraceWriterFigures {
    return {
      records: this.#records,
      bytes: this.#bytes,
      lost: this.#lost,
      problem: this.#problem,
    };
  }

  /** Appends records (trace-record.ts) in their order; does not throw. One call at a time. */
  async append(records: readonly Buffer[]): Promise<void> {
    let from = 0;
    while (from < records.length) {
      const batch: Buffer[] = [];
      try {
        await this.#prepare();
        const room = this.#fileBytes() - this.#offset;
        let bytes = 0;
        // At least one: a file may exceed its length by less than a record.
        do {
          const record = records[from + batch.length]!;
          batch.push(record);
          bytes += record.length + FRAME_HEADER_BYTES;
        } while (bytes < room && from + batch.length < records.length);
        await this.#write(batch, bytes);
        this.#problem = '';
      } catch (error) {
        this.#problem = (error as NodeJS.ErrnoException).code ?? String(error);
        this.#lost += records.length - from;
        await this.#close();
        return;
      }
      from += batch.length;
    }
  }

  async close(): Promise<void> {
    await this.#close();
  }

  async #prepare(): Promise<void> {
    if (this.#file !== null && this.#offset < this.#fileBytes()) return;
    await this.#close();
    await mkdir(this.#directory, { recursive: true });
    await this.#deleteOldest();
    this.#sequence = (listTraceFiles(this.#directory).at(-1) ?? 0) + 1;
    this.#file = await open(traceFile(this.#directory, this.#sequence), 'ax', MODE);
    this.#index = await open(indexFile(this.#directory, this.#sequence), 'ax', MODE);
    this.#offset = 0;
  }

  /** Whole frames first, then their entries: what the index names is there. */
  async #write(batch: readonly Buffer[], bytes: number): Promise<void> {
    const frames = Buffer.allocUnsafe(bytes);
    const entries: IndexEntry[] = [];
    let at = 0;
    for (const record of batch) {
      const read = readRecord(record, 0, record.length);
      if (read !== undefined) entries.push(...entriesOf(read, this.#offset + at));
      at = writeFrame(frames, at, KIND_TRACED, FRAME_VERSION, record, 0, record.length);
    }
    await this.#file!.appendFile(frames);
    this.#offset += bytes;
    const index = Buffer.allocUnsafe(entries.length * INDEX_ENTRY_BYTES);
    entries.reduce((to, entry) => writeIndexEntry(index, to, entry), 0);
    await this.#index!.appendFile(index);
    this.#records += batch.length;
    this.#bytes += bytes;
  }

  async #deleteOldest(): Promise<void> {
    const sequences = listTraceFiles(this.#directory);
    const sizes: number[] = [];
    for (const sequence of sequences) {
      sizes.push((await stat(traceFile(this.#directory, sequence))).size);
    }
    let total = sizes.reduce((sum, size) => sum + size, 0);
    const allowed = (MAX_FILES - 1) * this.#fileBytes();
    for (let i = 0; i < sequences.length && total > allowed; i++) {
      await unlink(indexFile(this.#directory, sequences[i]!)).catch(() => undefined);
      await unlink(traceFile(this.#directory, sequences[i]!));
      total -= sizes[i]!;
    }
  }

  async #close(): Promise<void> {
    const handles = [this.#file, this.#index];
    this.#file = null;
    this.#index = null;
    for (const handle of handles) await handle?.close().catch(() => undefined);
  }
}
