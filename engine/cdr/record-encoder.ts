// Turns a record into its positional msgpack array (schema.ts) in a buffer that is reused:
// the shard encodes into its block (frame-block.ts), nothing is kept.
import { MsgpackWriter } from './msgpack-writer.ts';
import type { Cdr, CdrAttempt } from './schema.ts';

/** Texts are cut to this many characters, so that no peer can make a record of any size. */
export const MAX_TEXT_CHARS = 255;
/** Holds the longest record: every text at its limit, three UTF-8 bytes a character. */
const BUFFER_BYTES = 65_536;

/** Of a writer of its own `bytes[0, length)` is the payload after each call, until the next. */
export class RecordEncoder {
  readonly #writer: MsgpackWriter;
  readonly bytes: Buffer;

  constructor(writer = new MsgpackWriter(BUFFER_BYTES)) {
    this.#writer = writer;
    this.bytes = writer.bytes;
  }

  get length(): number {
    return this.#writer.length;
  }

  /** @param answered the attempt that was answered: its record is part of this one */
  cdr(record: Cdr, answered: CdrAttempt | null = null): void {
    const isAnswered = answered !== null;
    this.#writer.clear();
    this.#writer.values(
      [
        record.id,
        record.node,
        record.startedAtMs,
        record.ringingAtMs,
        record.answeredAtMs,
        record.endedAtMs,
        record.durationMs,
        record.pddMs,
        record.mappingGateway,
        record.account,
        record.routingGateway,
        record.clearingAccount,
        record.callerIn,
        record.calleeIn,
        record.callerOut,
        record.calleeOut,
        record.sourceIp,
        record.destinationIp,
        record.endCode,
        record.endReason,
        record.endSide,
        record.callIdIn,
        record.callIdOut,
        record.codec,
        record.attempts,
        record.customerFee,
        record.vendorFee,
        record.billedMs,
        record.area,
        record.ratePrefix,
        record.vendorArea,
        record.vendorRatePrefix,
        record.callLevel,
        record.tax,
        record.phone,
        record.agentAccount,
        record.agentFee,
        record.endEvidence,
        isAnswered ? answered.startedAtMs : 0,
        isAnswered ? answered.prefix : '',
        isAnswered ? answered.code : 0,
        isAnswered ? answered.reason : '',
        isAnswered ? answered.pddMs : 0,
      ],
      MAX_TEXT_CHARS,
    );
  }

  attempt(record: CdrAttempt): void {
    this.#writer.clear();
    this.#writer.values(
      [
        record.id,
        record.node,
        record.attempt,
        record.startedAtMs,
        record.endedAtMs,
        record.routingGateway,
        record.destinationIp,
        record.prefix,
        record.code,
        record.reason,
        record.pddMs,
      ],
      MAX_TEXT_CHARS,
    );
  }
}
