// Turns a call's state into the payload of a START or ALIVE record, two msgpack values in a row:
//
//   [id, written at, numbers …]   all texts, separated by U+001F
//
// A leg's session timer adds numbers and one text at the end, for both legs or for neither.
// Neither a SIP header nor a name has U+001F; a peer that sends it spoils the record of its own
// call only, which the decoder notices.
import type { CallState, DialogState, SessionState } from './call-state.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

/** Between two texts. */
export const TEXT_SEPARATOR = '\u001f';
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
    writer.longText(textsOf(state, hasSessions).join(TEXT_SEPARATOR));
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
}

/**
 * The Call-IDs of the dialogs are the record's. All texts go into the buffer by one join and one
 * native write: 0.7 us instead of the 1.1 of a loop over 500 characters, and 900 bytes of garbage.
 */
function textsOf(state: CallState, hasSessions: boolean): string[] {
  const { record, attempt, caller, callee } = state;
  const texts = [
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
    record.callIdIn,
    record.callIdOut,
    record.codec,
    record.customerFee,
    record.vendorFee,
    record.area,
    record.ratePrefix,
    record.vendorArea,
    record.vendorRatePrefix,
    record.callLevel,
    record.tax,
    record.phone,
    record.agentAccount,
    record.agentFee,
    attempt.prefix,
    caller.localTag,
    caller.remoteTag,
    caller.localName,
    caller.remoteAddress,
    caller.contact,
    caller.remoteTarget,
    state.callerListen,
    sourceAndRoutes(caller),
    callee.localTag,
    callee.remoteTag,
    callee.localName,
    callee.remoteAddress,
    callee.contact,
    callee.remoteTarget,
    state.calleeListen,
    sourceAndRoutes(callee),
  ];
  if (hasSessions) texts.push(state.callerSession?.sdp ?? '', state.calleeSession?.sdp ?? '');
  return texts;
}

/** One text while the route set is empty, as it mostly is: none is joined then. */
function sourceAndRoutes({ source, routeSet }: DialogState): string {
  return routeSet.length === 0 ? source.ip : [source.ip, ...routeSet].join(TEXT_SEPARATOR);
}
