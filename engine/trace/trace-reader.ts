// Reads traces back, beside an edge that goes on writing: the calls of a trace, the messages of a
// call or of a trace. What is found by the index is read alone; what the index does not know yet,
// after a crash or just now, is read through.
import { closeSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { checkFrame, FRAME_HEADER_BYTES, FRAME_VERSION_AT } from '../cdr/frame.ts';
import {
  callIdHash,
  entriesOf,
  FRAME_VERSION,
  INDEX_ENTRY_BYTES,
  indexFile,
  listTraceFiles,
  readIndexEntry,
  traceFile,
  type IndexEntry,
} from './trace-files.ts';
import { readRecord, type StoredRecord } from './trace-record.ts';

/** What was kept of one trace. */
export interface TraceTotals {
  messages: number;
  bytes: number;
}

interface FileEntry extends IndexEntry {
  readonly sequence: number;
}

export class TraceReader {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** How much there is of each trace; deleted files do not count any more. */
  totals(): Map<number, TraceTotals> {
    const totals = new Map<number, TraceTotals>();
    for (const { trace, messageBytes } of this.#entries()) {
      const total = totals.get(trace) ?? { messages: 0, bytes: 0 };
      total.messages++;
      total.bytes += messageBytes;
      totals.set(trace, total);
    }
    return totals;
  }

  /** All messages of a trace, or of all traces, in the order of their times. */
  ofTrace(trace?: number): StoredRecord[] {
    return this.#read(this.#entries().filter((e) => trace === undefined || e.trace === trace));
  }

  /** All messages of the call with this id of ours, or with this Call-ID on one of its legs. */
  ofCall(name: string): StoredRecord[] {
    const entries = this.#entries();
    const hash = callIdHash(name);
    const named = entries.filter((e) => e.call === name || e.callIdHash === hash);
    const first = this.#read(named).filter(({ call, callId }) => call === name || callId === name);
    const calls = new Set(first.map(({ call }) => call).filter((call) => call !== ''));
    const legs = new Set(first.map(({ callId }) => callId));
    // The legs of the same call, then what was traced of these before the call was known.
    const ofCalls = this.#read(entries.filter((e) => calls.has(e.call)));
    for (const { callId } of ofCalls) legs.add(callId);
    const hashes = new Set([...legs].map(callIdHash));
    return this.#read(entries.filter((e) => calls.has(e.call) || hashes.has(e.callIdHash))).filter(
      ({ call, callId }) => calls.has(call) || legs.has(callId),
    );
  }

  #entries(): FileEntry[] {
    return listTraceFiles(this.#directory).flatMap((sequence) =>
      this.#indexed(sequence).map((entry) => ({ ...entry, sequence })),
    );
  }

  #indexed(sequence: number): IndexEntry[] {
    const entries: IndexEntry[] = [];
    const index = contents(indexFile(this.#directory, sequence));
    const size = sizeOf(traceFile(this.#directory, sequence));
    for (let at = 0; at + INDEX_ENTRY_BYTES <= index.length; at += INDEX_ENTRY_BYTES) {
      const entry = readIndexEntry(index, at);
      // Zeros: the file grew before a power loss, its contents were not written.
      if (entry.trace === 0) break;
      if (entry.offset < size) entries.push(entry);
    }
    return [...entries, ...this.#unindexed(sequence, entries.at(-1)?.offset)];
  }

  /** Entries of the records behind the last one that the index names. */
  #unindexed(sequence: number, lastOffset: number | undefined): IndexEntry[] {
    const path = traceFile(this.#directory, sequence);
    const size = sizeOf(path);
    const entries: IndexEntry[] = [];
    let bytes = part(path, lastOffset ?? 0, size);
    let base = lastOffset ?? 0;
    if (lastOffset !== undefined) {
      const next = checkFrame(bytes, 0, bytes.length);
      if (next < 0) return entries;
      bytes = bytes.subarray(next);
      base += next;
    }
    for (let at = 0; at < bytes.length;) {
      const next = checkFrame(bytes, at, bytes.length);
      if (next < 0) break;
      const record = recordAt(bytes, at, next);
      if (record !== undefined) entries.push(...entriesOf(record, base + at));
      at = next;
    }
    return entries;
  }

  #read(entries: readonly FileEntry[]): StoredRecord[] {
    const records = new Map<string, StoredRecord>();
    let bytes: Buffer | null = null;
    let open = -1;
    for (const { sequence, offset } of entries) {
      const key = `${sequence}:${offset}`;
      if (records.has(key)) continue;
      if (sequence !== open) {
        open = sequence;
        bytes = contents(traceFile(this.#directory, sequence));
      }
      const next = checkFrame(bytes!, offset, bytes!.length);
      const record = next < 0 ? undefined : recordAt(bytes!, offset, next);
      if (record !== undefined) records.set(key, record);
    }
    return [...records.values()].sort((a, b) => a.timeUs - b.timeUs);
  }
}

function recordAt(bytes: Buffer, at: number, end: number): StoredRecord | undefined {
  if (bytes[at + FRAME_VERSION_AT] !== FRAME_VERSION) return undefined;
  return readRecord(bytes, at + FRAME_HEADER_BYTES, end);
}

/** Nothing when the file was deleted meanwhile. */
function contents(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

function part(path: string, start: number, end: number): Buffer {
  const bytes = Buffer.alloc(Math.max(0, end - start));
  if (bytes.length === 0) return bytes;
  const fd = openSync(path, 'r');
  try {
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, start));
  } finally {
    closeSync(fd);
  }
}
