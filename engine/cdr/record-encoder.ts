// Turns a record into its positional msgpack array (schema.ts) in a buffer that is reused:
// the shard encodes into its block (frame-block.ts), nothing is kept.
import { MsgpackWriter } from './msgpack-writer.ts';
import type { Cdr, CdrAttempt } from './schema.ts';
import { attemptColumns, cdrColumns } from './schema.ts';

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

  cdr(record: Cdr): void {
    const writer = this.#writer;
    writer.clear();
    writer.array(cdrColumns.length);
    this.#text(record.id);
    this.#text(record.node);
    writer.integer(record.startedAtMs);
    writer.integer(record.ringingAtMs);
    writer.integer(record.answeredAtMs);
    writer.integer(record.endedAtMs);
    writer.integer(record.durationMs);
    writer.integer(record.pddMs);
    this.#text(record.mappingGateway);
    this.#text(record.account);
    this.#text(record.routingGateway);
    this.#text(record.clearingAccount);
    this.#text(record.callerIn);
    this.#text(record.calleeIn);
    this.#text(record.callerOut);
    this.#text(record.calleeOut);
    this.#text(record.sourceIp);
    this.#text(record.destinationIp);
    writer.integer(record.endCode);
    this.#text(record.endReason);
    writer.text(record.endSide);
    this.#text(record.callIdIn);
    this.#text(record.callIdOut);
    this.#text(record.codec);
    writer.integer(record.attempts);
    writer.text(record.customerFee);
    writer.text(record.vendorFee);
    writer.integer(record.billedMs);
    this.#text(record.area);
    this.#text(record.ratePrefix);
    this.#text(record.vendorArea);
    this.#text(record.vendorRatePrefix);
    this.#text(record.callLevel);
    writer.text(record.tax);
    this.#text(record.phone);
    this.#text(record.agentAccount);
    writer.text(record.agentFee);
    writer.text(record.endEvidence);
  }

  attempt(record: CdrAttempt): void {
    const writer = this.#writer;
    writer.clear();
    writer.array(attemptColumns.length);
    this.#text(record.id);
    this.#text(record.node);
    writer.integer(record.attempt);
    writer.integer(record.startedAtMs);
    writer.integer(record.endedAtMs);
    this.#text(record.routingGateway);
    this.#text(record.destinationIp);
    this.#text(record.prefix);
    writer.integer(record.code);
    this.#text(record.reason);
    writer.integer(record.pddMs);
  }

  #text(value: string): void {
    this.#writer.text(value.length <= MAX_TEXT_CHARS ? value : value.slice(0, MAX_TEXT_CHARS));
  }
}
