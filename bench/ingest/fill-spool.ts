// A spool of answered and failed calls as a busy edge writes it: the CDR of each call, with the
// attempt that was answered or behind the one that failed. The same calls for the same number.
import { seededRandom } from '../../engine/base/random.ts';
import type { Random } from '../../engine/base/random.ts';
import { systemClock } from '../../engine/base/clock.ts';
import { uuidv7 } from '../../engine/base/uuid.ts';
import { FrameBlock } from '../../engine/cdr/frame-block.ts';
import { RecordEncoder } from '../../engine/cdr/record-encoder.ts';
import type { Cdr, CdrAttempt } from '../../engine/cdr/schema.ts';
import { KIND_ATTEMPT, KIND_CDR, SCHEMA_VERSION } from '../../engine/cdr/schema.ts';
import { SpoolWriter } from '../../engine/cdr/spool-writer.ts';

const NODE = 'edge-1';
const STARTED_AT_MS = Date.UTC(2026, 10, 23, 8);
/** Calls begin this much apart: 1,000 a second. */
const CALL_EVERY_MS = 1;
const GROUP_CALLS = 50;

/** Writes the records of `calls` calls: one attempt and one CDR each. */
export function fillSpool(directory: string, calls: number): void {
  const random = seededRandom(1);
  const block = new FrameBlock();
  const encoder = new RecordEncoder(block.writer);
  const writer = new SpoolWriter({ directory, node: NODE, sequence: 1, clock: systemClock });
  const commit = (): void => {
    block.seal();
    const fits = writer.append(block.records, block.bytes, 0, block.length);
    if (!fits || !writer.commit()) throw new Error('the spool is full');
    block.clear();
  };
  for (let n = 0; n < calls; n++) {
    const { cdr, attempt } = sampleCall(n, random);
    const isAnswered = cdr.answeredAtMs > 0;
    if (!isAnswered) {
      encoder.attempt(attempt);
      block.add(KIND_ATTEMPT, SCHEMA_VERSION);
    }
    encoder.cdr(cdr, isAnswered ? attempt : null);
    block.add(KIND_CDR, SCHEMA_VERSION);
    if (n % GROUP_CALLS === 0) commit();
  }
  commit();
  if (!writer.close()) throw new Error('the spool is full');
}

function digits(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += String(random.u32() % 10);
  return text;
}

function sampleCall(n: number, random: Random): { cdr: Cdr; attempt: CdrAttempt } {
  const startedAtMs = STARTED_AT_MS + n * CALL_EVERY_MS;
  const id = uuidv7(startedAtMs, random);
  const answered = n % 5 < 3;
  const pddMs = 800 + (random.u32() % 3000);
  const talkMs = answered ? 5000 + (random.u32() % 300_000) : 0;
  const callee = `44${digits(random, 10)}`;
  const caller = `1${digits(random, 10)}`;
  const customer = `customer-${n % 23}`;
  const vendor = `vendor-${random.u32() % 17}`;
  const destinationIp = `198.51.100.${n % 40}`;
  const endedAtMs = startedAtMs + pddMs + 4000 + talkMs;
  const cdr: Cdr = {
    ...{ id, node: NODE, startedAtMs, ringingAtMs: startedAtMs + pddMs, endedAtMs, pddMs },
    answeredAtMs: answered ? startedAtMs + pddMs + 4000 : 0,
    durationMs: talkMs,
    ...{ mappingGateway: `${customer}-gw`, account: customer },
    ...{ routingGateway: `${vendor}-gw`, clearingAccount: vendor },
    ...{ callerIn: `+${caller}`, calleeIn: `00${callee}`, callerOut: caller, calleeOut: callee },
    ...{ sourceIp: `192.0.2.${n % 60}`, destinationIp },
    ...{ endCode: answered ? 200 : 486, endReason: answered ? 'Normal call clearing' : 'Busy' },
    endSide: n % 2 === 0 ? 'caller' : 'callee',
    callIdIn: `${digits(random, 18)}@192.0.2.${n % 60}`,
    callIdOut: `tdm00-${random.u32().toString(16).padStart(8, '0')}${digits(random, 8)}`,
    ...{ codec: answered ? 'PCMA' : '', attempts: 1 },
    ...{ customerFee: answered ? '0.024' : '0', vendorFee: answered ? '0.0168' : '0' },
    billedMs: Math.ceil(talkMs / 60_000) * 60_000,
    ...{ area: 'United Kingdom', ratePrefix: '44', vendorArea: 'UK', vendorRatePrefix: '441' },
    ...{ callLevel: 'international', tax: '0', phone: '', agentAccount: '', agentFee: '0' },
    endEvidence: 'seen',
  };
  const attempt: CdrAttempt = {
    ...{ id, node: NODE, attempt: 1, startedAtMs: startedAtMs + 1, endedAtMs, destinationIp },
    ...{ routingGateway: cdr.routingGateway, prefix: '44', code: cdr.endCode },
    ...{ reason: answered ? 'OK' : 'Busy Here', pddMs },
  };
  return { cdr, attempt };
}
