// The caller's side of a call: the transaction of its INVITE, and one dialog for each early dialog
// of a vendor that the caller was shown (a forking proxy would look the same to it, RFC 3261 16.7).
import type { Endpoint } from '../base/endpoint.ts';
import { flat } from '../base/latin1.ts';
import type { MappingGateway } from '../routing/snapshot.ts';
import { Dialog, recordRoutes } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { InviteServer } from '../sip/transaction/invite-server.ts';
import { UriScheme } from '../sip/message/uri.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { answerLines, type SessionAnswer } from './leg-sessions.ts';
import type { LocalAddress } from './local-address.ts';
import { asUser } from './number-fields.ts';
import { bodyOf, passedHeaders, withoutReliable } from './passed-headers.ts';
import { RingSignal } from './ring-signal.ts';
import { sdpIn } from './sdp-text.ts';

export class CallerLeg {
  /** Null when another process has answered it. */
  readonly invite: InviteServer | null;
  /** CSeq of the INVITE. */
  readonly cseq: number;
  /** To value of the INVITE, without a tag. */
  readonly #to: string;
  /** What the answer will say of session timers; null: nothing. */
  session: SessionAnswer | null = null;
  readonly #context: CallContext;
  #ringSignal: RingSignal | null = null;
  /** Empty when the shard's dialog table was full. */
  #dialogs: readonly Dialog<Call>[] = [];

  private constructor(
    context: CallContext,
    invite: InviteServer | null,
    cseq: number,
    to: string,
    dialogs: readonly Dialog<Call>[],
  ) {
    this.#context = context;
    this.invite = invite;
    this.cseq = cseq;
    this.#to = to;
    this.#dialogs = dialogs;
  }

  /** The leg of an INVITE that has just come. */
  static of(context: CallContext, invite: InviteServer, request: SipMessage): CallerLeg {
    const to = request.text(request.first(HeaderId.To));
    return new CallerLeg(context, invite, request.cseq, to, []);
  }

  /** The answered leg of a call that goes on after a restart. @param cseq of its INVITE */
  static carried(context: CallContext, dialog: Dialog<Call>, cseq: number): CallerLeg {
    return new CallerLeg(context, null, cseq, dialog.localName, [dialog]);
  }

  /** Opens the first dialog. @param callee number for the Contact that the caller gets */
  open(call: Call, request: SipMessage, source: Endpoint, callee: string): void {
    const context = this.#context;
    const { local } = this.invite!;
    const dialog = new Dialog<Call>(call, 'caller', call.record.callIdIn, local, source);
    if (!context.dialogs.add(dialog)) return;
    const { from } = request;
    dialog.localName = this.#to;
    dialog.remoteAddress = request.text(request.first(HeaderId.From));
    dialog.remoteTag = from.tagStart < 0 ? '' : request.slice(from.tagStart, from.tagEnd);
    dialog.remoteCseq = request.cseq;
    const user = callee === '' ? '' : `${asUser(callee)}@`;
    dialog.contact = flat(`<${contactFor(request, user, context.locals[local]!)}>`);
    // RFC 2543 clients may send no Contact: then their From is where requests go.
    dialog.setInitialTarget(request.slice(from.uriStart, from.uriEnd));
    dialog.requestAddress = call.gateway.requestAddress;
    this.#ringSignal = RingSignal.of(call.gateway);
    dialog.learnTarget(request, recordRoutes(request));
    this.#dialogs = [dialog];
  }

  get usable(): boolean {
    return this.#dialogs.length > 0;
  }

  /** The caller's tag. */
  get tag(): string {
    return this.#dialogs[0]?.remoteTag ?? '';
  }

  /** Passes a vendor's provisional response or answer on. */
  pass(response: SipMessage, vendor: Dialog<Call>, gateway: MappingGateway): void {
    const dialog = this.#dialogFor(vendor);
    const passed = passedHeaders(response, gateway.passHeaders);
    const headers = gateway.reliableProvisional ? passed : withoutReliable(passed);
    let { status } = response;
    let ending: string;
    if (this.#ringSignal === null) ending = bodyOf(response);
    else {
      this.#ringSignal.shape(response, vendor);
      ({ status, ending } = this.#ringSignal);
    }
    let lines = `Contact: ${dialog.contact}\r\n`;
    const { session } = this;
    if (session !== null) {
      if (status >= 200) lines += answerLines(session);
      if (!session.takesUpdate) session.sdp = sdpIn(ending) || session.sdp;
    }
    this.invite?.respond(status, '', dialog.localTag, lines + headers + ending);
  }

  /** Sends a final failure and gives the dialogs up. @param headers lines with CRLF */
  refuse(code: number, headers: string): void {
    this.invite?.respond(code, '', this.#dialogs[0]?.localTag ?? '', headers + NO_BODY);
    this.release(null);
  }

  /** Gives up all dialogs but one. */
  release(kept: Dialog<Call> | null): void {
    for (const dialog of this.#dialogs) {
      if (dialog !== kept) this.#context.dialogs.remove(dialog);
    }
  }

  /** The caller's dialog for a vendor's: the first one while it is free, else one more. */
  #dialogFor(vendor: Dialog<Call>): Dialog<Call> {
    if (vendor.partner !== null) return vendor.partner;
    const first = this.#dialogs[0]!;
    const dialog = first.partner === null ? first : this.#fork(first);
    dialog.partner = vendor;
    vendor.partner = dialog;
    return dialog;
  }

  #fork(first: Dialog<Call>): Dialog<Call> {
    const dialog = new Dialog<Call>(first.owner, 'caller', first.callId, first.local, first.source);
    if (!this.#context.dialogs.add(dialog)) return first;
    dialog.localName = this.#to;
    dialog.remoteAddress = first.remoteAddress;
    dialog.remoteTag = first.remoteTag;
    dialog.remoteCseq = first.remoteCseq;
    dialog.contact = first.contact;
    dialog.copyTarget(first);
    this.#dialogs = [...this.#dialogs, dialog];
    return dialog;
  }
}

/** Our Contact for a caller: sips where it asked by sips (RFC 3261 12.1.1). */
function contactFor(request: SipMessage, user: string, local: LocalAddress): string {
  const secure = request.requestUri.scheme === UriScheme.Sips && local.transport === 'tls';
  return secure ? `sips:${user}${local.hostPort}` : `sip:${user}${local.contact}`;
}
