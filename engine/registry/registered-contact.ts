// The Contact of a registration with a gateway, and so of the calls over it: the user is the name
// that we register by, so that the gateway knows the calls as that user's.

/** The URI under which `username` is reached at `hostPort`. */
export function registeredContact(username: string, hostPort: string): string {
  return `sip:${userPart(username)}@${hostPort}`;
}

/** A name as the user part of a URI (RFC 3261 25.1): what may not stand there is escaped. */
export function userPart(username: string): string {
  return encodeURIComponent(username).replaceAll('%2B', '+');
}
