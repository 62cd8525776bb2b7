// A small load on a real edge process: several callers and vendors on ports of their own, a mix of
// calls whose ends are known beforehand, and a network that loses every so-manieth message.
import { Callee, type AnswerPlan } from '../../bench/agents/callee.ts';
import { Caller, type CallOutcome } from '../../bench/agents/caller.ts';
import { SipPort } from '../../bench/agents/sip-port.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import { seededRandom } from '../../engine/base/random.ts';

/** How a call is meant to end; the last digit of its number tells the vendor. */
export const KINDS = ['caller-hangs-up', 'callee-hangs-up', 'busy', 'cancelled'] as const;
export type Kind = (typeof KINDS)[number];

/** Final code that the caller gets, and what the record says. */
export const EXPECTED: Readonly<Record<Kind, { code: number; endSide: string }>> = {
  'caller-hangs-up': { code: 200, endSide: 'caller' },
  'callee-hangs-up': { code: 200, endSide: 'callee' },
  busy: { code: 486, endSide: 'callee' },
  cancelled: { code: 487, endSide: 'caller' },
};

const PLANS: readonly AnswerPlan[] = [
  { progress: 180, progressMs: 10, finalStatus: 200, finalMs: 60, talkMs: Infinity },
  { progress: 183, progressMs: 10, finalStatus: 200, finalMs: 60, talkMs: 150 },
  { progress: 0, progressMs: 0, finalStatus: 486, finalMs: 30, talkMs: 0 },
  { progress: 180, progressMs: 10, finalStatus: 200, finalMs: Infinity, talkMs: 0 },
];

function calleeNumber(kind: Kind, n: number): string {
  return `44${String(n).padStart(6, '0')}${KINDS.indexOf(kind)}`;
}

export interface Made {
  readonly kind: Kind;
  readonly outcome: CallOutcome;
}

/** Loses one in `every` messages that arrive at `port`, and none of those that follow at once. */
function lossy(port: SipPort, every: number): void {
  const deliver = port.onMessage;
  let count = 0;
  port.onMessage = (heard, from) => {
    if (++count % every !== 0) deliver(heard, from);
  };
}

export class EdgeLoad {
  readonly vendorPorts: readonly number[];
  readonly #vendors: Callee[] = [];
  readonly #callers: Caller[] = [];
  readonly #ports: SipPort[] = [];
  readonly #lossEvery: number;

  private constructor(vendorPorts: readonly number[], lossEvery: number) {
    this.vendorPorts = vendorPorts;
    this.#lossEvery = lossEvery;
  }

  /** Opens two vendors. @param lossEvery 0: nothing is lost */
  static async open(lossEvery: number): Promise<EdgeLoad> {
    const load = new EdgeLoad([await freeUdpPort(), await freeUdpPort()], lossEvery);
    for (const [i, number] of load.vendorPorts.entries()) {
      const port = await load.#open(number);
      const plan = (user: string): AnswerPlan => PLANS[Number(user.at(-1))]!;
      load.#vendors.push(new Callee(port, seededRandom(100 + i), plan));
      if (lossEvery > 0) lossy(port, lossEvery);
    }
    return load;
  }

  /** Opens callers, each on a port of its own: the kernel spreads them over sockets. */
  async openCallers(count: number, sipPort: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const port = await this.#open(0);
      const server = { host: '127.0.0.1', port: sipPort };
      this.#callers.push(new Caller(port, server, seededRandom(i)));
      if (this.#lossEvery > 0) lossy(port, this.#lossEvery);
    }
  }

  /** INVITEs that reached each vendor. */
  get heard(): number[] {
    return this.#vendors.map((vendor) => vendor.heard);
  }

  /** One call; `n` makes its number its own. */
  async call(kind: Kind, n: number, talkMs = 150): Promise<Made> {
    const outcome = await this.#callers[n % this.#callers.length]!.call({
      caller: '442070000001',
      callee: calleeNumber(kind, n),
      patienceMs: kind === 'cancelled' ? 250 : 20_000,
      talkMs: kind === 'callee-hangs-up' ? 20_000 : talkMs,
    });
    return { kind, outcome };
  }

  /** Calls of all kinds in turn, `perSecond` of them started each second. */
  async run(count: number, perSecond: number): Promise<Made[]> {
    const made: Promise<Made>[] = [];
    const startedMs = performance.now();
    for (let n = 0; n < count; n++) {
      const dueMs = startedMs + (n * 1000) / perSecond - performance.now();
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
      made.push(this.call(KINDS[n % KINDS.length]!, n));
    }
    return Promise.all(made);
  }

  async close(): Promise<void> {
    for (const vendor of this.#vendors) vendor.dropAll();
    await Promise.all(this.#ports.map((port) => port.close()));
  }

  async #open(number: number): Promise<SipPort> {
    const port = await SipPort.open('127.0.0.1', number);
    this.#ports.push(port);
    return port;
  }
}

/** provision.yaml with these vendors for all numbers of the load, used in equal shares. */
export function provisionFor(vendorPorts: readonly number[]): Record<string, unknown> {
  return {
    parameters: { SS_MAX_CALL_PER_SECOND: 10_000, SS_MAX_CONCURRENT_CALL: 10_000 },
    accounts: [
      { account: 'acme', name: 'Acme', money: '1000', limitMoney: '0', rateGroup: 'retail' },
      { account: 'alpha', name: 'Alpha', money: '0', limitMoney: '-1000', rateGroup: 'retail' },
    ],
    rateGroups: [
      { name: 'retail', rates: [{ prefix: '44', fee: '0.012', period: 60, area: 'UK' }] },
    ],
    mappingGateways: [
      { name: 'acme-1', account: 'acme', remoteIps: ['127.0.0.1'], capacity: 10_000 },
    ],
    routingGateways: vendorPorts.map((signalPort, i) => ({
      name: `alpha-${i}`,
      clearingAccount: 'alpha',
      remoteIp: '127.0.0.1',
      signalPort,
      prefixes: ['44'],
      priority: 1,
      capacity: 10_000,
    })),
  };
}
