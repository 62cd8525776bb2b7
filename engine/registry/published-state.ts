// What the body of a gateway's PUBLISH says. Event `gateway-capacity` has lines or `;` parts in
// text/plain, such as `capacity=120;state=open`; event `presence` has a presence document
// (RFC 3863), whose tuples say open or closed.
import { Publication, type PublishedState } from '../base/gateway-states.ts';

/** An event package and the body that it has. */
export interface EventPackage {
  readonly kind: Publication;
  readonly contentType: string;
  /** Null: the body says nothing, or something wrong. */
  readonly read: (body: string) => PublishedState | null;
}

export const EVENT_PACKAGES: ReadonlyMap<string, EventPackage> = new Map([
  [
    'gateway-capacity',
    { kind: Publication.Capacity, contentType: 'text/plain', read: readCapacity },
  ],
  [
    'presence',
    { kind: Publication.Presence, contentType: 'application/pidf+xml', read: readPresence },
  ],
]);

/** More calls at once than any gateway has. */
const MAX_CAPACITY = 1_000_000_000;

/** Unknown keys are passed over, so that the format can grow. */
function readCapacity(body: string): PublishedState | null {
  let capacity: number | null = null;
  let state: string | null = null;
  for (const part of body.split(/[;\r\n]+/)) {
    const [key = '', value = ''] = part.split('=').map((word) => word.trim().toLowerCase());
    if (key === 'state') {
      if (value !== 'open' && value !== 'closed') return null;
      state = value;
    } else if (key === 'capacity') {
      if (!/^\d{1,10}$/.test(value)) return null;
      capacity = Math.min(Number(value), MAX_CAPACITY);
    }
  }
  if (capacity === null && state === null) return null;
  return { open: state !== 'closed', capacity };
}

/** Open when one tuple is; a document without a basic status says nothing. */
function readPresence(body: string): PublishedState | null {
  const basics = [...body.matchAll(/<(?:[\w.-]+:)?basic\s*>\s*(open|closed)\s*</g)];
  if (basics.length === 0) return null;
  return { open: basics.some(([, status]) => status === 'open'), capacity: null };
}
