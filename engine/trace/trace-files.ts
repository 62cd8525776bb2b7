// The files of traces in data/trace. `NNNNNNNN.trace` holds records one after the other, each
// framed with a checksum as in the spool (engine/cdr/frame.ts). `NNNNNNNN.index` beside it tells
// what is where, by trace, call and Call-ID, 40 bytes an entry:
//
//   0  8  time, float64 microseconds of UTC   16  4  hash of the Call-ID
//   8  4  offset of the frame                 20  4  bytes of the message
//  12  4  trace                               24  16 our call id, zeros: of no call
//
// A record of several traces has an entry for each. The index only saves reading: what it lacks
// after a crash is read from the records.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredRecord } from './trace-record.ts';

export const KIND_TRACED = 1;
export const FRAME_VERSION = 1;
export const INDEX_ENTRY_BYTES = 40;
const FILE = /^(\d{8})\.trace$/;

export interface IndexEntry {
  readonly timeUs: number;
  readonly offset: number;
  readonly trace: number;
  readonly callIdHash: number;
  readonly messageBytes: number;
  /** Our call id; empty for a message of no traced call. */
  readonly call: string;
}

export function traceFile(directory: string, sequence: number): string {
  return join(directory, `${String(sequence).padStart(8, '0')}.trace`);
}

export function indexFile(directory: string, sequence: number): string {
  return join(directory, `${String(sequence).padStart(8, '0')}.index`);
}

/** Sequences of the files there are, oldest first; none when the folder is missing. */
export function listTraceFiles(directory: string): number[] {
  try {
    return readdirSync(directory)
      .flatMap((name) => FILE.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** FNV-1a of a Call-ID, as the index has it. */
export function callIdHash(callId: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < callId.length; i++) hash = Math.imul(hash ^ callId.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** The entries of a record whose frame stands at `offset` of its file. */
export function entriesOf(record: StoredRecord, offset: number): IndexEntry[] {
  const { timeUs, call, callId, message, traces } = record;
  const hash = callIdHash(callId);
  return traces.map((trace) => ({
    timeUs,
    offset,
    trace,
    callIdHash: hash,
    messageBytes: message.length,
    call,
  }));
}

/** Writes an entry at `at`; returns the offset behind it. */
export function writeIndexEntry(out: Buffer, at: number, entry: IndexEntry): number {
  out.writeDoubleLE(entry.timeUs, at);
  out.writeUInt32LE(entry.offset, at + 8);
  out.writeUInt32LE(entry.trace, at + 12);
  out.writeUInt32LE(entry.callIdHash, at + 16);
  out.writeUInt32LE(entry.messageBytes, at + 20);
  out.fill(0, at + 24, at + INDEX_ENTRY_BYTES);
  out.write(entry.call.replaceAll('-', ''), at + 24, 16, 'hex');
  return at + INDEX_ENTRY_BYTES;
}

export function readIndexEntry(bytes: Buffer, at: number): IndexEntry {
  return {
    timeUs: bytes.readDoubleLE(at),
    offset: bytes.readUInt32LE(at + 8),
    trace: bytes.readUInt32LE(at + 12),
    callIdHash: bytes.readUInt32LE(at + 16),
    messageBytes: bytes.readUInt32LE(at + 20),
    call: uuidText(bytes.toString('hex', at + 24, at + INDEX_ENTRY_BYTES)),
  };
}

function uuidText(hex: string): string {
  if (/^0*$/.test(hex)) return '';
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return [...parts, hex.slice(20)].join('-');
}
