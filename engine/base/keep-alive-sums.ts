// How many terminals the SS_SIP_NAT_KEEP_ALIVE_ settings can serve: what configuration warns by,
// what the pacer works by.

/** The settings that pace heartbeats. */
export interface KeepAlivePace {
  /** SS_SIP_NAT_KEEP_ALIVE_PERIOD, ms. */
  readonly periodMs: number;
  /** SS_SIP_NAT_KEEP_ALIVE_SEND_INTERVAL */
  readonly intervalMs: number;
  /** SS_SIP_NAT_KEEP_ALIVE_SEND_ONE_TIME */
  readonly oneTime: number;
}

/** Terminals that one cycle serves: the default of 30 s, 500 ms and 3000 makes 180,000. */
export function keepAliveCoverage({ periodMs, intervalMs, oneTime }: KeepAlivePace): number {
  return Math.max(1, Math.floor(periodMs / intervalMs)) * oneTime;
}

/** The shortest period, ms, in which so many terminals are served. */
export function shortestPeriodMs(
  devices: number,
  { intervalMs, oneTime }: Omit<KeepAlivePace, 'periodMs'>,
): number {
  return Math.ceil(devices / oneTime) * intervalMs;
}

/**
 * The bytes that a value of SS_SIP_NAT_KEEP_ALIVE_MESSAGE stands for, in latin1: `\r` and `\n` as
 * written are the line ends of a CRLF ping, `\\` is a backslash, all else stands for itself.
 */
export function keepAlivePayload(message: string): string {
  return message.replace(/\\([rn\\])/g, (_, escape: string) => ESCAPES[escape]!);
}

const ESCAPES: Readonly<Record<string, string>> = { r: '\r', n: '\n', '\\': '\\' };
