// Registered phones of a simulated network: numbers that go to where a device is registered, to its
// contacts one after the other, or to nobody. Over UDP alone: the virtual network has no
// connections, and over TCP nothing is sent again that it loses.
import type { Endpoint } from '../../engine/base/endpoint.ts';
import { Kind } from '../../engine/registry/location-layout.ts';
import { LocationWriter } from '../../engine/registry/location-writer.ts';
import type { DeckPhone } from '../../engine/registry/phone-deck.ts';
import { sourceWords } from '../../engine/registry/source-words.ts';
import { FIRST_GATEWAY_SLOT, PHONE_CALLS } from '../../engine/routing/gate-slots.ts';
import { NO_LIMIT } from '../../engine/routing/snapshot.ts';
import type { World } from './agent.ts';
import type { Chance } from './chance.ts';
import type { Edge } from './edge.ts';
import { vendorPlan } from './plans.ts';
import { Vendor, type VendorPlan } from './vendor.ts';
import { VENDOR_MARK, VENDOR_NET } from './wire-rules.ts';

export const PHONE_PREFIX = '88';
/** One for each caller: who calls a phone calls his own, so that numbers tell calls apart. */
const PHONES = 20;
/** Behind the gateways': their gates, and the last part of their first device's address. */
const FIRST_SLOT = FIRST_GATEWAY_SLOT + 32;
const FIRST_HOST = 100;
const REGISTERED_MS = 3_600_000;

export function phoneNumber(index: number): string {
  return `${PHONE_PREFIX}${String(index).padStart(4, '0')}0`;
}

export function randomPhones(chance: Chance): DeckPhone[] {
  return Array.from({ length: PHONES }, (_, i) => {
    const own = chance.happens(0.3);
    return {
      e164: phoneNumber(i),
      account: 'account-1',
      password: 'secret',
      lock: chance.happens(0.03),
      slot: own ? FIRST_SLOT + i : PHONE_CALLS,
      capacity: own ? 1 : NO_LIMIT,
    };
  });
}

/**
 * Puts devices into the network, most numbers with one.
 * @param endedWithinMs the operator ends some registrations; null: none. Without one a device is a
 * stranger, and need not be answered when a crash has lost its call
 */
export function addPhones(world: World, edge: Edge, endedWithinMs: number | null): Vendor[] {
  const { chance, time } = world;
  const devices: Vendor[] = [];
  for (let i = 0; i < PHONES; i++) {
    const contacts = chance.pick([0, 1, 1, 1, 2]);
    for (let contact = 0; contact < contacts; contact++) {
      const host = FIRST_HOST + devices.length;
      const endpoint: Endpoint = { family: 4, ip: `${VENDOR_NET}${host}`, port: 40_000 + i };
      const plan = (): VendorPlan => phonePlan(chance);
      const mark = `${VENDOR_MARK}${host}x`;
      devices.push(new Vendor(world, { endpoint, mark, challenge: null, plan }));
      register(edge, time.wallMs(), phoneNumber(i), endpoint, chance.happens(0.5));
    }
    if (endedWithinMs !== null && chance.happens(0.1)) {
      time.after(chance.between(0, endedWithinMs), () => {
        edge.operate((core) => {
          core.access.endRegistrations(phoneNumber(i));
        });
      });
    }
  }
  return devices;
}

/** A phone does not fork. */
function phonePlan(chance: Chance): VendorPlan {
  const plan = vendorPlan(chance, 1);
  const responses = plan.responses.map((response) => ({ ...response, fork: 0 }));
  return { ...plan, responses, secondAnswerAfterMs: null };
}

function register(
  edge: Edge,
  wallMs: number,
  aor: string,
  endpoint: Endpoint,
  behindNat: boolean,
): void {
  const memory = edge.locationMemory;
  const region = new LocationWriter(memory, 0).regionOf(aor);
  const host = behindNat ? '192.168.1.20:5060' : `${endpoint.ip}:${endpoint.port}`;
  new LocationWriter(memory, region).put({
    aor,
    kind: Kind.Phone,
    // Two devices behind one NAT differ by more than their private address.
    contact: `sip:${aor}@${host};device=${endpoint.ip.slice(VENDOR_NET.length)}`,
    source: sourceWords(endpoint)!,
    local: 0,
    behindNat,
    registeredAtMs: wallMs,
    refreshedAtMs: wallMs,
    expiresAtMs: wallMs + REGISTERED_MS,
    q: 1000,
    callId: `registration-${aor}-${endpoint.ip}`,
    cseq: 1,
    userAgent: '',
    path: '',
  });
}
