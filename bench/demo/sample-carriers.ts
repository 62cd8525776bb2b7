// The carriers of the demo: a customer that calls, and a vendor's gateway at the address of each
// routing gateway of the provision file that lies on this machine.
import { seededRandom, type Random } from '../../engine/base/random.ts';
import type { Provision } from '../../engine/config/provision.ts';
import { Callee } from '../agents/callee.ts';
import { Caller } from '../agents/caller.ts';
import { SipPort, type Peer } from '../agents/sip-port.ts';
import { until } from '../calls/until.ts';
import { nextCall, nextGapMs, vendorPlan } from './traffic-mix.ts';

const DEFAULT_SIP_PORT = 5060;

export interface SampleCarriers {
  /** For people: who answers where. */
  readonly vendors: readonly string[];
  /** Stops new calls, ends those that are up (within `graceMs`), closes the ports. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Starts vendors and customer; calls go to `server` at `rate` per second until stopped.
 * Rejects when the address of a vendor is taken.
 */
export async function startSampleCarriers(
  provision: Provision,
  server: Peer,
  rate: number,
  seed: number,
): Promise<SampleCarriers> {
  const random = seededRandom(seed);
  const ports: SipPort[] = [];
  const closePorts = async (): Promise<void> => {
    await Promise.all(ports.map((port) => port.close()));
  };
  try {
    const vendors: string[] = [];
    const callees: Callee[] = [];
    for (const {
      name,
      remoteIp = '',
      signalPort = DEFAULT_SIP_PORT,
    } of provision.routingGateways) {
      if (!isLoopback(remoteIp)) continue;
      const place = vendors.length;
      const port = await SipPort.open(remoteIp, signalPort);
      ports.push(port);
      callees.push(new Callee(port, random, () => vendorPlan(random, place)));
      vendors.push(`${name} on ${port.sentBy}`);
    }
    const callerPort = await SipPort.open(customerAddress(provision), 0);
    ports.push(callerPort);
    const caller = new Caller(callerPort, server, random);
    const stopCalling = placeCalls(caller, rate, random);
    const stop = async (graceMs: number): Promise<void> => {
      stopCalling();
      caller.hangUpAll();
      await until(() => (caller.active === 0 ? true : undefined), graceMs);
      for (const callee of callees) callee.dropAll();
      await closePorts();
    };
    return { vendors, stop };
  } catch (error) {
    await closePorts();
    throw error;
  }
}

function placeCalls(caller: Caller, rate: number, random: Random): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    timer = setTimeout(
      () => {
        void caller.call(nextCall(random));
        wait();
      },
      nextGapMs(random, rate),
    );
  };
  wait();
  return () => {
    clearTimeout(timer);
  };
}

/** The first address on this machine that a mapping gateway is known by. */
function customerAddress(provision: Provision): string {
  const ips = provision.mappingGateways.flatMap(({ remoteIps }) => remoteIps);
  return ips.find((ip) => isLoopback(ip) && !ip.includes('/')) ?? '127.0.0.1';
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}
