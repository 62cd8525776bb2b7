// Who may prove himself by a password: phones, and gateways that register or send credentials.
import type { Kind } from './location-layout.ts';

export interface Subscriber {
  /** User of its address of record, and of its credentials. */
  readonly user: string;
  /** Latin1 reading of its UTF-8 bytes. */
  readonly password: string;
  readonly kind: Kind;
  readonly locked: boolean;
  /** Whether it may register; a gateway with a fixed address only sends credentials. */
  readonly registers: boolean;
}

export interface Directory {
  find(user: string): Subscriber | null;
  /** Nobody can prove himself at all. */
  readonly isEmpty: boolean;
  /** There are gateways known by credentials alone, which their From does not tell. */
  readonly hasDigestGateways: boolean;
}
