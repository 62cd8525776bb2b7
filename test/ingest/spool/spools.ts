// A spool of real records in several segments, for the tests of the spool command.
import type { TestContext } from 'node:test';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import { KIND_ATTEMPT, KIND_CDR, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import {
  appendRecord,
  openWriter,
  sampleAttempt,
  sampleCdr,
  temporaryDirectory,
} from '../../engine/cdr/records.ts';

/** Wall time of the first group; each follows a minute after the one before. */
export const FIRST_GROUP_MS = Date.UTC(2026, 10, 23, 8);

/** Thirty groups of one attempt and one CDR, five to a segment; it looks as after a crash. */
export function spoolOfThirty(t: TestContext): string {
  const directory = temporaryDirectory(t);
  const encoder = new RecordEncoder();
  let group = 0;
  const clock = { wallMs: () => FIRST_GROUP_MS + group * 60_000, monoMs: () => 0 };
  const writer = openWriter(directory, { segmentBytes: 2400, clock });
  for (; group < 30; group++) {
    encoder.attempt(sampleAttempt(group));
    appendRecord(writer, KIND_ATTEMPT, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
    encoder.cdr(sampleCdr(group));
    appendRecord(writer, KIND_CDR, SCHEMA_VERSION, encoder.bytes, 0, encoder.length);
    if (!writer.commit()) throw writer.error ?? new Error('no commit');
  }
  return directory;
}
