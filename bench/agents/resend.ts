// Retransmission over UDP: timers A and B of INVITE, E and F of other requests, G and H of 2xx
// (RFC 3261 17.1.1.2, 17.1.2.2, 13.3.1.4).
const T1_MS = 500;
const T2_MS = 4000;

/**
 * Sends now, then after 0.5, 1, 2, ... s (at most every `capMs`) until stopped or 32 s are over.
 */
export class Resend {
  readonly #send: () => void;
  readonly #capMs: number;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #waitMs = T1_MS;
  #leftMs = 64 * T1_MS;

  /** @param capMs Infinity for INVITE; @param expired called once when nobody answered */
  constructor(send: () => void, expired: () => void, capMs = T2_MS) {
    this.#send = send;
    this.#capMs = capMs;
    this.#expired = expired;
    this.#again();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #again(): void {
    if (this.#leftMs <= 0) {
      this.#expired();
      return;
    }
    this.#send();
    const waitMs = Math.min(this.#waitMs, this.#leftMs);
    this.#leftMs -= waitMs;
    this.#waitMs = Math.min(this.#waitMs * 2, this.#capMs);
    this.#timer = setTimeout(() => {
      this.#again();
    }, waitMs);
  }
}
