// The record of a call from its first moment, and the record of a call that was never taken.
import type { Endpoint } from '../base/endpoint.ts';
import { C, CALL_END_CODE, countCode, observe, PDD_MS } from '../base/counter-names.ts';
import type { ShardParameterValues } from '../base/parameter-values.ts';
import { uuidv7 } from '../base/uuid.ts';
import type { Cdr, CdrAttempt } from '../cdr/schema.ts';
import { q850Cause } from '../routing/q850-cause.ts';
import { releaseCode } from '../routing/release-codes.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { InviteServer } from '../sip/transaction/invite-server.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { Target } from './attempt.ts';
import type { CallContext } from './call-context.ts';
import { callerFieldOf } from './mounted-snapshot.ts';
import { calleeNumber, callerNumber } from './number-fields.ts';
import type { Release } from './release.ts';

/** A record with what the INVITE alone tells. */
export function newRecord(
  context: CallContext,
  request: SipMessage,
  source: Endpoint,
  gateway: MappingGateway,
): Cdr {
  const caller = callerNumber(request, callerFieldOf(context, gateway, source));
  const startedAtMs = context.clock.wallMs();
  return {
    id: uuidv7(startedAtMs, context.random),
    node: context.node,
    startedAtMs,
    ringingAtMs: 0,
    answeredAtMs: 0,
    // Never read before the end, but a time from the start: were it a small integer first, each
    // record would change its shape at the end.
    endedAtMs: startedAtMs,
    durationMs: 0,
    pddMs: 0,
    mappingGateway: gateway.name,
    account: gateway.account,
    routingGateway: '',
    clearingAccount: '',
    callerIn: caller,
    calleeIn: calleeNumber(request, gateway.calleeField),
    callerOut: caller,
    calleeOut: '',
    sourceIp: source.ip,
    destinationIp: '',
    endCode: 0,
    endReason: '',
    endSide: 'server',
    callIdIn: request.slice(request.callIdStart, request.callIdEnd),
    callIdOut: '',
    codec: '',
    attempts: 0,
    customerFee: '0',
    vendorFee: '0',
    billedMs: 0,
    area: '',
    ratePrefix: '',
    vendorArea: '',
    vendorRatePrefix: '',
    callLevel: '',
    tax: '0',
    phone: gateway.phone,
    agentAccount: '',
    agentFee: '0',
    endEvidence: 'seen',
  };
}

/** The row of a gateway that is tried now. @param attempt 1 for the first of the call */
export function newAttemptRecord(
  context: CallContext,
  id: string,
  attempt: number,
  { gateway, peer, prefix }: Target,
): CdrAttempt {
  const startedAtMs = context.clock.wallMs();
  return {
    id,
    node: context.node,
    attempt,
    startedAtMs,
    endedAtMs: startedAtMs,
    routingGateway: gateway.name,
    destinationIp: peer.ip,
    prefix,
    code: 0,
    reason: '',
    pddMs: 0,
  };
}

/** The callee's first sign has come. @param startedMono when the call began */
export function setPdd({ clock, counters }: CallContext, record: Cdr, startedMono: number): void {
  const elapsed = clock.monoMs() - startedMono;
  record.pddMs = Math.max(1, Math.round(elapsed));
  observe(counters, PDD_MS, elapsed);
}

/**
 * Hands an ended call's record over; that of a withheld number only ends the call on record.
 * @param answered the attempt that was answered; null when none was
 */
export function writeCdr(context: CallContext, record: Cdr, answered: CdrAttempt | null): void {
  const { counters, sink } = context;
  countCode(counters, CALL_END_CODE, record.endCode);
  const withheld = isWithheld(context, record);
  if (withheld) counters.add(C.recordsWithheld, 1);
  counters.add(sink.cdr(record, answered, withheld) ? C.recordsWritten : C.recordsDropped, 1);
}

/** Hands over the row of a gateway that was tried in vain for the call of `record`. */
export function writeAttempt(context: CallContext, record: Cdr, attempt: CdrAttempt): void {
  if (isWithheld(context, record)) return;
  const written = context.sink.attempt(attempt);
  context.counters.add(written ? C.recordsWritten : C.recordsDropped, 1);
}

/** SERVER_BILLING_NO_CDR_E164S: either number as received, a leading "+" apart. */
function isWithheld({ withheldNumbers }: CallContext, record: Cdr): boolean {
  if (withheldNumbers.size === 0) return false;
  const { callerIn, calleeIn } = record;
  return withheldNumbers.has(withoutPlus(callerIn)) || withheldNumbers.has(withoutPlus(calleeIn));
}

/** SERVER_BILLING_NO_CDR_E164S as calls are looked up by. */
export function withheldNumbers(parameters: ShardParameterValues): ReadonlySet<string> {
  return new Set(parameters.SERVER_BILLING_NO_CDR_E164S.map(withoutPlus));
}

function withoutPlus(number: string): string {
  return number.startsWith('+') ? number.slice(1) : number;
}

/**
 * Refuses a call of a known gateway before it became one: no vendor was tried, no place is held.
 */
export function refuseCall(
  context: CallContext,
  gateway: MappingGateway,
  server: InviteServer,
  record: Cdr,
  refusal: Release,
): void {
  const code = releaseCode(refusal.code, gateway.releaseCodes);
  const headers = `Reason: Q.850;cause=${q850Cause(code)}\r\n${refusal.headers}`;
  const tag = `r${record.id.slice(-12)}`;
  server.respond(code, '', tag, headers + NO_BODY);
  record.endCode = code;
  record.endReason = refusal.reason;
  record.endedAtMs = context.clock.wallMs();
  context.counters.add(C.callsStarted, 1);
  context.counters.add(C.callsFailed, 1);
  context.counters.add(C.callsEnded, 1);
  writeCdr(context, record, null);
}
