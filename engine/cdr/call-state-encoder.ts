// Turns a call's state into the payload of a START or ALIVE record, two msgpack values in a row:
//
//   [id, written at, numbers …]   all texts, separated by U+001F
//
// A leg's session timer adds numbers and one text at the end, for both legs or for neither.
//
// One string is packed at the cost of few, and at 1,000 calls/s each START is paid for. Neither a
// SIP header nor a name has U+001F; a peer that sends it spoils the record of its own call only,
// which the decoder notices.
import { Packr, REUSE_BUFFER_MODE } from 'msgpackr';
import type { CallState, DialogState, SessionState } from './call-state.ts';

/** Between two texts. */
export const TEXT_SEPARATOR = '\u001f';
/**
 * A state with more text is not kept, so that a record fits what the recorder sets aside for one
 * (16 KiB at two UTF-8 bytes a character).
 */
const MAX_TEXT_CHARS = 7500;
const BUFFER_BYTES = 32_768;
/** Numbers of a state without session timers. */
const PLAIN_WIDTH = 26;
/** msgpack: string, its length as 32 bits. */
const STRING_32 = 0xdb;
const STRING_HEAD_BYTES = 5;
const S = TEXT_SEPARATOR;

/** After `encode`, `bytes[0, length)` is the payload, valid until the next one. */
export class CallStateEncoder {
  readonly bytes = Buffer.alloc(BUFFER_BYTES);
  length = 0;
  readonly #packr = new Packr({ useRecords: false });
  readonly #row: (string | number)[] = [];

  /** False when the state is too large to be kept. */
  encode(state: CallState): boolean {
    const { record, attempt, caller, callee } = state;
    const texts =
      recordTexts(state) +
      dialogTexts(caller, state.callerListen) +
      dialogTexts(callee, state.calleeListen) +
      sessionTexts(state);
    if (texts.length > MAX_TEXT_CHARS || record.id.length > MAX_TEXT_CHARS) return false;
    const row = this.#row;
    row[0] = record.id;
    row[1] = state.writtenAtMs;
    row[2] = record.startedAtMs;
    row[3] = record.ringingAtMs;
    row[4] = record.answeredAtMs;
    row[5] = record.pddMs;
    row[6] = record.attempts;
    row[7] = attempt.startedAtMs;
    row[8] = attempt.pddMs;
    row[9] = attempt.code;
    row[10] = state.inviteCseq;
    row[11] = state.answerCseq;
    row[12] = state.acknowledged ? 1 : 0;
    row[13] = state.limitMs;
    row[14] = state.proofAtMs;
    row[15] = state.proofMs;
    fillDialog(row, 16, caller);
    fillDialog(row, 21, callee);
    row.length = PLAIN_WIDTH;
    if (hasSessions(state)) {
      fillSession(row, state.callerSession);
      fillSession(row, state.calleeSession);
    }
    // Back to the start of our own buffer each time: msgpackr then allocates nothing.
    this.#packr.useBuffer(this.bytes);
    const packed = this.#packr.pack(row, REUSE_BUFFER_MODE) as Buffer & { end: number };
    this.length = this.#append(packed.end, texts);
    return true;
  }

  /** Appends one text. msgpackr would take twice as long for it. @returns where it ends */
  #append(at: number, text: string): number {
    const length = this.bytes.write(text, at + STRING_HEAD_BYTES);
    this.bytes[at] = STRING_32;
    this.bytes.writeUInt32BE(length, at + 1);
    return at + STRING_HEAD_BYTES + length;
  }
}

function hasSessions({ callerSession, calleeSession }: CallState): boolean {
  return callerSession !== null || calleeSession !== null;
}

/** Of a leg without session timer all are -1. */
function fillSession(row: (string | number)[], session: SessionState | null): void {
  if (session === null) {
    row.push(-1, -1, -1, -1, -1, -1, -1);
    return;
  }
  row.push(
    session.intervalS,
    session.weRefresh ? 1 : 0,
    session.minSeS,
    session.segments,
    session.earlyHangupS,
    session.takesUpdate ? 1 : 0,
    session.refreshedAtMs,
  );
}

function sessionTexts(state: CallState): string {
  if (!hasSessions(state)) return '';
  return S + (state.callerSession?.sdp ?? '') + S + (state.calleeSession?.sdp ?? '');
}

function fillDialog(row: (string | number)[], at: number, dialog: DialogState): void {
  row[at] = dialog.localCseq;
  row[at + 1] = dialog.remoteCseq;
  row[at + 2] = dialog.inviteCseq;
  row[at + 3] = dialog.source.port;
  row[at + 4] = dialog.routeSet.length;
}

function recordTexts({ record, attempt }: CallState): string {
  const r = record;
  return (
    `${r.mappingGateway}${S}${r.account}${S}${r.routingGateway}${S}${r.clearingAccount}${S}` +
    `${r.callerIn}${S}${r.calleeIn}${S}${r.callerOut}${S}${r.calleeOut}${S}` +
    `${r.sourceIp}${S}${r.destinationIp}${S}${r.callIdIn}${S}${r.callIdOut}${S}${r.codec}${S}` +
    `${r.customerFee}${S}${r.vendorFee}${S}${r.area}${S}${r.ratePrefix}${S}` +
    `${r.vendorArea}${S}${r.vendorRatePrefix}${S}${r.callLevel}${S}${r.tax}${S}` +
    `${r.phone}${S}${r.agentAccount}${S}${r.agentFee}${S}${attempt.prefix}`
  );
}

/** The Call-ID is the record's. */
function dialogTexts(d: DialogState, listen: string): string {
  const fixed =
    `${S}${d.localTag}${S}${d.remoteTag}${S}${d.localName}${S}${d.remoteAddress}` +
    `${S}${d.contact}${S}${d.remoteTarget}${S}${listen}${S}${d.source.ip}`;
  return d.routeSet.length === 0 ? fixed : fixed + S + d.routeSet.join(S);
}
