// Calls over TCP and TLS, and from each transport to each other: native and portable, two shards.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { tcpPortListens, udpPortIsBound } from '../../bench/calls/process-stat.ts';
import { startSipp, type SippProcess } from '../../bench/calls/sipp-process.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import type { TransportName } from '../../engine/base/gateway-words.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { sippSuite } from './switch.ts';
import { tcpToTls, tlsToTcp, type TlsBridge } from './tls-bridge.ts';

const CALLS = 20;

function scenario(name: string): string {
  return repositoryPath('test/sipp/scenarios', `${name}.xml`);
}

/** A switch with a listen address of each transport, and a vendor behind each. */
class Bench {
  readonly #pem = new PemFiles();
  readonly #server = this.#pem.issue('switch', ['IP:127.0.0.1']);
  readonly #client = this.#pem.issue('peer', ['IP:127.0.0.1']);
  readonly #bridges: TlsBridge[] = [];
  readonly #listen: Record<TransportName, number> = { udp: 0, tcp: 0, tls: 0 };
  /** Where SIPp answers: for TLS behind a bridge. */
  readonly #vendors: Record<TransportName, number> = { udp: 0, tcp: 0, tls: 0 };
  edge!: SwitchProcess;

  async start(io: string): Promise<void> {
    this.#listen.udp = await freeUdpPort();
    this.#listen.tcp = await freeTcpPort();
    this.#listen.tls = await freeTcpPort();
    this.#vendors.udp = await freeUdpPort();
    this.#vendors.tcp = await freeTcpPort();
    this.#vendors.tls = await freeTcpPort();
    const tlsVendor = await tlsToTcp(this.#client, this.#vendors.tls);
    const tlsCaller = await tcpToTls(this.#client, this.#pem.ca, this.#listen.tls);
    this.#bridges.push(tlsVendor, tlsCaller);
    const { udp, tcp, tls } = this.#listen;
    this.edge = await startSwitch({
      io,
      shards: 2,
      config: {
        listen: [
          `udp://127.0.0.1:${udp}`,
          `tcp://127.0.0.1:${tcp}`,
          {
            url: `tls://127.0.0.1:${tls}`,
            ...this.#server,
            ca: this.#pem.ca,
            clientCertificates: 'require',
          },
        ],
      },
      provision: this.#provision(tlsVendor.port),
    });
  }

  #provision(tlsPort: number): Record<string, unknown> {
    const account = { money: '0', limitMoney: '0', rateGroup: 'retail' };
    const gateway = (transport: TransportName, prefix: string, signalPort: number): object => ({
      name: transport,
      clearingAccount: 'alpha',
      remoteIp: '127.0.0.1',
      signalPort,
      transport,
      prefixes: [prefix],
      ...(transport === 'tls' ? { tls: { ca: this.#pem.ca } } : {}),
    });
    return {
      accounts: [
        { account: 'acme', name: 'Acme', ...account },
        { account: 'alpha', name: 'Alpha', ...account },
      ],
      rateGroups: [{ name: 'retail', rates: [{ prefix: '44', fee: '0.01', period: 60 }] }],
      mappingGateways: [{ name: 'acme-1', account: 'acme', remoteIps: ['127.0.0.1'] }],
      routingGateways: [
        gateway('udp', '441', this.#vendors.udp),
        gateway('tcp', '442', this.#vendors.tcp),
        gateway('tls', '443', tlsPort),
      ],
    };
  }

  /** SIPp's mode: one socket for all calls, or one for each. */
  async place(from: TransportName, to: TransportName, mode: '1' | 'n', callee: string) {
    const vendor = await this.#startVendor(to);
    try {
      const caller = startSipp({
        scenario: scenario('caller-hangs-up'),
        port: from === 'udp' ? await freeUdpPort() : await freeTcpPort(),
        target: `127.0.0.1:${from === 'tls' ? this.#bridges[1]!.port : this.#listen[from]}`,
        calls: CALLS,
        rate: 20,
        pauseMs: 200,
        timeoutSeconds: 60,
        more: [
          ...['-key', 'callee', callee, '-cid_str', 'callerid-%u-%p@%s'],
          ...['-t', from === 'udp' ? `u${mode}` : `t${mode}`, '-max_socket', '500'],
        ],
      });
      const { counts, errors } = await caller.done;
      assert.equal(counts.successful, CALLS, `${errors}\n${this.edge.log().slice(-3000)}`);
      assert.equal((await vendor.done).counts.successful, CALLS);
    } finally {
      await vendor.stop(true);
    }
    const gateway = await until(async () => {
      const found = await this.edge.query<{ gateway: string; calls: number }>(
        `SELECT routing_gateway AS gateway, count() AS calls FROM tandem.cdr
         WHERE callee_in = '${callee}' AND end_code = 200 GROUP BY ALL`,
      );
      return found[0]?.calls === CALLS ? found[0].gateway : undefined;
    }, 15_000);
    assert.equal(gateway, to, 'records of the calls');
  }

  async #startVendor(transport: TransportName): Promise<SippProcess> {
    const port = this.#vendors[transport];
    const vendor = startSipp({
      scenario: scenario('vendor-answers'),
      port,
      calls: CALLS,
      timeoutSeconds: 60,
      more: ['-t', transport === 'udp' ? 'u1' : 't1'],
    });
    const listens = transport === 'udp' ? udpPortIsBound : tcpPortListens;
    const bound = await until(() => (listens(port) ? true : undefined), 5000, 10);
    assert.equal(bound, true, `the vendor listens on ${port}`);
    return vendor;
  }

  async stop(): Promise<void> {
    assert.equal(await this.edge.metric('tandem_exceptions_total'), 0);
    assert.equal(await this.edge.metric('tandem_wrong_shard_total'), 0);
    assert.equal(await this.edge.stop(), 0, 'exit code of the switch');
    for (const each of this.#bridges) each.close();
  }
}

for (const io of ['native', 'portable']) {
  describe(`calls over TCP and TLS through SIPp, ${io}`, sippSuite(), () => {
    const bench = new Bench();
    before(() => bench.start(io));
    after(() => bench.stop());

    it('TCP to TCP, all calls over one connection', () =>
      bench.place('tcp', 'tcp', '1', '4420001'));
    it('TCP to TCP, each call over its own', () => bench.place('tcp', 'tcp', 'n', '4420002'));
    it('TCP to UDP', () => bench.place('tcp', 'udp', '1', '4410001'));
    it('UDP to TCP', () => bench.place('udp', 'tcp', '1', '4420003'));
    it('TLS to TLS, with certificates of both sides', () => {
      return bench.place('tls', 'tls', 'n', '4430001');
    });
    it('UDP to TLS', () => bench.place('udp', 'tls', '1', '4430002'));
    it('TLS to UDP', () => bench.place('tls', 'udp', '1', '4410002'));
    it('UDP to UDP beside them', () => bench.place('udp', 'udp', '1', '4410003'));

    it('resends nothing and counts connections', async () => {
      const resent = 'tandem_sip_retransmissions_total';
      assert.equal(await bench.edge.metric(resent), 0);
      assert.ok((await bench.edge.metric('tandem_connections_opened_total'))! >= 2 * CALLS);
    });
  });
}
