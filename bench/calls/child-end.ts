// Ends a child process that we started: asks, waits, then kills.
import type { ChildProcess } from 'node:child_process';

/** Resolves with the exit code, or -1 when a signal ended it. */
export function exitCodeOf(child: ChildProcess): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  if (child.signalCode !== null) return Promise.resolve(-1);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code ?? -1));
  });
}

/**
 * SIGTERM, and SIGKILL after `patienceMs`. Resolves with the exit code, -1 when a signal ended it.
 */
export async function endChild(child: ChildProcess, patienceMs: number): Promise<number> {
  const ended = exitCodeOf(child);
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  const code = await ended;
  clearTimeout(timer);
  return code;
}
