// Finds the settings that serve Kamailio best on this machine, so that the comparison is a fair
// one.
import { startKamailio } from './kamailio-process.ts';
import type { KamailioOptions } from './kamailio-process.ts';
import { runLoadRound } from './load-round.ts';
import type { LoadOptions } from './load-round.ts';

const CANDIDATES: readonly KamailioOptions[] = [
  { children: 1, allocator: 'tlsf' },
  { children: 2, allocator: 'tlsf' },
  { children: 4, allocator: 'tlsf' },
  { children: 1, allocator: 'fm' },
  { children: 2, allocator: 'fm' },
  { children: 4, allocator: 'fm' },
];

const TRIAL_SECONDS = 4;

/** The cheapest per call among those that lose the fewest calls, at the rate of `load`. */
export async function bestKamailio(
  load: LoadOptions,
  say: (line: string) => void,
): Promise<KamailioOptions> {
  let best: { options: KamailioOptions; failed: number; cpuUs: number } | undefined;
  for (const options of CANDIDATES) {
    const trial = { ...load, seconds: TRIAL_SECONDS, warmUpSeconds: 1 };
    const result = await runLoadRound((port) => startKamailio(options, port), trial);
    const { failed, cpuUsPerCall: cpuUs, target } = result;
    say(`trial ${target}: ${cpuUs.toFixed(1)} us/call, ${failed} failed`);
    const better =
      best === undefined || failed < best.failed || (failed === best.failed && cpuUs < best.cpuUs);
    if (better) best = { options, failed, cpuUs };
  }
  return best!.options;
}
