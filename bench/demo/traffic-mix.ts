// What the demo's calls look like: who calls where, how patient callers are, what vendors do.
// Shares and times are those of wholesale voice, talk times shortened so that reports fill quickly.
// Numbers are of ranges set aside for fiction, where a country has one.
import type { Random } from '../../engine/base/random.ts';
import type { AnswerPlan } from '../agents/callee.ts';
import type { CallPlan } from '../agents/caller.ts';
import { between, exponential, uniform, weighted } from './chance.ts';

const TALK_MEAN_MS = 12_000;
const TALK_LONGEST_MS = 120_000;

const CALLERS = [
  { weight: 6, prefix: '4420794600', digits: 2 },
  { weight: 3, prefix: '4416174960', digits: 2 },
  { weight: 1, prefix: '121255501', digits: 2 },
];

/** By the prefixes of infra/samples/provision.yaml; the last one has no route. */
const DESTINATIONS = [
  { weight: 34, prefix: '447700900', digits: 3 },
  { weight: 18, prefix: '442079460', digits: 3 },
  { weight: 16, prefix: '121255501', digits: 2 },
  { weight: 10, prefix: '131055501', digits: 2 },
  { weight: 20, prefix: '88017120', digits: 5 },
  { weight: 2, prefix: '99912', digits: 6 },
];

const VENDOR_OUTCOMES = [
  { weight: 66, status: 200 },
  { weight: 11, status: 486 },
  { weight: 12, status: 0 }, // rings until the caller gives up
  { weight: 4, status: 404 },
  { weight: 3, status: 480 },
];

/** How often a vendor is full and answers 503 at once; the first of a list of vendors more. */
const CONGESTION = [0.1, 0.03];

function number(random: Random, range: { prefix: string; digits: number }): string {
  const last = Math.floor(uniform(random) * 10 ** range.digits);
  return range.prefix + String(last).padStart(range.digits, '0');
}

/** The next call: one caller in twenty hangs up almost at once, the others wait. */
export function nextCall(random: Random): CallPlan {
  const hasty = uniform(random) < 0.05;
  return {
    caller: number(random, weighted(random, CALLERS)),
    callee: number(random, weighted(random, DESTINATIONS)),
    patienceMs: hasty ? between(random, 300, 2000) : between(random, 8000, 20_000),
    talkMs: talk(random),
  };
}

/** Milliseconds to the next call when `perSecond` come in independently. */
export function nextGapMs(random: Random, perSecond: number): number {
  return exponential(random, 1000 / perSecond);
}

/** What the vendor at this place of the list does with a call. */
export function vendorPlan(random: Random, vendor: number): AnswerPlan {
  const congestion = CONGESTION[vendor] ?? CONGESTION[CONGESTION.length - 1]!;
  if (uniform(random) < congestion) {
    return { progress: 0, progressMs: 0, finalStatus: 503, finalMs: 30, talkMs: Infinity };
  }
  const { status } = weighted(random, VENDOR_OUTCOMES);
  const progressMs = between(random, 200, 1800);
  const early = uniform(random) < 0.3;
  // Half of the talks end on this side: the caller's own time is as often the longer one.
  const talkMs = talk(random);
  if (status === 0) {
    return { progress: 180, progressMs, finalStatus: 480, finalMs: Infinity, talkMs };
  }
  if (status !== 200) {
    return { progress: 0, progressMs, finalStatus: status, finalMs: progressMs, talkMs };
  }
  const finalMs = progressMs + between(random, 600, 6000);
  return { progress: early ? 183 : 180, progressMs, finalStatus: 200, finalMs, talkMs };
}

function talk(random: Random): number {
  return Math.min(TALK_LONGEST_MS, 1000 + exponential(random, TALK_MEAN_MS));
}
