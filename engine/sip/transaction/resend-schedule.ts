// When an unanswered message is sent again and when its peer counts as unreachable
// (RFC 3261 17.1.1.2 timers A, B, E, F, G, H as one list; parameter SS_SIP_RESEND_INTERVAL).

export interface ResendSchedule {
  /** Waits before each further sending, in ms; 500, 1000, 2000, 4000 … by default. */
  readonly waitsMs: readonly number[];
  /** From the first sending to giving up: 64·T1, 32 s by default. */
  readonly giveUpMs: number;
}

/** @param intervalsSeconds the list of SS_SIP_RESEND_INTERVAL; its first entry is T1 */
export function resendSchedule(intervalsSeconds: readonly number[]): ResendSchedule {
  const waitsMs = intervalsSeconds.map((seconds) => Math.round(seconds * 1000));
  const total = waitsMs.reduce((sum, wait) => sum + wait, 0);
  // After the last sending the peer gets one T1 more to answer.
  return { waitsMs, giveUpMs: total + (waitsMs[0] ?? 0) };
}

/** The wait that follows the `sent`-th sending (1 = the first); the last one ends in giving up. */
export function waitAfter(schedule: ResendSchedule, sent: number): number {
  return schedule.waitsMs[sent - 1] ?? schedule.waitsMs[0] ?? 0;
}

/** True when the wait after the `sent`-th sending was the last. */
export function usedUp(schedule: ResendSchedule, sent: number): boolean {
  return sent > schedule.waitsMs.length;
}
