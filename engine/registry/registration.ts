// One registration as the location table holds it: who, where, until when.
import type { Kind } from './location-layout.ts';

/** The words of a sockaddr as engine/net has them: head, a0 to a3, scope. */
export type SockaddrWords = readonly [number, number, number, number, number, number];

export interface Registration {
  /** User of the address of record. */
  readonly aor: string;
  readonly kind: Kind;
  /** URI of the Contact, without brackets and header parameters. */
  readonly contact: string;
  /** Where the REGISTER came from: requests to the device go there. */
  readonly source: SockaddrWords;
  /** Index of the listen address it came in on. */
  readonly local: number;
  readonly behindNat: boolean;
  /** Wall times, ms. `registeredAtMs` stays over refreshes. */
  readonly registeredAtMs: number;
  readonly refreshedAtMs: number;
  readonly expiresAtMs: number;
  /** Preference in thousandths, 0 to 1000. */
  readonly q: number;
  readonly callId: string;
  readonly cseq: number;
  readonly userAgent: string;
  /** Path of the REGISTER (RFC 3327), '' without one. */
  readonly path: string;
}
