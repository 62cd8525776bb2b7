// One vendor tried for a call: its INVITE, the dialogs that its responses open, and what is left to
// clean up when the call has moved on without it (CANCEL, or ACK and BYE for a late 200).
import type { Endpoint } from '../base/endpoint.ts';
import type { TransportName } from '../base/gateway-words.ts';
import { flat } from '../base/latin1.ts';
import { hostPort } from '../base/endpoint.ts';
import type { CdrAttempt } from '../cdr/schema.ts';
import { rewrite } from '../numbers/dial-rules.ts';
import { registeredContact } from '../registry/registered-contact.ts';
import type { GatewayAddress, RoutingGateway } from '../routing/snapshot.ts';
import { Dialog, recordRoutes } from '../sip/dialog/dialog.ts';
import { tagEquals } from '../sip/dialog/dialog-table.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { ClientTransaction, ClientUser } from '../sip/transaction/client-transaction.ts';
import type { InviteClient } from '../sip/transaction/invite-client.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { acknowledge, sendBye } from './bye.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { contactUri, type ContactTarget } from './contact-target.ts';
import type { Hunt } from './hunt.ts';
import { newCallId } from '../sip/call-identifiers.ts';
import { localFor, transportParameter } from './local-address.ts';
import { asUser } from './number-fields.ts';
import { outgoingIdentity } from './outgoing-identity.ts';
import { joinSupported, withoutReliable } from './passed-headers.ts';
import { NO_LOCAL_ADDRESS, NO_RELIABLE, TABLE_FULL, type Release } from './release.ts';
import { MAX_MIN_SE_S, offerLines } from './session-policy.ts';
import type { AttemptSigns } from './switch-rules.ts';
import { answerChallenge } from '../sip/auth/challenge-answer.ts';

/** Most dialogs that one forking vendor may open in an attempt; further ones share the last. */
const MAX_FORKS = 8;

/** Where an attempt goes: a routing gateway, or where its 3xx points (RFC 3261 8.1.3.4). */
export interface Target {
  readonly gateway: RoutingGateway;
  readonly prefix: string;
  readonly peer: Endpoint;
  readonly transport: TransportName;
  /** The gateway's name where it has one, for the Request-URI; empty: the peer's address. */
  readonly domain: string;
  /** Further addresses of the gateway, in the order to try them. */
  readonly others: readonly GatewayAddress[];
  readonly callee: string;
  /** Where a registered device is; null: at the gateway's address. */
  readonly contact: ContactTarget | null;
}

/** One literal: objects made by spreading have a shape each, and all that reads them is slow. */
export function targetAt(
  gateway: RoutingGateway,
  prefix: string,
  callee: string,
  peer: Endpoint,
  others: readonly GatewayAddress[],
  contact: ContactTarget | null,
): Target {
  const { transport, domain } = gateway;
  return { gateway, prefix, peer, transport, domain, others, callee, contact };
}

export class Attempt implements ClientUser, AttemptSigns {
  readonly target: Target;
  readonly record: CdrAttempt;
  /** The first dialog; those of further forks hang on it as siblings. Null before `start`. */
  #dialog: Dialog<Call> | null;
  /** False once the call has moved on or ended: what still comes is only cleaned up. */
  live = true;
  ringing = false;
  sdp = false;
  media = false;
  /** CSeq of the INVITE that was answered last. */
  inviteCseq = 0;
  /** When it began, by the monotonic clock. */
  readonly startedMono: number;
  readonly #call: Call;
  readonly #hunt: Hunt;
  readonly #context: CallContext;
  #transaction: InviteClient | null = null;
  #challenges = 0;
  /** The Min-SE of a 422; 0: none came. */
  minSeS = 0;
  /** Header lines by which the vendor's settings present the caller, each with CRLF. */
  #identityHeaders = '';

  /** @param answered the dialog of the answer when the call goes on after a restart */
  constructor(
    call: Call,
    hunt: Hunt,
    context: CallContext,
    target: Target,
    record: CdrAttempt,
    answered: Dialog<Call> | null = null,
  ) {
    this.#call = call;
    this.#hunt = hunt;
    this.startedMono = context.clock.monoMs();
    this.#context = context;
    this.target = target;
    this.record = record;
    this.#dialog = answered;
  }

  /** Sends the INVITE; a release when that is not possible. */
  start(): Release | null {
    const { locals, dialogs, shard, random, parameters, trace } = this.#context;
    const { gateway, peer, transport, callee, contact } = this.target;
    const local = contact?.local ?? localFor(locals, peer, transport);
    if (local < 0) return NO_LOCAL_ADDRESS;
    if (this.#call.offer.requiresReliable && !gateway.reliableProvisional) return NO_RELIABLE;
    const dialog = new Dialog(this.#call, 'callee', newCallId(shard, random), local, peer);
    if (!dialogs.add(dialog)) return TABLE_FULL;
    this.#dialog = dialog;
    const { host, contact: ours } = locals[local]!;
    const { offer, record } = this.#call;
    const caller = rewrite(offer.caller, gateway.rewriteCaller);
    const identity = outgoingIdentity(gateway, parameters, offer.identity, caller, host);
    record.callerOut = identity.caller;
    trace.active?.onLeg(record, record.attempts, dialog.callId, gateway.name, peer.ip);
    this.#identityHeaders = identity.headers;
    const uri =
      contact === null ? addressAt(callee, this.target) : contactUri(contact, asUser(callee));
    // On: To keeps the number as the customer sent it, whatever rules say (ADR-11).
    const keeps = gateway.inviteUseContact ?? parameters.SS_SIP_ROUTING_GATEWAY_INVITE_USE_CONTACT;
    dialog.localName = flat(identity.from);
    dialog.remoteAddress = `<${keeps ? addressAt(offer.calleeIn, this.target) : uri}>`;
    dialog.contact = flat(`<${this.#contactUri(identity.user, ours)}>`);
    dialog.restoreTarget(uri, contact?.route ?? []);
    dialog.requestAddress = gateway.requestAddress;
    return this.#invite(dialog, '') ? null : TABLE_FULL;
  }

  /** Where we are registered with the gateway, its calls name what is registered. */
  #contactUri(user: string, ours: string): string {
    const { registerType, credentials } = this.target.gateway;
    return registerType === 'register-out' && credentials !== null
      ? registeredContact(credentials.username, ours)
      : `sip:${user}${ours}`;
  }

  /** The vendor lost the call: cancels its INVITE. @param headers such as Reason, with CRLF */
  abandon(headers: string): void {
    this.live = false;
    this.#transaction?.cancel(headers);
    if (this.#dialog !== null) this.#context.dialogs.remove(this.#dialog);
  }

  /** The call that this attempt answered has ended. */
  finish(): void {
    this.live = false;
    this.#transaction?.finish();
    // Requests of all forks are found by the first dialog's handle; the answered one stays for its
    // BYE.
    const answered = this.#call.answeredDialog;
    if (this.#dialog !== null && this.#dialog !== answered) {
      this.#context.dialogs.remove(this.#dialog);
    }
  }

  /** Call-ID of the vendor's leg; empty when nothing could be sent. */
  get callId(): string {
    return this.#dialog?.callId ?? '';
  }

  onResponse(transaction: ClientTransaction, response: SipMessage): void {
    if (transaction !== this.#transaction) return;
    const { status } = response;
    if (!this.live) this.#cleanUp(response);
    else if (status === 100) this.#hunt.onTrying(this);
    else if (status < 200) this.#hunt.onProgress(this, this.#dialogOf(response), response);
    else if (status < 300) this.#answered(response);
    else if ((status === 401 || status === 407) && this.#authorize(response)) return;
    else if (status === 422 && this.#lengthenSession(response)) return;
    else this.#hunt.onFailure(this, response);
  }

  onTimeout(): void {
    if (this.live) this.#hunt.onTimeout(this);
  }

  onUnreachable(): void {
    if (this.live) this.#hunt.onUnreachable(this);
  }

  #invite(dialog: Dialog<Call>, authorization: string): boolean {
    const { offer } = this.#call;
    const identity = dialog.nextRequest();
    dialog.inviteCseq = identity.cseq;
    this.inviteCseq = identity.cseq;
    const { reliableProvisional } = this.target.gateway;
    const headers = `Contact: ${dialog.contact}\r\n${authorization}${this.#identityHeaders}`;
    const passed = reliableProvisional ? offer.rest : withoutReliable(offer.rest);
    const transaction = this.#context.transactions.invite(
      identity,
      offer.maxForwards - 1,
      headers + joinSupported(this.#sessionLines, passed),
      dialog.local,
      dialog.source,
      this,
    );
    this.#transaction = transaction ?? null;
    return transaction !== undefined;
  }

  /** Sends the INVITE again with credentials (RFC 3261 22.2); false when that cannot help. */
  #authorize(response: SipMessage): boolean {
    const { credentials } = this.target.gateway;
    if (credentials === null) return false;
    this.#challenges++;
    const dialog = this.#dialog!;
    const { uri } = dialog.requestWith(0);
    const { random } = this.#context;
    const header = answerChallenge(response, 'INVITE', uri, credentials, random, this.#challenges);
    return header !== '' && this.#invite(dialog, header);
  }

  get #sessionLines(): string {
    if (!this.target.gateway.sessionTimer) return '';
    const { sessionPolicy } = this.#call;
    return this.minSeS === 0 ? sessionPolicy.offer : offerLines(sessionPolicy.ttlS, this.minSeS);
  }

  /** 422: sends the INVITE once more, with the Min-SE that the vendor names (RFC 4028 7.3). */
  #lengthenSession(response: SipMessage): boolean {
    const minSeS = headerNumber(response, HeaderId.MinSe);
    const { gateway } = this.target;
    if (!gateway.sessionTimer || this.minSeS > 0) return false;
    if (minSeS <= this.#call.sessionPolicy.minSeS || minSeS > MAX_MIN_SE_S) return false;
    this.minSeS = minSeS;
    return this.#invite(this.#dialog!, '');
  }

  #answered(response: SipMessage): void {
    const dialog = this.#dialogOf(response);
    const chosen = this.#call.answeredDialog;
    if (chosen === null) this.#hunt.onAnswer(this, dialog, response);
    else if (dialog === chosen) this.#call.acknowledgeAgain();
    else this.#hangUp(dialog);
  }

  /** A late 200 is acknowledged and hung up; its retransmissions are only acknowledged. */
  #cleanUp(response: SipMessage): void {
    if (response.status < 200 || response.status >= 300) return;
    this.#hangUp(this.#dialogOf(response));
  }

  #hangUp(dialog: Dialog<Call>): void {
    const { credentials } = this.target.gateway;
    acknowledge(this.#context, dialog, this.inviteCseq, NO_BODY);
    if (!dialog.ended) sendBye(this.#context, dialog, '', credentials);
  }

  /** The dialog of a response by its To tag; a new tag opens another one (RFC 3261 13.2.2.4). */
  #dialogOf(response: SipMessage): Dialog<Call> {
    let last = this.#dialog!;
    let count = 0;
    for (let dialog: Dialog<Call> | null = last; dialog !== null; dialog = dialog.sibling) {
      last = dialog;
      count++;
      if (tagEquals(response, response.to, dialog.remoteTag)) return this.#learn(dialog, response);
    }
    // A dialog without a tag so far, or one too many, takes the tag over.
    if (last.remoteTag === '' || count >= MAX_FORKS) return this.#learn(last, response);
    const fork = new Dialog(this.#call, 'callee', last.callId, last.local, last.source);
    fork.localName = last.localName;
    fork.localTag = last.localTag;
    fork.contact = last.contact;
    fork.localCseq = this.inviteCseq;
    fork.inviteCseq = this.inviteCseq;
    fork.copyTarget(last);
    last.sibling = fork;
    return this.#learn(fork, response);
  }

  #learn(dialog: Dialog<Call>, response: SipMessage): Dialog<Call> {
    const { to } = response;
    if (to.tagStart >= 0) dialog.remoteTag = response.slice(to.tagStart, to.tagEnd);
    dialog.remoteAddress = response.text(response.first(HeaderId.To));
    dialog.learnTarget(response, recordRoutes(response).toReversed());
    return dialog;
  }
}

/** The URI of a number at a vendor. */
function addressAt(number: string, { peer, transport, domain }: Target): string {
  const user = number === '' ? '' : `${asUser(number)}@`;
  return `sip:${user}${domain === '' ? hostPort(peer) : domain}${transportParameter(transport)}`;
}
