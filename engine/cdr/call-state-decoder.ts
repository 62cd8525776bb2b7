// Turns the payload of a START or ALIVE record back into a call's state, checked element by
// element: what passes here, engine/call/restore-call.ts can make a call of.
import { Unpackr } from 'msgpackr';
import type { CallState, DialogState, SessionState } from './call-state.ts';
import { ABSOLUTE_TIME, SAME_TEXT, TEXT_SEPARATOR } from './call-state-encoder.ts';
import type { Cdr } from './schema.ts';

/** Elements of the array without and with session timers; texts without those of the routes. */
const PLAIN_WIDTH = 26;
const SESSION_WIDTH = 7;
const FULL_WIDTH = PLAIN_WIDTH + 2 * SESSION_WIDTH;
const RECORD_TEXTS = 21;
const DIALOG_TEXTS = 8;
/** Up to this version times were absolute, and four fees stood at these places, in this order. */
const VERBOSE_VERSION = 2;
const FEES = [13, 13, 18, 20];
/** Numbers that are times, but for those of the sessions. */
const TIMES = [1, 2, 3, 6, 13];
const REFRESHED_AT = [31, 38];
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const unpackr = new Unpackr({ useRecords: false });

/**
 * @param version of the layout: STATE_VERSION or an older one
 * @returns undefined when the payload is not a state of that version.
 */
export function decodeCallState(
  payload: Buffer,
  node: string,
  version: number,
): CallState | undefined {
  let parts: unknown;
  try {
    parts = unpackr.unpackMultiple(payload);
  } catch {
    return undefined;
  }
  const [values, joined] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if (!Array.isArray(values)) return undefined;
  if (values.length !== PLAIN_WIDTH && values.length !== FULL_WIDTH) return undefined;
  const [id, ...numbers] = values as [unknown, ...number[]];
  if (typeof id !== 'string' || !UUID.test(id) || typeof joined !== 'string') return undefined;
  if (!numbers.every((value) => Number.isInteger(value) && value >= -1)) return undefined;
  const texts = joined.split(TEXT_SEPARATOR);
  if (version <= VERBOSE_VERSION) for (const at of FEES) texts.splice(at, 1);
  else if (!resolveTimes(numbers)) return undefined;
  const routes = numbers[19]! + numbers[24]!;
  const sessions = values.length === FULL_WIDTH ? 2 : 0;
  if (texts.length !== RECORD_TEXTS + 2 * DIALOG_TEXTS + routes + sessions) return undefined;
  return stateOf(id, node, texts, numbers);
}

/** Puts the times in place of what stands for them; false when one is before all time. */
function resolveTimes(numbers: number[]): boolean {
  const writtenAtMs = numbers[0]!;
  for (const at of [...TIMES, ...REFRESHED_AT]) {
    const value = numbers[at];
    if (value === undefined || value <= 0) continue;
    const timeMs = value < ABSOLUTE_TIME ? writtenAtMs - (value - 1) : value - ABSOLUTE_TIME;
    if (timeMs < 0) return false;
    numbers[at] = timeMs;
  }
  return true;
}

/** A text that may stand for another one. */
function textOr(text: string, other: string): string {
  return text === SAME_TEXT ? other : text;
}

function stateOf(id: string, node: string, texts: string[], numbers: number[]): CallState {
  const record = recordOf(id, node, texts, numbers);
  const callerEnd = RECORD_TEXTS + DIALOG_TEXTS + numbers[19]!;
  const callerTexts = texts.slice(RECORD_TEXTS, callerEnd);
  const calleeEnd = callerEnd + DIALOG_TEXTS + numbers[24]!;
  const calleeTexts = texts.slice(callerEnd, calleeEnd);
  return {
    writtenAtMs: numbers[0]!,
    record,
    attempt: {
      id,
      node,
      attempt: record.attempts,
      startedAtMs: numbers[6]!,
      endedAtMs: 0,
      routingGateway: record.routingGateway,
      destinationIp: record.destinationIp,
      prefix: texts[RECORD_TEXTS - 1]!,
      code: numbers[8]!,
      reason: 'OK',
      pddMs: numbers[7]!,
    },
    caller: dialogOf(record.callIdIn, record.sourceIp, callerTexts, numbers.slice(15, 20)),
    callee: dialogOf(record.callIdOut, record.destinationIp, calleeTexts, numbers.slice(20, 25)),
    callerListen: callerTexts[6]!,
    calleeListen: textOr(calleeTexts[6]!, callerTexts[6]!),
    inviteCseq: numbers[9]!,
    answerCseq: numbers[10]!,
    acknowledged: numbers[11] === 1,
    callerSession: sessionOf(texts[calleeEnd], numbers.slice(25, 32)),
    calleeSession: sessionOf(texts[calleeEnd + 1], numbers.slice(32)),
    limitMs: numbers[12]!,
    proofAtMs: numbers[13]!,
    proofMs: numbers[14]!,
  };
}

function recordOf(id: string, node: string, texts: string[], numbers: number[]): Cdr {
  const text = (at: number): string => texts[at]!;
  return {
    id,
    node,
    startedAtMs: numbers[1]!,
    ringingAtMs: numbers[2]!,
    answeredAtMs: numbers[3]!,
    endedAtMs: 0,
    durationMs: 0,
    pddMs: numbers[4]!,
    mappingGateway: text(0),
    account: text(1),
    routingGateway: text(2),
    clearingAccount: text(3),
    callerIn: text(4),
    calleeIn: text(5),
    callerOut: textOr(text(6), text(4)),
    calleeOut: textOr(text(7), text(5)),
    sourceIp: text(8),
    destinationIp: text(9),
    endCode: 0,
    endReason: '',
    endSide: 'server',
    callIdIn: text(10),
    callIdOut: text(11),
    codec: text(12),
    attempts: numbers[5]!,
    customerFee: '0',
    vendorFee: '0',
    billedMs: 0,
    area: text(13),
    ratePrefix: text(14),
    vendorArea: text(15),
    vendorRatePrefix: text(16),
    callLevel: text(17),
    tax: '0',
    phone: text(18),
    agentAccount: text(19),
    agentFee: '0',
    endEvidence: 'assumed',
  };
}

function dialogOf(
  callId: string,
  recordIp: string,
  texts: string[],
  numbers: number[],
): DialogState {
  const ip = textOr(texts[7]!, recordIp);
  return {
    callId,
    localTag: texts[0]!,
    remoteTag: texts[1]!,
    localCseq: numbers[0]!,
    remoteCseq: numbers[1]!,
    inviteCseq: numbers[2]!,
    localName: texts[2]!,
    remoteAddress: texts[3]!,
    contact: texts[4]!,
    remoteTarget: texts[5]!,
    routeSet: texts.slice(DIALOG_TEXTS),
    source: { family: ip.includes(':') ? 6 : 4, ip, port: numbers[3]! },
  };
}

/** Null for a leg without session timer, and in states without any. */
function sessionOf(sdp: string | undefined, numbers: number[]): SessionState | null {
  if (sdp === undefined || numbers.length !== SESSION_WIDTH || numbers[0]! < 0) return null;
  return {
    intervalS: numbers[0]!,
    weRefresh: numbers[1] === 1,
    minSeS: numbers[2]!,
    segments: Math.max(1, numbers[3]!),
    earlyHangupS: numbers[4]!,
    takesUpdate: numbers[5] === 1,
    sdp,
    refreshedAtMs: numbers[6]!,
  };
}
