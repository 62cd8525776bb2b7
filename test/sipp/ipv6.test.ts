// Calls over IPv6, and from IPv6 to a vendor on IPv4: two listen addresses, one switch.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freeUdpPort } from '../../infra/free-port.ts';
import { udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { startSipp } from '../../bench/calls/sipp-process.ts';
import { startSwitch } from '../../bench/calls/switch-process.ts';
import type { SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { sippSuite } from './switch.ts';

const CALLS = 20;

function scenario(name: string): string {
  return repositoryPath('test/sipp/scenarios', `${name}.xml`);
}

interface Row {
  readonly sourceIp: string;
  readonly destinationIp: string;
  readonly calls: number;
}

describe('calls over IPv6 through SIPp', sippSuite(), () => {
  let edge: SwitchProcess;
  let sip6: number;
  const vendors = { '::1': 0, '127.0.0.1': 0 };

  before(async () => {
    vendors['::1'] = await freeUdpPort('::1');
    vendors['127.0.0.1'] = await freeUdpPort();
    sip6 = await freeUdpPort('::1');
    const gateway = (name: string, remoteIp: keyof typeof vendors, prefix: string): object => {
      const signalPort = vendors[remoteIp];
      const fixed = { clearingAccount: 'alpha', priority: 1, capacity: 1000 };
      return { name, remoteIp, signalPort, prefixes: [prefix], ...fixed };
    };
    const account = { money: '0', limitMoney: '0', rateGroup: 'retail' };
    edge = await startSwitch({
      config: { listen: [`udp://127.0.0.1:${await freeUdpPort()}`, `udp://[::1]:${sip6}`] },
      provision: {
        accounts: [
          { account: 'acme', name: 'Acme', ...account },
          { account: 'alpha', name: 'Alpha', ...account },
        ],
        rateGroups: [{ name: 'retail', rates: [{ prefix: '44', fee: '0.01', period: 60 }] }],
        mappingGateways: [{ name: 'acme-6', account: 'acme', remoteIps: ['::1'], capacity: 1000 }],
        routingGateways: [gateway('six', '::1', '446'), gateway('four', '127.0.0.1', '444')],
      },
    });
  });
  after(() => edge.stop());

  async function place(callee: string, vendorIp: keyof typeof vendors): Promise<Row> {
    const calls = { calls: CALLS, pauseMs: 200, timeoutSeconds: 30 };
    const port = vendors[vendorIp];
    const vendor = startSipp({
      scenario: scenario('vendor-answers'),
      ip: vendorIp,
      port,
      ...calls,
    });
    try {
      await until(() => (udpPortIsBound(port) ? true : undefined), 5000, 10);
      const caller = startSipp({
        scenario: scenario('caller-hangs-up'),
        ip: '::1',
        port: await freeUdpPort('::1'),
        target: `[::1]:${sip6}`,
        rate: 50,
        more: ['-key', 'callee', callee],
        ...calls,
      });
      const { counts, errors } = await caller.done;
      assert.equal(counts.successful, CALLS, `${errors}\n${edge.log().slice(-2000)}`);
      assert.equal((await vendor.done).counts.successful, CALLS);
    } finally {
      await vendor.stop(true);
    }
    const rows = await until(async () => {
      const found = await edge.query<Row>(
        `SELECT source_ip AS sourceIp, destination_ip AS destinationIp, count() AS calls
         FROM tandem.cdr WHERE callee_in = '${callee}' AND end_code = 200 GROUP BY ALL`,
      );
      return found[0]?.calls === CALLS ? found : undefined;
    }, 15_000);
    assert.equal(rows?.length, 1, 'records of the calls');
    return rows[0]!;
  }

  it('carries calls from IPv6 to IPv6', async () => {
    const expected = { sourceIp: '::1', destinationIp: '::1', calls: CALLS };
    assert.deepEqual(await place('4460001', '::1'), expected);
  });

  it('carries calls from IPv6 to IPv4', async () => {
    const expected = { sourceIp: '::1', destinationIp: '127.0.0.1', calls: CALLS };
    assert.deepEqual(await place('4440001', '127.0.0.1'), expected);
  });
});
