// Records and spools for the tests of the record path.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { seededRandom } from '../../../engine/base/random.ts';
import { uuidv7 } from '../../../engine/base/uuid.ts';
import type { Clock } from '../../../engine/base/clock.ts';
import type { Cdr, CdrAttempt } from '../../../engine/cdr/schema.ts';
import { FRAME_HEADER_BYTES, writeFrame } from '../../../engine/cdr/frame.ts';
import type { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import { KIND_ATTEMPT, KIND_CDR } from '../../../engine/cdr/schema.ts';
import type { SpoolBatch, SpoolRange, SpoolReader } from '../../../engine/cdr/spool-reader.ts';
import { SpoolWriter } from '../../../engine/cdr/spool-writer.ts';
import type { SpoolWriterOptions } from '../../../engine/cdr/spool-writer.ts';

export const NODE = 'edge-1';
export const DAY_MS = Date.UTC(2026, 10, 23, 8);

/** A clock that stands still. */
export const stillClock: Clock = { wallMs: () => DAY_MS, monoMs: () => 0 };

/** An answered call of 30 s; every value differs from its neighbours. */
export function sampleCdr(n: number): Cdr {
  return {
    id: uuidv7(DAY_MS + n, seededRandom(n)),
    node: NODE,
    startedAtMs: DAY_MS + n,
    ringingAtMs: DAY_MS + n + 1200,
    answeredAtMs: DAY_MS + n + 5000,
    endedAtMs: DAY_MS + n + 35_000,
    durationMs: 30_000,
    pddMs: 1200,
    mappingGateway: 'acme-1',
    account: 'acme',
    routingGateway: 'alpha-1',
    clearingAccount: 'alpha',
    callerIn: '+441632960001',
    calleeIn: '0044163296' + String(n % 10_000).padStart(4, '0'),
    callerOut: '441632960001',
    calleeOut: '44163296' + String(n % 10_000).padStart(4, '0'),
    sourceIp: '192.0.2.1',
    destinationIp: '2001:db8::2',
    endCode: 200,
    endReason: 'Normal call clearing',
    endSide: 'callee',
    callIdIn: `${n}-3848276298220188511@192.0.2.1`,
    callIdOut: `tdm00-${n.toString(16).padStart(16, '0')}`,
    codec: 'PCMA',
    attempts: 1,
    customerFee: '0.012',
    vendorFee: '0.008',
    billedMs: 60_000,
    area: 'United Kingdom',
    ratePrefix: '44',
    vendorArea: 'UK fixed',
    vendorRatePrefix: '441',
    callLevel: 'international',
    tax: '0.001',
    phone: '441632960001',
    agentAccount: 'reseller',
    agentFee: '0.002',
    endEvidence: 'recovered',
  };
}

export function sampleAttempt(n: number): CdrAttempt {
  return {
    id: uuidv7(DAY_MS + n, seededRandom(n)),
    node: NODE,
    attempt: 2,
    startedAtMs: DAY_MS + n + 3,
    endedAtMs: DAY_MS + n + 7,
    routingGateway: 'alpha-1',
    destinationIp: '198.51.100.7',
    prefix: '44',
    code: 486,
    reason: 'Busy Here',
    pddMs: 4,
  };
}

/**
 * Attempt and CDR of call `n`, as an edge writes them: of every second call the attempt was
 * answered and is part of its CDR.
 */
export function encodeCall(encoder: RecordEncoder, n: number, put: (kind: number) => void): void {
  const isAnswered = n % 2 === 0;
  if (!isAnswered) {
    encoder.attempt(sampleAttempt(n));
    put(KIND_ATTEMPT);
  }
  encoder.cdr(sampleCdr(n), isAnswered ? sampleAttempt(n) : null);
  put(KIND_CDR);
}

/** A directory that goes with the test. */
export function temporaryDirectory(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tandem-'));
  t.after(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

export function openWriter(
  directory: string,
  options: Partial<SpoolWriterOptions> = {},
): SpoolWriter {
  return new SpoolWriter({ directory, node: NODE, sequence: 1, clock: stillClock, ...options });
}

/** Appends `text` as one record and commits it. */
export function commitText(writer: SpoolWriter, text: string): boolean {
  appendText(writer, text);
  return writer.commit();
}

/** A record as it stands in a segment. */
export function frameOf(kind: number, version: number, payload: Buffer): Buffer {
  const frame = Buffer.alloc(FRAME_HEADER_BYTES + payload.length);
  writeFrame(frame, 0, kind, version, payload, 0, payload.length);
  return frame;
}

/** Adds one record to the group; false when it does not fit. */
export function appendRecord(
  writer: SpoolWriter,
  kind: number,
  version: number,
  payload: Buffer,
  start: number,
  end: number,
): boolean {
  const frame = frameOf(kind, version, payload.subarray(start, end));
  return writer.append(1, frame, 0, frame.length);
}

export function appendText(writer: SpoolWriter, text: string): void {
  const payload = Buffer.from(text);
  if (!appendRecord(writer, KIND_CDR, 1, payload, 0, payload.length))
    throw new Error('group is full');
}

/** Reads one batch; the payloads are texts. */
export function readTexts(
  reader: SpoolReader,
  maxRecords = 1000,
): { texts: string[]; batch: SpoolBatch | undefined } {
  const texts: string[] = [];
  const batch = reader.readBatch(maxRecords, (_kind, _version, payload, start, end) => {
    texts.push(payload.toString('utf8', start, end));
    return true;
  });
  return { texts, batch };
}

/** For a reader of a spool that has none. */
export function noDamage(damage: SpoolRange): void {
  throw new Error(`damage ${JSON.stringify(damage)}`);
}
