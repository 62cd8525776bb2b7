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
/** Numbers of a state, and those of a leg's session timer. */
const PLAIN_WIDTH = 26;
const SESSION_WIDTH = 7;

/** Of a writer of its own `bytes[0, length)` is the payload after `encode`, until the next one. */
export class CallStateEncoder {
  readonly #writer: MsgpackWriter;
  readonly bytes: Buffer;
  #writtenAtMs = 0;

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
    this.#writtenAtMs = state.writtenAtMs;
    writer.text(record.id);
    writer.integer(state.writtenAtMs);
    this.#time(record.startedAtMs);
    this.#time(record.ringingAtMs);
    this.#time(record.answeredAtMs);
    writer.integer(record.pddMs);
    writer.integer(record.attempts);
    this.#time(attempt.startedAtMs);
    writer.integer(attempt.pddMs);
    writer.integer(attempt.code);
    writer.integer(state.inviteCseq);
    writer.integer(state.answerCseq);
    writer.integer(state.acknowledged ? 1 : 0);
    writer.integer(state.limitMs);
    this.#time(state.proofAtMs);
    writer.integer(state.proofMs);
    this.#dialogNumbers(state.caller);
    this.#dialogNumbers(state.callee);
  }

  #time(ms: number): void {
    const before = this.#writtenAtMs - ms;
    if (ms === 0) this.#writer.integer(0);
    else if (before >= 0 && before < ABSOLUTE_TIME - 1) this.#writer.integer(before + 1);
    else this.#writer.integer(ms + ABSOLUTE_TIME);
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
    this.#time(session.refreshedAtMs);
  }
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
  ];
  if (hasSessions) texts.push(state.callerSession?.sdp ?? '', state.calleeSession?.sdp ?? '');
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
