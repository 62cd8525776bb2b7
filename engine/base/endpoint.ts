// Where a datagram comes from or goes to: an IP address and a UDP port.
// Immutable and shared: net interns them, calls keep references.

export interface Endpoint {
  readonly family: 4 | 6;
  /** Textual address, IPv6 without brackets, as `inet_ntop` prints it. */
  readonly ip: string;
  readonly port: number;
}

/** `ip:port` as in a Via sent-by or a URI: IPv6 in brackets (RFC 3261 25.1, IPv6reference). */
export function hostPort(e: Endpoint): string {
  return e.family === 6 ? `[${e.ip}]:${e.port}` : `${e.ip}:${e.port}`;
}
