// Segments: the files of a spool directory, one writer per node, numbered without end.
// Name: `<node>-<sequence, 12 digits>.spool`. A segment is a 24-byte header and frames (frame.ts);
// the one with the highest sequence grows, the others are sealed. Behind the frames of the growing
// one stand zeros (spool-writer.ts). Version 1 had no group marks (group-mark.ts). Little-endian:
//
//   0  8  `TDMSPOOL`      8  4  format version      12  4  zero      16  8  created, epoch ms
import { existsSync, readdirSync } from 'node:fs';

export const SEGMENT_HEADER_BYTES = 24;
/** A segment that has reached this size is followed by the next. */
export const SEGMENT_BYTES = 64 << 20;
const MAGIC = 'TDMSPOOL';
const FORMAT_VERSION = 2;
const CREATED_AT = 16;
const NAME = /^(.+)-(\d{12})\.spool$/;

/** A place between two frames: byte `offset` of segment `sequence`. */
export interface SpoolPosition {
  readonly sequence: number;
  readonly offset: number;
}

export function segmentName(node: string, sequence: number): string {
  return `${node}-${String(sequence).padStart(12, '0')}.spool`;
}

/** Sequences of the segments of `node` in `directory`, ascending; none without the directory. */
export function listSegments(directory: string, node: string): number[] {
  return segmentFiles(directory)
    .filter((file) => file.node === node)
    .map((file) => file.sequence)
    .sort((a, b) => a - b);
}

/** Nodes that have segments in `directory`. */
export function listNodes(directory: string): string[] {
  return [...new Set(segmentFiles(directory).map((file) => file.node))].sort();
}

function segmentFiles(directory: string): { node: string; sequence: number }[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((name) => {
    const match = NAME.exec(name);
    return match === null ? [] : [{ node: match[1]!, sequence: Number(match[2]) }];
  });
}

/**
 * @param createdAtMs tells this segment from one of the same name in a spool that was wiped:
 * both may reach the same ClickHouse.
 */
export function segmentHeader(createdAtMs: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(FORMAT_VERSION, MAGIC.length);
  header.writeBigUInt64LE(BigInt(createdAtMs), CREATED_AT);
  return header;
}

/** @param header SEGMENT_HEADER_BYTES from the beginning of the file. */
export function segmentCreatedAtMs(header: Buffer): number {
  return Number(header.readBigUInt64LE(CREATED_AT));
}

/** What the first bytes of a file say: a segment of ours, one of a newer format, or damage. */
export type HeaderState = 'good' | 'future' | 'damaged';

/** @param bytes at least SEGMENT_HEADER_BYTES from the beginning of the file. */
export function checkSegmentHeader(bytes: Buffer): HeaderState {
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'damaged';
  const version = bytes.readUInt32LE(MAGIC.length);
  if (version >= 1 && version <= FORMAT_VERSION) return 'good';
  return version > FORMAT_VERSION ? 'future' : 'damaged';
}
