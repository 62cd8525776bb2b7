// Real agents around the switch: baresip calls baresip through Kamailio, Tandem and Kamailio again,
// both ways, with hold, a refused transfer and session refreshes, Kamailio and Tandem talking UDP
// or TLS; sipsak asks whether it is there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { Baresip, within } from './baresip.ts';
import { startKamailioAt } from './kamailio.ts';
import { needed, type AgentProcess } from './tools.ts';

const ALICE = '442071000001';
const BOB = '442071000002';

interface CdrRow {
  readonly endCode: number;
  readonly endSide: string;
  readonly durationMs: number;
  readonly routingGateway: string;
}

/** 90 s in ten parts: a refresh every 9 s. */
const PARAMETERS = { SS_SIP_SESSION_TTL: 90, SS_SIP_SESSION_UPDATE_SEGMENT: 10 };

function provision(carrierPort: number, more: object): Record<string, unknown> {
  return {
    parameters: PARAMETERS,
    accounts: [
      { account: 'acme', name: 'Acme', money: '1000', limitMoney: '0' },
      { account: 'alpha', name: 'Alpha', money: '0', limitMoney: '-1000' },
    ],
    mappingGateways: [{ name: 'proxy', account: 'acme', remoteIps: ['127.0.0.1'] }],
    routingGateways: [
      {
        name: 'carrier',
        clearingAccount: 'alpha',
        remoteIp: '127.0.0.1',
        signalPort: carrierPort,
        prefixes: ['44'],
        ...more,
      },
    ],
  };
}

for (const transport of ['udp', 'tls'] as const) {
  describe(
    `Kamailio in front and behind over ${transport}, baresip at both ends`,
    { timeout: 120_000 },
    () => {
      let edge: SwitchProcess;
      let kamailio: AgentProcess;
      let alice: Baresip;
      let bob: Baresip;
      let proxyPort = 0;

      before(async () => {
        proxyPort = await freeUdpPort();
        if (transport === 'udp') await startOverUdp();
        else await startOverTls();
        alice = await Baresip.start({ user: ALICE, proxyPort });
        bob = await Baresip.start({ user: BOB, proxyPort });
        await alice.traced(/200 OK .*\[1 binding\]/);
        await bob.traced(/200 OK .*\[1 binding\]/);
      });

      async function startOverUdp(): Promise<void> {
        edge = await startSwitch({ provision: provision(proxyPort, {}) });
        kamailio = await startKamailioAt(proxyPort, edge.sipPort);
      }

      /** Each shows the other a certificate of the same authority. */
      async function startOverTls(): Promise<void> {
        const pem = new PemFiles();
        const { ca } = pem;
        const [listenPort, carrierPort] = [await freeTcpPort(), await freeTcpPort()];
        const udpPort = await freeUdpPort();
        edge = await startSwitch({
          config: {
            listen: [
              `udp://127.0.0.1:${udpPort}`,
              {
                url: `tls://127.0.0.1:${listenPort}`,
                ...pem.issue('tandem', ['IP:127.0.0.1']),
                ca,
                clientCertificates: 'require',
              },
            ],
          },
          provision: provision(carrierPort, { transport: 'tls', tls: { ca } }),
        });
        const pair = pem.issue('kamailio', ['IP:127.0.0.1']);
        kamailio = await startKamailioAt(proxyPort, listenPort, { port: carrierPort, pair, ca });
      }

      after(async () => {
        await alice.stop();
        await bob.stop();
        await kamailio.stop();
        assert.equal(await edge.stop(), 0, edge.log());
      });

      async function call(from: Baresip, to: Baresip, number: string): Promise<void> {
        from.command('dial', `sip:${number}@127.0.0.1:${proxyPort}`);
        await to.event('CALL_INCOMING');
        to.command('accept');
        await from.event('CALL_ESTABLISHED');
        await to.event('CALL_ESTABLISHED');
      }

      async function hangUp(from: Baresip, to: Baresip): Promise<void> {
        from.command('hangup');
        await to.event('CALL_CLOSED');
        await from.event('CALL_CLOSED');
      }

      /** The newest record, when there are so many. */
      async function record(count: number): Promise<CdrRow> {
        const rows = await until(async () => {
          const found = await edge.query<CdrRow>(
            `select end_code as endCode, end_side as endSide, duration_ms as durationMs,
         routing_gateway as routingGateway from tandem.cdr order by started_at desc`,
          );
          return found.length >= count ? found : undefined;
        }, 15_000);
        assert.equal(rows?.length, count, 'records');
        return rows[0]!;
      }

      test('a call each way, ended by the one and by the other', async () => {
        await call(alice, bob, BOB);
        await hangUp(alice, bob);
        const first = await record(1);
        assert.deepEqual(
          [first.endCode, first.endSide, first.routingGateway],
          [200, 'caller', 'carrier'],
        );
        await call(bob, alice, ALICE);
        await hangUp(alice, bob);
        assert.equal((await record(2)).endSide, 'callee');
      });

      test('hold and resume reach the other side', async () => {
        await call(alice, bob, BOB);
        const seen = bob.trace.length;
        alice.command('hold');
        await bob.traced(within(seen, 'a=sendonly'));
        alice.command('resume');
        await bob.traced(within(seen, 'a=sendonly[^]*INVITE sip:[^]*a=sendrecv'));
        await hangUp(bob, alice);
        assert.equal((await record(3)).endSide, 'callee');
      });

      test('a transfer is refused', async () => {
        await call(alice, bob, BOB);
        alice.command('transfer', `sip:${ALICE}@127.0.0.1:${proxyPort}`);
        await alice.traced(/SIP\/2\.0 603 [^]*CSeq: \d+ REFER/);
        // baresip hangs up then by itself; the switch keeps the call.
        await alice.event('TRANSFER_FAILED');
        await bob.event('CALL_CLOSED');
        assert.equal((await record(4)).endSide, 'caller');
      });

      test('sessions are refreshed on the leg whose proxy asks for that', async () => {
        await call(alice, bob, BOB);
        const refreshed = async (): Promise<true | undefined> =>
          ((await edge.metric('tandem_sessions_refreshed_total')) ?? 0) > 0 ? true : undefined;
        assert.equal(await until(refreshed, 20_000), true, edge.log());
        await alice.traced(/INVITE sip:[^]*Session-Expires: 90;refresher=uac/);
        await hangUp(alice, bob);
        const { endCode, durationMs } = await record(5);
        assert.equal(endCode, 200);
        assert.ok(durationMs >= 9000, `${durationMs}`);
      });

      if (transport === 'udp') {
        test('sipsak: OPTIONS is answered', () => {
          needed('sipsak', 'sipsak', '--version');
          const uri = `sip:127.0.0.1:${edge.sipPort}`;
          const words = ['-s', uri, '-vv'];
          const asked = spawnSync('sipsak', words, { encoding: 'latin1', timeout: 15_000 });
          assert.equal(asked.status, 0, asked.stdout + asked.stderr);
          assert.match(asked.stdout, /SIP\/2\.0 200 OK/);
          assert.match(asked.stdout, /Allow: INVITE, ACK/);
        });
      }
    },
  );
}
