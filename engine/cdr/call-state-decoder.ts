// Turns the payload of a START or ALIVE record back into a call's state, checked element by
// element: what passes here, engine/call/restore-call.ts can make a call of.
import { Unpackr } from 'msgpackr';
import type { CallState, DialogState, SessionState } from './call-state.ts';
import { TEXT_SEPARATOR } from './call-state-encoder.ts';
import type { Cdr } from './schema.ts';

/** Elements of the array without and with session timers; texts without those of the routes. */
const PLAIN_WIDTH = 26;
const SESSION_WIDTH = 7;
const FULL_WIDTH = PLAIN_WIDTH + 2 * SESSION_WIDTH;
const RECORD_TEXTS = 25;
const DIALOG_TEXTS = 8;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const unpackr = new Unpackr({ useRecords: false });

/** @returns undefined when the payload is not a state of STATE_VERSION or of an older one. */
export function decodeCallState(payload: Buffer, node: string): CallState | undefined {
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
  const routes = numbers[19]! + numbers[24]!;
  const sessions = values.length === FULL_WIDTH ? 2 : 0;
  if (texts.length !== RECORD_TEXTS + 2 * DIALOG_TEXTS + routes + sessions) return undefined;
  return stateOf(id, node, texts, numbers);
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
      prefix: texts[24]!,
      code: numbers[8]!,
      reason: 'OK',
      pddMs: numbers[7]!,
    },
    caller: dialogOf(record.callIdIn, callerTexts, numbers.slice(15, 20)),
    callee: dialogOf(record.callIdOut, calleeTexts, numbers.slice(20, 25)),
    callerListen: callerTexts[6]!,
    calleeListen: calleeTexts[6]!,
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
    callerOut: text(6),
    calleeOut: text(7),
    sourceIp: text(8),
    destinationIp: text(9),
    endCode: 0,
    endReason: '',
    endSide: 'server',
    callIdIn: text(10),
    callIdOut: text(11),
    codec: text(12),
    attempts: numbers[5]!,
    customerFee: text(13),
    vendorFee: text(14),
    billedMs: 0,
    area: text(15),
    ratePrefix: text(16),
    vendorArea: text(17),
    vendorRatePrefix: text(18),
    callLevel: text(19),
    tax: text(20),
    phone: text(21),
    agentAccount: text(22),
    agentFee: text(23),
    endEvidence: 'assumed',
  };
}

function dialogOf(callId: string, texts: string[], numbers: number[]): DialogState {
  const ip = texts[7]!;
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
