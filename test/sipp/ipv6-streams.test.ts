// Calls over TCP and TLS on IPv6, and between IPv6 and IPv4 on the same and on other transports.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hostPort } from '../../engine/base/endpoint.ts';
import type { TransportName } from '../../engine/base/gateway-words.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { tcpPortListens, udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { startSipp, type SippProcess } from '../../bench/calls/sipp-process.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { sippSuite } from './switch.ts';
import { tcpToTls, tlsToTcp, type TlsBridge } from './tls-bridge.ts';

const CALLS = 10;
const IPS = { 4: '127.0.0.1', 6: '::1' } as const;
type Family = keyof typeof IPS;
type Side = `${TransportName}${Family}`;
const SIDES: readonly Side[] = ['udp4', 'udp6', 'tcp4', 'tcp6', 'tls4', 'tls6'];

function scenario(name: string): string {
  return repositoryPath('test/sipp/scenarios', `${name}.xml`);
}

function transportOf(side: Side): TransportName {
  return side.slice(0, 3) as TransportName;
}

function familyOf(side: Side): Family {
  return side.endsWith('6') ? 6 : 4;
}

function freePort(side: Side): Promise<number> {
  const ip = IPS[familyOf(side)];
  return transportOf(side) === 'udp' ? freeUdpPort(ip) : freeTcpPort(ip);
}

describe('calls over TCP and TLS on IPv6 through SIPp', sippSuite(), () => {
  const pem = new PemFiles();
  const listens = new Map<Side, number>();
  /** Where the vendors' SIPp answers, and where the switch sends to: for TLS a bridge before it. */
  const vendors = new Map<Side, number>();
  const signals = new Map<Side, number>();
  const callers = new Map<Side, number>();
  const bridges: TlsBridge[] = [];
  let edge: SwitchProcess;

  before(async () => {
    const server = pem.issue('switch', ['IP:127.0.0.1', 'IP:::1']);
    const peer = pem.issue('peer', ['IP:127.0.0.1', 'IP:::1']);
    for (const side of SIDES) {
      const ip = IPS[familyOf(side)];
      const [listen, vendor] = [await freePort(side), await freePort(side)];
      listens.set(side, listen);
      vendors.set(side, vendor);
      if (transportOf(side) !== 'tls') {
        signals.set(side, vendor);
        callers.set(side, listen);
        continue;
      }
      const [before, behind] = [
        await tcpToTls(peer, pem.ca, listen, ip),
        await tlsToTcp(peer, vendor, ip),
      ];
      bridges.push(before, behind);
      signals.set(side, behind.port);
      callers.set(side, before.port);
    }
    const account = { money: '0', limitMoney: '0', rateGroup: 'retail' };
    edge = await startSwitch({
      config: {
        listen: SIDES.map((side) => {
          const [family, transport] = [familyOf(side), transportOf(side)];
          const at = hostPort({ family, ip: IPS[family], port: listens.get(side)! });
          const url = `${transport}://${at}`;
          return transport === 'tls' ? { url, ...server } : url;
        }),
      },
      provision: {
        accounts: [
          { account: 'acme', name: 'Acme', ...account },
          { account: 'alpha', name: 'Alpha', ...account },
        ],
        rateGroups: [{ name: 'retail', rates: [{ prefix: '44', fee: '0.01', period: 60 }] }],
        mappingGateways: [{ name: 'acme-1', account: 'acme', remoteIps: Object.values(IPS) }],
        routingGateways: SIDES.map((side, i) => ({
          name: side,
          clearingAccount: 'alpha',
          remoteIp: IPS[familyOf(side)],
          signalPort: signals.get(side)!,
          transport: transportOf(side),
          prefixes: [`44${i}`],
          ...(transportOf(side) === 'tls' ? { tls: { ca: pem.ca } } : {}),
        })),
      },
    });
  });
  after(async () => {
    assert.equal(await edge.metric('tandem_exceptions_total'), 0);
    assert.equal(await edge.stop(), 0);
    for (const bridge of bridges) bridge.close();
  });

  async function startVendor(side: Side): Promise<SippProcess> {
    const port = vendors.get(side)!;
    const isUdp = transportOf(side) === 'udp';
    const vendor = startSipp({
      scenario: scenario('vendor-answers'),
      ip: IPS[familyOf(side)],
      port,
      calls: CALLS,
      timeoutSeconds: 60,
      more: ['-t', isUdp ? 'u1' : 't1'],
    });
    const listening = isUdp ? udpPortIsBound : tcpPortListens;
    const bound = await until(() => (listening(port) ? true : undefined), 5000, 10);
    assert.equal(bound, true, `the vendor listens on ${port}`);
    return vendor;
  }

  function carries(from: Side, to: Side): void {
    it(`from ${from} to ${to}`, async () => {
      const [family, ip] = [familyOf(from), IPS[familyOf(from)]];
      const callee = `44${SIDES.indexOf(to)}${SIDES.indexOf(from)}000001`;
      const vendor = await startVendor(to);
      try {
        const caller = startSipp({
          scenario: scenario('caller-hangs-up'),
          ip,
          port: await freePort(from),
          target: hostPort({ family, ip, port: callers.get(from)! }),
          calls: CALLS,
          rate: 20,
          pauseMs: 200,
          timeoutSeconds: 60,
          more: ['-key', 'callee', callee, '-t', transportOf(from) === 'udp' ? 'u1' : 't1'],
        });
        const { counts, errors } = await caller.done;
        assert.equal(counts.successful, CALLS, `${errors}\n${edge.log().slice(-2000)}`);
        assert.equal((await vendor.done).counts.successful, CALLS);
      } finally {
        await vendor.stop(true);
      }
      const rows = await until(async () => {
        const found = await edge.query<{ source: string; destination: string; calls: number }>(
          `SELECT source_ip AS source, destination_ip AS destination, count() AS calls
           FROM tandem.cdr WHERE callee_in = '${callee}' AND end_code = 200 GROUP BY ALL`,
        );
        return found[0]?.calls === CALLS ? found : undefined;
      }, 15_000);
      assert.deepEqual(rows, [{ source: ip, destination: IPS[familyOf(to)], calls: CALLS }]);
    });
  }

  carries('tcp6', 'tcp6');
  carries('tls6', 'tls6');
  carries('tcp6', 'tcp4');
  carries('tcp4', 'tcp6');
  carries('tls6', 'tls4');
  carries('tls4', 'tls6');
  carries('tcp6', 'udp4');
  carries('udp4', 'tls6');
});
