// A session refresh of ours on one leg (RFC 4028 7.4, 10): UPDATE without SDP where the peer allows
// UPDATE (RFC 3311), else re-INVITE with the SDP that it got last. The other leg hears nothing of
// it. A re-INVITE excludes every other offer in the call meanwhile (RFC 3261 14).
import type { Dialog } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import { headerNumber } from '../sip/message/header-number.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import type { ClientTransaction, ClientUser } from '../sip/transaction/client-transaction.ts';
import { InviteClient } from '../sip/transaction/invite-client.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import { acknowledge } from './bye.ts';
import type { Call } from './call.ts';
import type { PendingOffer } from './relayed-invite.ts';
import { REFRESH_REFUSED, REFRESH_UNANSWERED } from './release.ts';
import type { SessionTimer } from './session-timer.ts';
import { answerChallenge } from '../sip/auth/challenge-answer.ts';

const MAX_FORWARDS = 70;
/** After a failure that may pass, unless the peer names a time. */
const RETRY_MS = 10_000;
/** While another offer is under way. */
const BUSY_MS = 2000;
/** RFC 3261 14.1: random times after a 491 in steps of 10 ms, for who made the Call-ID and not. */
const GLARE_STEP_MS = 10;
const GLARE_STEPS = 200;
const GLARE_OWNER_MS = 2100;

export class SessionRefresh implements ClientUser, PendingOffer {
  /** It came in on neither dialog. */
  readonly from = null;
  readonly #session: SessionTimer;
  #client: ClientTransaction | null = null;
  /** How often the refresh under way was challenged; whether it got 422. */
  #challenged = 0;
  #raised = false;

  constructor(session: SessionTimer) {
    this.#session = session;
  }

  start(): void {
    const { dialog, byUpdate } = this.#session;
    const { pendingOffer, confirmed } = dialog.owner;
    if (this.#client !== null) return;
    if (!byUpdate && (pendingOffer !== null || !confirmed)) {
      this.#session.retry(BUSY_MS);
      return;
    }
    this.#challenged = 0;
    this.#raised = false;
    this.#send('');
  }

  onResponse(transaction: ClientTransaction, response: SipMessage): void {
    const { status } = response;
    if (status < 200) return;
    if (status < 300) this.#accepted(transaction, response);
    else if (transaction === this.#client) this.#failed(response);
  }

  onTimeout(): void {
    this.#done();
    this.#session.lost(REFRESH_UNANSWERED);
  }

  onUnreachable(): void {
    this.#done();
    this.#session.retry(RETRY_MS);
  }

  /** Its ACK is ours to send, none comes in. */
  receiveAck(): boolean {
    return false;
  }

  abandon(): void {
    if (this.#client instanceof InviteClient) this.#client.cancel();
    this.#done();
  }

  get #dialog(): Dialog<Call> {
    return this.#session.dialog;
  }

  get #call(): Call {
    return this.#session.dialog.owner;
  }

  #send(authorization: string): void {
    const dialog = this.#dialog;
    const { transactions } = this.#call.context;
    const { byUpdate, sdp } = this.#session;
    const { local, peer } = dialog;
    const identity = dialog.nextRequest();
    const head = `Contact: ${dialog.contact}\r\n${authorization}${this.#session.request}`;
    let client: ClientTransaction | undefined;
    if (byUpdate) {
      const rest = head + NO_BODY;
      const method = Method.Update;
      client = transactions.request(
        'UPDATE',
        method,
        identity,
        MAX_FORWARDS,
        rest,
        local,
        peer,
        this,
      );
    } else {
      const body = `Content-Length: ${sdp.length}\r\n\r\n${sdp}`;
      const rest = `${head}Content-Type: application/sdp\r\n${body}`;
      dialog.inviteCseq = identity.cseq;
      client = transactions.invite(identity, MAX_FORWARDS, rest, local, peer, this);
      if (client !== undefined) this.#call.pendingOffer = this;
    }
    this.#client = client ?? null;
    if (client === undefined) this.#session.retry(RETRY_MS);
  }

  #accepted(transaction: ClientTransaction, response: SipMessage): void {
    const dialog = this.#dialog;
    // A 2xx that comes again is acknowledged again, also after the end of the call.
    if (transaction instanceof InviteClient) {
      acknowledge(this.#call.context, dialog, transaction.cseq, NO_BODY);
    }
    if (transaction !== this.#client) return;
    this.#done();
    dialog.learnTarget(response, null);
    this.#call.heard();
    this.#session.granted(response);
  }

  #failed(response: SipMessage): void {
    const { status } = response;
    const session = this.#session;
    // Our BYE is under way: a request after it would take the CSeq that makes it look old.
    if (this.#call.ended) return this.#done();
    if ((status === 401 || status === 407) && this.#authorize(response)) return;
    if (status === 422 && this.#raise(response)) return;
    this.#done();
    if (status === 481 || status === 408) {
      session.lost(REFRESH_REFUSED);
    } else if (status === 491) {
      const { random } = this.#call.context;
      const owner = this.#dialog.side === 'callee' ? GLARE_OWNER_MS : 0;
      session.retry(owner + (random.u32() % GLARE_STEPS) * GLARE_STEP_MS);
    } else {
      const seconds = headerNumber(response, HeaderId.RetryAfter);
      session.retry(seconds > 0 ? seconds * 1000 : RETRY_MS);
    }
  }

  #authorize(response: SipMessage): boolean {
    const credentials = this.#call.credentialsOf(this.#dialog);
    if (credentials === null) return false;
    this.#challenged++;
    const method = this.#session.byUpdate ? 'UPDATE' : 'INVITE';
    const { uri } = this.#dialog.requestWith(0);
    const { random } = this.#call.context;
    const header = answerChallenge(response, method, uri, credentials, random, this.#challenged);
    if (header === '') return false;
    this.#send(header);
    return true;
  }

  /** 422: once more with the Min-SE that the peer names (RFC 4028 7.3). */
  #raise(response: SipMessage): boolean {
    if (this.#raised || !this.#session.raise(response)) return false;
    this.#raised = true;
    this.#send('');
    return true;
  }

  #done(): void {
    this.#client = null;
    if (this.#call.pendingOffer === this) this.#call.pendingOffer = null;
  }
}
