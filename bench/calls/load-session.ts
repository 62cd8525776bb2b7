// A switch with a vendor behind it, for the benches that watch one switch over time:
// hold, churn, flood, drain.
import { repositoryPath } from '../../engine/base/paths.ts';
import { benchProvision } from './bench-provision.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import { startSipp } from './sipp-process.ts';
import type { SippProcess } from './sipp-process.ts';
import { startSwitch } from './switch-process.ts';
import type { SwitchOptions, SwitchProcess } from './switch-process.ts';

export interface CallerOptions {
  readonly calls: number;
  readonly rate: number;
  readonly holdMs: number;
}

export interface LoadSession {
  readonly edge: SwitchProcess;
  readonly vendor: SippProcess;
  /** Starts a caller from 127.0.0.1. */
  startCaller(options: CallerOptions): Promise<SippProcess>;
}

/** What the switch is started with; `provision` holds sections besides the bench's own. */
export interface SessionOptions extends Omit<SwitchOptions, 'provision'> {
  readonly provision?: SwitchOptions['provision'];
  /** From INVITE at the vendor to its answer. */
  readonly ringMs: number;
}

/** A vendor lives as long as its session: an hour at most. */
const VENDOR_SECONDS = 3600;

function scenario(name: string): string {
  return repositoryPath('bench/calls/scenarios', name);
}

/** Runs `body` with a fresh switch and vendor and ends both, whatever happens. */
export async function withLoadSession<T>(
  options: SessionOptions,
  body: (session: LoadSession) => Promise<T>,
): Promise<T> {
  const vendorPort = await freeUdpPort();
  const { ringMs, provision, ...own } = options;
  const edge = await startSwitch({
    drainSeconds: 5,
    ...own,
    provision: { ...benchProvision(vendorPort), ...provision },
  });
  const vendor = startSipp({
    scenario: scenario('vendor.xml'),
    port: vendorPort,
    pauseMs: ringMs,
    timeoutSeconds: VENDOR_SECONDS,
  });
  const callers: SippProcess[] = [];
  const startCaller = async ({ calls, rate, holdMs }: CallerOptions): Promise<SippProcess> => {
    const caller = startSipp({
      scenario: scenario('caller.xml'),
      numbers: scenario('numbers.csv'),
      port: await freeUdpPort(),
      target: `127.0.0.1:${edge.sipPort}`,
      calls,
      rate,
      pauseMs: holdMs,
      timeoutSeconds: Math.ceil(calls / rate + holdMs / 1000) + 60,
    });
    callers.push(caller);
    return caller;
  };
  try {
    return await body({ edge, vendor, startCaller });
  } finally {
    await Promise.all([...callers, vendor].map((sipp) => sipp.stop(true)));
    await edge.stop();
  }
}
