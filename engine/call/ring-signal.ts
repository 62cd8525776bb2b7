// What a customer hears of ringing when its mapping gateway wants always the same
// (`remoteRingSignal`): 180 and 183 become the one that it is set to wherever there is SDP, the
// SDP of the same dialog said before included.
import type { MappingGateway } from '../routing/snapshot.ts';
import type { Dialog } from '../sip/dialog/dialog.ts';
import { HeaderId } from '../sip/message/header-names.ts';
import type { SipMessage } from '../sip/message/message.ts';
import type { Call } from './call.ts';
import { bodyOf } from './passed-headers.ts';

const WANTED = { '183-sdp': 183, '180-sdp': 180 } as const;

export class RingSignal {
  readonly #wanted: 180 | 183;
  /** The vendor's dialog that sent SDP last, and that SDP with its Content-Type. */
  #dialog: Dialog<Call> | null = null;
  #sdp = '';
  /** The response for the customer, up to the next `shape`. */
  status = 0;
  /** Its last header lines, and the body. */
  ending = '';

  private constructor(wanted: 180 | 183) {
    this.#wanted = wanted;
  }

  /** Null when ringing passes as it comes. */
  static of({ remoteRingSignal }: MappingGateway): RingSignal | null {
    return remoteRingSignal === 'auto' ? null : new RingSignal(WANTED[remoteRingSignal]);
  }

  /** Makes `status` and `ending` of a vendor's response. */
  shape(response: SipMessage, dialog: Dialog<Call>): void {
    this.status = response.status;
    this.ending = bodyOf(response);
    if (this.status !== 180 && this.status !== 183) return;
    if (response.bodyEnd > response.bodyStart) {
      this.#dialog = dialog;
      this.#sdp = `Content-Type: ${contentType(response)}\r\n${this.ending}`;
    } else if (this.#dialog !== dialog || response.first(HeaderId.RSeq) >= 0) {
      // A reliable response has said its SDP once for all (RFC 6337 3.1.1).
      return;
    } else {
      this.ending = this.#sdp;
    }
    this.status = this.#wanted;
  }
}

function contentType(response: SipMessage): string {
  const index = response.first(HeaderId.ContentType);
  return index < 0 ? 'application/sdp' : response.text(index);
}
