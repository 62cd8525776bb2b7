// Turns a record into its positional msgpack array (schema.ts) in a buffer that is reused:
// the shard encodes, the ring copies, nothing is kept.
import { Packr, REUSE_BUFFER_MODE } from 'msgpackr';
import type { Cdr, CdrAttempt } from './schema.ts';
import { attemptColumns, cdrColumns } from './schema.ts';

/** Texts are cut to this many characters, so that no peer can make a record of any size. */
export const MAX_TEXT_CHARS = 255;
/** Holds the longest record: every text at its limit, three UTF-8 bytes a character. */
const BUFFER_BYTES = 65_536;

function text(value: string): string {
  return value.length <= MAX_TEXT_CHARS ? value : value.slice(0, MAX_TEXT_CHARS);
}

/** After each call, `bytes[0, length)` is the payload, valid until the next call. */
export class RecordEncoder {
  readonly bytes = Buffer.alloc(BUFFER_BYTES);
  length = 0;
  readonly #packr = new Packr({ useRecords: false });
  readonly #cdr: (string | number)[] = cdrColumns.map(() => 0);
  readonly #attempt: (string | number)[] = attemptColumns.map(() => 0);

  cdr(record: Cdr): void {
    const row = this.#cdr;
    row[0] = text(record.id);
    row[1] = text(record.node);
    row[2] = record.startedAtMs;
    row[3] = record.ringingAtMs;
    row[4] = record.answeredAtMs;
    row[5] = record.endedAtMs;
    row[6] = record.durationMs;
    row[7] = record.pddMs;
    row[8] = text(record.mappingGateway);
    row[9] = text(record.account);
    row[10] = text(record.routingGateway);
    row[11] = text(record.clearingAccount);
    row[12] = text(record.callerIn);
    row[13] = text(record.calleeIn);
    row[14] = text(record.callerOut);
    row[15] = text(record.calleeOut);
    row[16] = text(record.sourceIp);
    row[17] = text(record.destinationIp);
    row[18] = record.endCode;
    row[19] = text(record.endReason);
    row[20] = record.endSide;
    row[21] = text(record.callIdIn);
    row[22] = text(record.callIdOut);
    row[23] = text(record.codec);
    row[24] = record.attempts;
    row[25] = record.customerFee;
    row[26] = record.vendorFee;
    row[27] = record.billedMs;
    row[28] = text(record.area);
    row[29] = text(record.ratePrefix);
    row[30] = text(record.vendorArea);
    row[31] = text(record.vendorRatePrefix);
    row[32] = text(record.callLevel);
    row[33] = record.tax;
    row[34] = text(record.phone);
    row[35] = text(record.agentAccount);
    row[36] = record.agentFee;
    row[37] = record.endEvidence;
    this.#pack(row);
  }

  attempt(record: CdrAttempt): void {
    const row = this.#attempt;
    row[0] = text(record.id);
    row[1] = text(record.node);
    row[2] = record.attempt;
    row[3] = record.startedAtMs;
    row[4] = record.endedAtMs;
    row[5] = text(record.routingGateway);
    row[6] = text(record.destinationIp);
    row[7] = text(record.prefix);
    row[8] = record.code;
    row[9] = text(record.reason);
    row[10] = record.pddMs;
    this.#pack(row);
  }

  #pack(row: readonly (string | number)[]): void {
    // Back to the start of our own buffer each time: msgpackr then allocates nothing.
    this.#packr.useBuffer(this.bytes);
    const packed = this.#packr.pack(row, REUSE_BUFFER_MODE) as Buffer & { end: number };
    this.length = packed.end;
  }
}
