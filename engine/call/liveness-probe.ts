// Asks the peers of a call that was carried over a restart, and that nobody was heard in since,
// whether it still lives: OPTIONS within the dialog (RFC 3261 11.2). Any answer proves it; 481, 408
// and silence say that the dialog is gone (RFC 5057 5.1). A call that is up after a crash sends a
// sign of life soon enough by itself, so that most are never asked.
import type { Dialog } from '../sip/dialog/dialog.ts';
import type { SipMessage } from '../sip/message/message.ts';
import { Method } from '../sip/message/methods.ts';
import type { ClientTransaction, ClientUser } from '../sip/transaction/client-transaction.ts';
import { NO_BODY } from '../sip/transaction/request-identity.ts';
import type { Call } from './call.ts';
import type { CallContext } from './call-context.ts';

const MAX_FORWARDS = 70;
/** Probes in a row that nobody was there to take: the peer has gone (RFC 3261 18.4). */
const MOST_UNREACHABLE = 2;

/** One leg's probe, sent as often as need be. */
export class LivenessProbe implements ClientUser {
  readonly #dialog: Dialog<Call>;
  #unreachable = 0;

  constructor(dialog: Dialog<Call>) {
    this.#dialog = dialog;
  }

  /** Sends OPTIONS; what comes of it goes to the dialog's call. */
  send({ transactions }: CallContext): void {
    const dialog = this.#dialog;
    const { local, peer } = dialog;
    const identity = dialog.nextRequest();
    const rest = `Accept: application/sdp\r\n${NO_BODY}`;
    const method = Method.Options;
    transactions.request('OPTIONS', method, identity, MAX_FORWARDS, rest, local, peer, this);
  }

  onResponse(_transaction: ClientTransaction, { status }: SipMessage): void {
    const { owner } = this.#dialog;
    if (status === 481 || status === 408) owner.onDialogLost(this.#dialog);
    else if (status >= 200) owner.heard();
  }

  onTimeout(): void {
    this.#dialog.owner.onDialogLost(this.#dialog);
  }

  onUnreachable(): void {
    this.#unreachable++;
    if (this.#unreachable >= MOST_UNREACHABLE) this.#dialog.owner.onDialogLost(this.#dialog);
  }
}
