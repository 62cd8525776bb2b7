// The calls of a trace in a line each: who called whom, through which gateways, how it went.
import { HeaderId } from '../sip/message/header-names.ts';
import { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import { ParseResult } from '../sip/message/parse-result.ts';
import { CALLER_LEG, Direction, NO_LEG, type StoredRecord } from './trace-record.ts';

export interface CallSummary {
  /** Our call id; of a call traced by address alone, its Call-ID. */
  readonly name: string;
  readonly startUs: number;
  readonly from: string;
  readonly to: string;
  /** The customer's, then the vendors' in the order tried. */
  readonly gateways: readonly string[];
  readonly messages: number;
  /** Final code of its INVITE; `-` when none was seen. */
  readonly outcome: string;
}

const message = new SipMessage();
const USER = /sips?:([^@>;]+)@/i;

/** @param records in the order of their times; those of no dialog are left out */
export function tracedCalls(records: readonly StoredRecord[]): CallSummary[] {
  const callOf = new Map<string, string>();
  for (const { call, callId } of records) if (call !== '') callOf.set(callId, call);
  const groups = new Map<string, StoredRecord[]>();
  for (const record of records) {
    const name = callOf.get(record.callId) ?? record.callId;
    const group = groups.get(name);
    if (group !== undefined) group.push(record);
    else if (isInvite(record) || callOf.has(record.callId)) groups.set(name, [record]);
  }
  return [...groups].map(([name, group]) => summary(name, group));
}

function isInvite({ message: bytes }: StoredRecord): boolean {
  const result = message.parse(bytes, 0, bytes.length);
  return result === ParseResult.Ok && message.isRequest && message.method === Method.Invite;
}

function summary(name: string, records: readonly StoredRecord[]): CallSummary {
  const first = records[0]!;
  message.parse(first.message, 0, first.message.length);
  const user = (id: HeaderId): string => {
    const index = message.first(id);
    return (index < 0 ? undefined : USER.exec(message.text(index))?.[1]) ?? '-';
  };
  const [from, to] = [user(HeaderId.From), user(HeaderId.To)];
  const gateways = [...new Set(records.map(({ gateway }) => gateway))].filter((g) => g !== '');
  const outcome = outcomeOf(records);
  return { name, startUs: first.timeUs, from, to, gateways, messages: records.length, outcome };
}

/** What the caller was told in the end, or whoever else an INVITE came from. */
function outcomeOf(records: readonly StoredRecord[]): string {
  let outcome = '-';
  for (const { message: bytes, leg, direction } of records) {
    message.parse(bytes, 0, bytes.length);
    const final = message.status >= 200 && message.method === Method.Invite;
    const toCaller = (leg === CALLER_LEG || leg === NO_LEG) && direction === Direction.Out;
    if (final && toCaller && outcome === '-') outcome = String(message.status);
  }
  return outcome;
}
