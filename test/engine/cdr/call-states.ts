// States of answered calls for the tests: complete, with what a test cares about on top.
import { CallStateEncoder } from '../../../engine/cdr/call-state-encoder.ts';
import {
  STATE_VERSION,
  type CallState,
  type DialogState,
  type SessionState,
} from '../../../engine/cdr/call-state.ts';
import { KIND_CDR, KIND_START, SCHEMA_VERSION } from '../../../engine/cdr/schema.ts';
import { RecordEncoder } from '../../../engine/cdr/record-encoder.ts';
import type { SpoolWriter } from '../../../engine/cdr/spool-writer.ts';
import { appendRecord, DAY_MS, NODE, sampleAttempt, sampleCdr } from './records.ts';

/** A call that talks; every value differs from its neighbours. */
export function sampleState(n: number): CallState {
  const record = { ...sampleCdr(n), endedAtMs: 0, durationMs: 0, endCode: 0, endReason: '' };
  const fees = { customerFee: '0', vendorFee: '0', tax: '0', agentFee: '0' };
  const unknown = { billedMs: 0, endSide: 'server', endEvidence: 'assumed' } as const;
  const open = { ...record, ...fees, ...unknown };
  const { routingGateway, destinationIp, attempts, callIdIn, callIdOut } = open;
  return {
    writtenAtMs: DAY_MS + n,
    record: open,
    attempt: {
      ...sampleAttempt(n),
      id: open.id,
      node: NODE,
      attempt: attempts,
      routingGateway,
      destinationIp,
      endedAtMs: 0,
      code: 200,
      reason: 'OK',
    },
    caller: dialogState(n, callIdIn, 'caller', ['<sip:192.0.2.50;lr>', '<sip:192.0.2.51;lr>']),
    callee: dialogState(n, callIdOut, 'callee', []),
    callerListen: '192.0.2.1:5060',
    calleeListen: '[2001:db8::1]:5060',
    inviteCseq: 101,
    answerCseq: 2,
    acknowledged: n % 2 === 0,
    // None, the caller's, the callee's, both.
    callerSession: n % 2 === 1 ? sessionState(n, 'v=0\r\n') : null,
    calleeSession: n % 4 > 1 ? sessionState(n + 1, '') : null,
    limitMs: 7_200_000,
    proofAtMs: DAY_MS + n + 60_000,
    proofMs: 55_000,
  };
}

function sessionState(n: number, sdp: string): SessionState {
  return {
    intervalS: 600 + (n % 7),
    weRefresh: sdp === '',
    minSeS: 90,
    segments: 3,
    earlyHangupS: 32,
    takesUpdate: sdp === '',
    sdp,
    refreshedAtMs: DAY_MS + n + 1,
  };
}

function dialogState(
  n: number,
  callId: string,
  side: string,
  routeSet: readonly string[],
): DialogState {
  const slot = (2 * n + (side === 'caller' ? 0 : 1)).toString(16).padStart(6, '0');
  return {
    callId,
    localTag: `00${slot}89abcdef`,
    remoteTag: `${side}-tag-${n}`,
    localCseq: 3,
    remoteCseq: side === 'caller' ? 104 : -1,
    inviteCseq: 5,
    localName: `"Ünlü" <sip:4420${n}@192.0.2.1>`,
    remoteAddress: `<sip:${side}@example.com>;tag=${side}-tag-${n}`,
    contact: `<sip:4420${n}@192.0.2.1:5060>`,
    remoteTarget: `sip:${side}@example.com:5070;transport=udp`,
    routeSet,
    source:
      side === 'caller'
        ? { family: 4, ip: '198.51.100.7', port: 5071 }
        : { family: 6, ip: '2001:db8::7', port: 5072 },
  };
}

const states = new CallStateEncoder();
const records = new RecordEncoder();

/** Adds a state to the group of a spool. */
export function appendState(
  writer: SpoolWriter,
  state: CallState,
  kind = KIND_START,
  version = STATE_VERSION,
): void {
  if (!states.encode(state)) throw new Error('the state is too large');
  append(writer, kind, version, states);
}

/** Adds the CDR of a call to the group of a spool. */
export function appendCdr(writer: SpoolWriter, state: CallState): void {
  records.cdr(state.record);
  append(writer, KIND_CDR, SCHEMA_VERSION, records);
}

function append(
  writer: SpoolWriter,
  kind: number,
  version: number,
  { bytes, length }: { bytes: Buffer; length: number },
): void {
  const payload = bytes.subarray(0, length);
  if (appendRecord(writer, kind, version, payload, 0, length)) return;
  if (!writer.commit() || !appendRecord(writer, kind, version, payload, 0, length)) {
    throw new Error('the spool cannot be written');
  }
}
