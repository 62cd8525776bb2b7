// Provisioning of the load benches: one customer and one vendor on loopback, limits out of the way.

/** @param vendorPort UDP port of the vendor on 127.0.0.1. */
export function benchProvision(vendorPort: number): Record<string, unknown> {
  return {
    parameters: { SS_MAX_CALL_PER_SECOND: 100_000, SS_MAX_CONCURRENT_CALL: 1_000_000 },
    accounts: [
      { account: 'acme', name: 'Acme', money: '1000', limitMoney: '0', rateGroup: 'retail' },
      {
        account: 'alpha',
        name: 'Alpha',
        money: '0',
        limitMoney: '-100000',
        rateGroup: 'alpha-buy',
      },
    ],
    rateGroups: [
      { name: 'retail', rates: [{ prefix: '44', fee: '0.012', period: 60, area: 'UK' }] },
      { name: 'alpha-buy', rates: [{ prefix: '44', fee: '0.008', period: 1, firstPeriod: 30 }] },
    ],
    mappingGateways: [
      { name: 'acme-1', account: 'acme', remoteIps: ['127.0.0.1'], capacity: 1_000_000 },
    ],
    routingGateways: [
      {
        name: 'alpha-1',
        clearingAccount: 'alpha',
        remoteIp: '127.0.0.1',
        signalPort: vendorPort,
        prefixes: ['44'],
        priority: 1,
        capacity: 1_000_000,
      },
    ],
  };
}
