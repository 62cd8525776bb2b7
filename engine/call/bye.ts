// The BYE that ends one leg (RFC 3261 15.1.1): sent once more with credentials if challenged. The
// dialog stays in its table until the peer has answered, so that a crossing BYE gets its 200.
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import type { ClientTransaction, ClientUser } from '../sip/transaction/client-transaction.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';
import { answerChallenge, type Credentials } from '../sip/auth/challenge-answer.ts';

const MAX_FORWARDS = 70;

class Bye implements ClientUser {
  readonly #context: CallContext;
  readonly #dialog: Dialog<Call>;
  readonly #headers: string;
  readonly #credentials: Credentials | null;
  #challenged = false;

  constructor(
    context: CallContext,
    dialog: Dialog<Call>,
    headers: string,
    credentials: Credentials | null,
  ) {
    this.#context = context;
    this.#dialog = dialog;
    this.#headers = headers;
    this.#credentials = credentials;
  }

  send(authorization: string): void {
    const { transactions } = this.#context;
    const identity = this.#dialog.nextRequest();
    const rest = authorization + this.#headers + NO_BODY;
    const { local, peer } = this.#dialog;
    const sent = transactions.request(
      'BYE',
      Method.Bye,
      identity,
      MAX_FORWARDS,
      rest,
      local,
      peer,
      this,
    );
    if (sent === undefined) this.#gone();
  }

  onResponse(_transaction: ClientTransaction, response: SipMessage): void {
    if (response.status < 200) return;
    const challenge = response.status === 401 || response.status === 407;
    if (challenge && this.#credentials !== null && !this.#challenged) {
      this.#challenged = true;
      const uri = this.#dialog.requestWith(0).uri;
      const { random } = this.#context;
      const header = answerChallenge(response, 'BYE', uri, this.#credentials, random);
      if (header !== '') {
        this.send(header);
        return;
      }
    }
    this.#gone();
  }

  onTimeout(): void {
    this.#gone();
  }

  onUnreachable(): void {
    this.#gone();
  }

  #gone(): void {
    // While the call goes on, requests of its other forks are found by the handle of this one.
    if (this.#dialog.owner.ended) this.#context.dialogs.remove(this.#dialog);
  }
}

/**
 * Ends a leg.
 * @param headers lines for the BYE, such as Reason, each with CRLF
 */
export function sendBye(
  context: CallContext,
  dialog: Dialog<Call>,
  headers: string,
  credentials: Credentials | null,
): void {
  dialog.ended = true;
  new Bye(context, dialog, headers, credentials).send('');
}

/** Sends the ACK of a 2xx. @param rest the message after CSeq, body included */
export function acknowledge(
  context: CallContext,
  dialog: Dialog<Call>,
  inviteCseq: number,
  rest: string,
): void {
  const identity = dialog.requestWith(inviteCseq);
  const message = context.transactions.ackText(identity, dialog.local, rest);
  context.transport.send(dialog.local, dialog.peer, message, identity.order);
}
