// Turns a call's state into the payload of a START or ALIVE record, two msgpack values in a row:
//
//   [id, written at, numbers …]   all texts, separated by U+001F
//
// A leg's session timer adds numbers and one text at the end, for both legs or for neither.
// Neither a SIP header nor a name has U+001F; a peer that sends it spoils the record of its own
// call only, which the decoder notices.
import type { CallState, DialogState, SessionState } from './call-state.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

const UNIT_SEPARATOR = 0x1f;
/** Between two texts. */
export const TEXT_SEPARATOR = String.fromCharCode(UNIT_SEPARATOR);
/** A larger state is not kept: it is what the recorder sets aside for a record (recorder.ts). */
const MAX_STATE_BYTES = 16_384;
const BUFFER_BYTES = 32_768;
/** Numbers of a state, and those of a leg's session timer. */
const PLAIN_WIDTH = 26;
const SESSION_WIDTH = 7;

/** Of a writer of its own `bytes[0, length)` is the payload after `encode`, until the next one. */
export class CallStateEncoder {
  readonly #writer: MsgpackWriter;
  readonly bytes: Buffer;

  constructor(writer = new MsgpackWriter(BUFFER_BYTES)) {
    this.#writer = writer;
    this.bytes = writer.bytes;
  }

  get length(): number {
    return this.#writer.length;
  }

  /** False when the state is too large to be kept. */
  encode(state: CallState): boolean {
    const writer = this.#writer;
    const hasSessions = state.callerSession !== null || state.calleeSession !== null;
    writer.clear();
    writer.array(hasSessions ? PLAIN_WIDTH + 2 * SESSION_WIDTH : PLAIN_WIDTH);
    this.#numbers(state);
    if (hasSessions) {
      this.#session(state.callerSession);
      this.#session(state.calleeSession);
    }
    writer.beginText();
    this.#recordTexts(state);
    this.#dialogTexts(state.caller, state.callerListen);
    this.#dialogTexts(state.callee, state.calleeListen);
    if (hasSessions) {
      this.#next(state.callerSession?.sdp ?? '');
      this.#next(state.calleeSession?.sdp ?? '');
    }
    writer.endText();
    return writer.length - writer.start <= MAX_STATE_BYTES;
  }

  #numbers(state: CallState): void {
    const writer = this.#writer;
    const { record, attempt } = state;
    writer.text(record.id);
    writer.integer(state.writtenAtMs);
    writer.integer(record.startedAtMs);
    writer.integer(record.ringingAtMs);
    writer.integer(record.answeredAtMs);
    writer.integer(record.pddMs);
    writer.integer(record.attempts);
    writer.integer(attempt.startedAtMs);
    writer.integer(attempt.pddMs);
    writer.integer(attempt.code);
    writer.integer(state.inviteCseq);
    writer.integer(state.answerCseq);
    writer.integer(state.acknowledged ? 1 : 0);
    writer.integer(state.limitMs);
    writer.integer(state.proofAtMs);
    writer.integer(state.proofMs);
    this.#dialogNumbers(state.caller);
    this.#dialogNumbers(state.callee);
  }

  #dialogNumbers(dialog: DialogState): void {
    const writer = this.#writer;
    writer.integer(dialog.localCseq);
    writer.integer(dialog.remoteCseq);
    writer.integer(dialog.inviteCseq);
    writer.integer(dialog.source.port);
    writer.integer(dialog.routeSet.length);
  }

  /** Of a leg without session timer all are -1. */
  #session(session: SessionState | null): void {
    const writer = this.#writer;
    if (session === null) {
      for (let i = 0; i < SESSION_WIDTH; i++) writer.integer(-1);
      return;
    }
    writer.integer(session.intervalS);
    writer.integer(session.weRefresh ? 1 : 0);
    writer.integer(session.minSeS);
    writer.integer(session.segments);
    writer.integer(session.earlyHangupS);
    writer.integer(session.takesUpdate ? 1 : 0);
    writer.integer(session.refreshedAtMs);
  }

  #recordTexts({ record, attempt }: CallState): void {
    this.#writer.part(record.mappingGateway);
    this.#next(record.account);
    this.#next(record.routingGateway);
    this.#next(record.clearingAccount);
    this.#next(record.callerIn);
    this.#next(record.calleeIn);
    this.#next(record.callerOut);
    this.#next(record.calleeOut);
    this.#next(record.sourceIp);
    this.#next(record.destinationIp);
    this.#next(record.callIdIn);
    this.#next(record.callIdOut);
    this.#next(record.codec);
    this.#next(record.customerFee);
    this.#next(record.vendorFee);
    this.#next(record.area);
    this.#next(record.ratePrefix);
    this.#next(record.vendorArea);
    this.#next(record.vendorRatePrefix);
    this.#next(record.callLevel);
    this.#next(record.tax);
    this.#next(record.phone);
    this.#next(record.agentAccount);
    this.#next(record.agentFee);
    this.#next(attempt.prefix);
  }

  /** The Call-ID is the record's. */
  #dialogTexts(dialog: DialogState, listen: string): void {
    this.#next(dialog.localTag);
    this.#next(dialog.remoteTag);
    this.#next(dialog.localName);
    this.#next(dialog.remoteAddress);
    this.#next(dialog.contact);
    this.#next(dialog.remoteTarget);
    this.#next(listen);
    this.#next(dialog.source.ip);
    for (const route of dialog.routeSet) this.#next(route);
  }

  #next(text: string): void {
    this.#writer.character(UNIT_SEPARATOR);
    this.#writer.part(text);
  }
}
