// The configuration of a flow (flow.ts): one customer, vendors in the order of their priority, and
// on top what a test cares about.
import { parameterValues } from '../../../engine/parameters/parse-value.ts';
import { compilePhoneDeck, type DeckPhone } from '../../../engine/registry/phone-deck.ts';
import {
  compileFailoverCodes,
  DEFAULT_FAILOVER_CODES,
} from '../../../engine/routing/failover-codes.ts';
import { FIRST_GATEWAY_SLOT, PHONE_CALLS } from '../../../engine/routing/gate-slots.ts';
import { NO_LIMIT, type Snapshot } from '../../../engine/routing/snapshot.ts';
import { mappingGateway, snapshotOf } from '../routing/fixtures.ts';
import { CUSTOMER, type FlowOptions } from './flow.ts';

const PHONE: DeckPhone = {
  e164: '8801712345678',
  account: 'acme',
  password: 'secret',
  lock: false,
  slot: PHONE_CALLS,
  capacity: NO_LIMIT,
};

export function snapshotFor(options: FlowOptions): Snapshot {
  const { parameters, customer, vendors = [{}], prefixes = ['44'], traces = [] } = options;
  const { phones = [], customers = [] } = options;
  const failoverCodes = compileFailoverCodes(DEFAULT_FAILOVER_CODES);
  const base = snapshotOf(
    vendors.map((given, i) => ({
      prefixes,
      gateway: {
        name: `vendor-${i + 1}`,
        slot: FIRST_GATEWAY_SLOT + 1 + i,
        priority: i + 1,
        peer: { family: 4, ip: `203.0.113.${i + 1}`, port: 5060 } as const,
        failoverCodes,
        ...given,
      },
    })),
  );
  return {
    ...base,
    parameters: parameterValues(parameters),
    traces,
    phones: compilePhoneDeck(phones.map((phone) => ({ ...PHONE, ...phone }))),
    mappingGateways: [
      mappingGateway({ slot: FIRST_GATEWAY_SLOT, remoteIps: [CUSTOMER.ip], ...customer }),
      ...customers.map((given) => mappingGateway({ slot: FIRST_GATEWAY_SLOT, ...given })),
    ],
  };
}
