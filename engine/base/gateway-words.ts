// Words that both kinds of gateway are configured with: where messages to a peer go (ADR-01 to
// ADR-06 of the requirements), which transport carries them.

/** Where responses go: the source, its address with the Via port, or the Via. */
export const REPLY_ADDRESSES = ['socket', 'via-port', 'via'] as const;
export type ReplyAddress = (typeof REPLY_ADDRESSES)[number];

/** Where requests within a call go: the source, its address with the Contact port, the Contact. */
export const REQUEST_ADDRESSES = ['socket', 'contact-port', 'contact'] as const;
export type RequestAddress = (typeof REQUEST_ADDRESSES)[number];

export const TRANSPORTS = ['udp', 'tcp', 'tls'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** A setting of a gateway that may leave the choice to a parameter. */
export const INHERITABLE = ['inherit', 'on', 'off'] as const;
export type Inheritable = (typeof INHERITABLE)[number];

/** Where a message carries the number that is called. */
export const CALLEE_FIELDS = ['to', 'request-line', 'diversion'] as const;
export type CalleeField = (typeof CALLEE_FIELDS)[number];

/** Where a message carries the number that calls; `display`: the display name of From. */
export const CALLER_FIELDS = [
  'from',
  'remote-party-id',
  'display',
  'p-asserted-identity',
  'p-preferred-identity',
] as const;
export type CallerField = (typeof CALLER_FIELDS)[number];
