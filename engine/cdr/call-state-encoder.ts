// Turns a call's state into the payload of a START or ALIVE record, two msgpack values in a row:
//
//   [id, written at, numbers …]   all texts, separated by U+001F; U+001E for one that comes twice
//
// A leg's session timer adds numbers and one text at the end, for both legs or for neither. Neither
// a SIP header nor a name has those; a peer that sends them spoils its own call's record only.
import type { CallState, DialogState, SessionState } from './call-state.ts';
import { MsgpackWriter } from './msgpack-writer.ts';

/** Between two texts. */
export const TEXT_SEPARATOR = '\u001f';
/** In place of a text that the record has elsewhere. */
export const SAME_TEXT = '\u001e';
/**
 * A time stands as the milliseconds from it to `written at`, plus 1; 0 is never. One that lies
 * behind (a clock was set back), or longer before than this, stands as its sum with this.
 */
export const ABSOLUTE_TIME = 2 ** 43;
/** A larger state is not kept: it is what the recorder sets aside for a record (recorder.ts). */
const MAX_STATE_BYTES = 16_384;
const BUFFER_BYTES = 32_768;
/** A UUID. */
const ID_CHARS = 36;
/** Numbers of a leg's session timer. */
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
    const numbers = numbersOf(state);
    writer.clear();
    writer.array(numbers.length + (hasSessions ? 2 * SESSION_WIDTH : 0));
    writer.add(numbers, ID_CHARS);
    if (hasSessions) {
      this.#session(state.callerSession, state.writtenAtMs);
      this.#session(state.calleeSession, state.writtenAtMs);
    }
    writer.longText(textsOf(state, hasSessions).join(TEXT_SEPARATOR));
    return writer.length - writer.start <= MAX_STATE_BYTES;
  }

  /**
   * Of a leg without session timer all are -1. No arrays: V8 has other ones for numbers alone, and
   * `add` would be slow for all records when it meets both.
   */
  #session(session: SessionState | null, writtenAtMs: number): void {
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
    writer.integer(timeBefore(writtenAtMs, session.refreshedAtMs));
  }
}

/** The call's id, then numbers. */
function numbersOf(state: CallState): readonly (string | number)[] {
  const { record, attempt, caller, callee, writtenAtMs } = state;
  return [
    record.id,
    writtenAtMs,
    timeBefore(writtenAtMs, record.startedAtMs),
    timeBefore(writtenAtMs, record.ringingAtMs),
    timeBefore(writtenAtMs, record.answeredAtMs),
    record.pddMs,
    record.attempts,
    timeBefore(writtenAtMs, attempt.startedAtMs),
    attempt.pddMs,
    attempt.code,
    state.inviteCseq,
    state.answerCseq,
    state.acknowledged ? 1 : 0,
    state.limitMs,
    timeBefore(writtenAtMs, state.proofAtMs),
    state.proofMs,
    caller.localCseq,
    caller.remoteCseq,
    caller.inviteCseq,
    caller.source.port,
    caller.routeSet.length,
    callee.localCseq,
    callee.remoteCseq,
    callee.inviteCseq,
    callee.source.port,
    callee.routeSet.length,
  ];
}

/** How a time stands in the record; see ABSOLUTE_TIME. */
function timeBefore(writtenAtMs: number, ms: number): number {
  const before = writtenAtMs - ms;
  if (ms === 0) return 0;
  return before >= 0 && before < ABSOLUTE_TIME - 1 ? before + 1 : ms + ABSOLUTE_TIME;
}

/**
 * The Call-IDs of the dialogs are the record's. All texts go into the buffer by one join and one
 * native write: a loop over their characters takes half as long again, but leaves no garbage.
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
    sameOr(record.callerOut, record.callerIn),
    sameOr(record.calleeOut, record.calleeIn),
    record.sourceIp,
    record.destinationIp,
    record.callIdIn,
    record.callIdOut,
    record.codec,
    record.area,
    record.ratePrefix,
    record.vendorArea,
    record.vendorRatePrefix,
    record.callLevel,
    record.phone,
    record.agentAccount,
    attempt.prefix,
    caller.localTag,
    caller.remoteTag,
    caller.localName,
    caller.remoteAddress,
    caller.contact,
    caller.remoteTarget,
    state.callerListen,
    sourceAndRoutes(caller, record.sourceIp),
    callee.localTag,
    callee.remoteTag,
    callee.localName,
    callee.remoteAddress,
    callee.contact,
    callee.remoteTarget,
    sameOr(state.calleeListen, state.callerListen),
    sourceAndRoutes(callee, record.destinationIp),
    // Most calls have a session timer: adding these two afterwards would move all the others.
    state.callerSession?.sdp ?? '',
    state.calleeSession?.sdp ?? '',
  ];
  if (!hasSessions) texts.length -= 2;
  return texts;
}

function sameOr(text: string, other: string): string {
  return text === other ? SAME_TEXT : text;
}

/** One text while the route set is empty, as it mostly is: none is joined then. */
function sourceAndRoutes({ source, routeSet }: DialogState, knownIp: string): string {
  const ip = sameOr(source.ip, knownIp);
  return routeSet.length === 0 ? ip : [ip, ...routeSet].join(TEXT_SEPARATOR);
}
