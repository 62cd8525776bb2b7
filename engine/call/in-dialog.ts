// Requests within a call: which end it, which pass to the other side, which are answered here.
import type { Endpoint } from '../base/endpoint.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { answerLines } from './leg-sessions.ts';
import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS, unsupportedExtensions } from './passed-headers.ts';
import { RelayedInvite } from './relayed-invite.ts';
import { RelayedRequest } from './relayed-request.ts';

/** Header lines that tell what we can do (RFC 3261 11.2). */
export const CAPABILITIES =
  `Allow: ${ALLOWED_METHODS}\r\nAccept: application/sdp\r\n` +
  `Supported: ${SUPPORTED_EXTENSIONS.join(', ')}\r\n`;

/** RFC 3261 14.2: a random time of 0 to 10 s after which the peer may offer again. */
function retryAfter(context: CallContext): string {
  return `Retry-After: ${context.random.u32() % 11}\r\n`;
}

/** Extensions that a request requires and that its gateway may not use, or nobody knows here. */
function unsupportedOn(dialog: Dialog<Call>, request: SipMessage): string {
  const { sessionTimer = false, reliableProvisional = true } = dialog.owner.gatewayAt(dialog) ?? {};
  return unsupportedExtensions(request, sessionTimer, reliableProvisional);
}

/** A request other than INVITE and ACK that matches `dialog`. */
export function receiveInDialog(
  context: CallContext,
  dialog: Dialog<Call>,
  request: SipMessage,
  source: Endpoint,
  local: number,
): void {
  const server = context.transactions.serve(request, source, local);
  const refuse = (status: number, headers: string): void =>
    server.respond(status, '', '', headers + NO_BODY);
  // RFC 3261 12.2.2: an older request than one already seen is out of order.
  if (request.cseq < dialog.remoteCseq) return refuse(500, '');
  dialog.remoteCseq = request.cseq;
  followConnection(context, dialog, source, local);
  const call = dialog.owner;
  if (request.method !== Method.Bye) call.heard();
  switch (request.method) {
    case Method.Bye: {
      refuse(200, '');
      const reason = request.first(HeaderId.Reason);
      call.onBye(dialog, reason < 0 ? '' : `Reason: ${request.text(reason)}\r\n`);
      return;
    }
    case Method.Options:
      return refuse(200, CAPABILITIES);
    case Method.Refer:
      // The switch transfers no calls yet: declined, so that the phone keeps the call (RFC 3515
      // 2.4.2).
      return refuse(603, '');
    case Method.Update:
      if (call.pendingOffer !== null && request.bodyEnd > request.bodyStart) {
        const own = call.pendingOffer.from === dialog;
        return own ? refuse(500, retryAfter(context)) : refuse(491, '');
      }
      break;
    case Method.Info:
    case Method.Message:
    case Method.Notify:
    case Method.Prack:
      break;
    default:
      return refuse(405, `Allow: ${ALLOWED_METHODS}\r\n`);
  }
  const unsupported = unsupportedOn(dialog, request);
  if (unsupported !== '') return refuse(420, `Unsupported: ${unsupported}\r\n`);
  const { partner } = dialog;
  if (partner === null || call.ended) return refuse(481, '');
  const isUpdate = request.method === Method.Update;
  const session = isUpdate ? (call.sessions?.answer(dialog, request) ?? null) : null;
  if (session === 'too-small') return refuse(422, minSeLine(call));
  if (isUpdate && request.bodyEnd === request.bodyStart) {
    // It refreshes the session or the Contact of this leg; the other side has no part in that.
    if (dialog.learnTarget(request, null)) call.onStateDue();
    const lines = session === null ? '' : answerLines(session);
    refuse(200, `Contact: ${dialog.contact}\r\n${lines}`);
    call.sessions?.answered(dialog, session, '');
    return;
  }
  new RelayedRequest(dialog, partner, request, server, session).send('');
}

/**
 * Over TCP and TLS a peer whose connection broke comes back over another one, from another port:
 * requests to it go there from now on.
 */
function followConnection(
  { locals }: CallContext,
  dialog: Dialog<Call>,
  source: Endpoint,
  local: number,
): void {
  if (locals[local]!.transport === 'udp' || local !== dialog.local) return;
  if (source.ip === dialog.source.ip) dialog.moveTo(source);
}

/** What a 422 says (RFC 4028 6). */
function minSeLine(call: Call): string {
  return `Min-SE: ${call.sessionPolicy.minSeS}\r\n`;
}

/** A re-INVITE that matches `dialog` (RFC 3261 14.2). */
export function receiveReInvite(
  context: CallContext,
  dialog: Dialog<Call>,
  request: SipMessage,
  source: Endpoint,
  local: number,
): void {
  const server = context.transactions.serveInvite(request, source, local);
  const refuse = (status: number, headers: string): void =>
    server.respond(status, '', '', headers + NO_BODY);
  if (request.cseq < dialog.remoteCseq) return refuse(500, '');
  dialog.remoteCseq = request.cseq;
  followConnection(context, dialog, source, local);
  const call = dialog.owner;
  call.heard();
  const unsupported = unsupportedOn(dialog, request);
  if (unsupported !== '') return refuse(420, `Unsupported: ${unsupported}\r\n`);
  const { partner } = dialog;
  if (partner === null || call.ended) return refuse(481, '');
  const pending = call.pendingOffer;
  const own = pending === null ? dialog.side === 'caller' : pending.from === dialog;
  // The first INVITE is an offer under way until its ACK.
  if (pending !== null || !call.confirmed) {
    return own ? refuse(500, retryAfter(context)) : refuse(491, '');
  }
  const session = call.sessions?.answer(dialog, request) ?? null;
  if (session === 'too-small') return refuse(422, minSeLine(call));
  new RelayedInvite(dialog, partner, request, server, session).send('');
}
