// baresip as phones of the switch itself, over each transport: they register with digest,
// call and are called, hold and resume; a transfer and a wrong password are refused.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import type { TransportName } from '../../engine/base/gateway-words.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { Baresip, within } from './baresip.ts';

const ALICE = '442071000001';
const BOB = '442071000002';
const CAROL = '442071000003';
const PASSWORD = 'correct-horse';

const PROVISION = {
  accounts: [{ account: 'acme', name: 'Acme', money: '1000', limitMoney: '0' }],
  phones: [ALICE, BOB, CAROL].map((e164) => ({ e164, account: 'acme', password: PASSWORD })),
};

interface CdrRow {
  readonly endCode: number;
  readonly endSide: string;
  readonly routingGateway: string;
}

/** What Alice and Bob speak. */
const PAIRS: readonly (readonly [TransportName, TransportName])[] = [
  ['udp', 'udp'],
  ['udp', 'tcp'],
  ['tcp', 'tls'],
];

for (const [ofAlice, ofBob] of PAIRS) {
  describe(`phones, one over ${ofAlice}, one over ${ofBob}`, { timeout: 120_000 }, () => {
    const pem = new PemFiles();
    const ports: Record<TransportName, number> = { udp: 0, tcp: 0, tls: 0 };
    let edge: SwitchProcess;
    let alice: Baresip;
    let bob: Baresip;
    let calls = 0;

    before(async () => {
      ports.udp = await freeUdpPort();
      ports.tcp = await freeTcpPort();
      ports.tls = await freeTcpPort();
      const certificate = pem.issue('tandem', ['IP:127.0.0.1']);
      edge = await startSwitch({
        provision: PROVISION,
        config: {
          listen: [
            `udp://127.0.0.1:${ports.udp}`,
            `tcp://127.0.0.1:${ports.tcp}`,
            { url: `tls://127.0.0.1:${ports.tls}`, ...certificate },
          ],
        },
      });
      alice = await phone(ALICE, ofAlice);
      bob = await phone(BOB, ofBob);
      for (const agent of [alice, bob]) await agent.traced(/200 OK .*\[1 binding\]/);
    });

    after(async () => {
      await alice.stop();
      await bob.stop();
      assert.equal(await edge.metric('tandem_exceptions_total'), 0);
      assert.equal(await edge.stop(), 0, edge.log());
    });

    function phone(user: string, transport: TransportName, password = PASSWORD): Promise<Baresip> {
      return Baresip.start({ user, transport, proxyPort: ports[transport], password, ca: pem.ca });
    }

    async function call(from: Baresip, to: Baresip, number: string): Promise<void> {
      from.command('dial', `sip:${number}@127.0.0.1`);
      await to.event('CALL_INCOMING');
      to.command('accept');
      await from.event('CALL_ESTABLISHED');
      await to.event('CALL_ESTABLISHED');
    }

    /** The record of the call that has ended for these. */
    async function closed(agents = [alice, bob]): Promise<CdrRow> {
      for (const agent of agents) await agent.event('CALL_CLOSED');
      calls++;
      const rows = await until(async () => {
        const found = await edge.query<CdrRow>(
          `select end_code as endCode, end_side as endSide, routing_gateway as routingGateway
           from tandem.cdr order by started_at desc`,
        );
        return found.length >= calls ? found : undefined;
      }, 15_000);
      assert.equal(rows?.length, calls, 'records');
      return rows[0]!;
    }

    test('they have registered with a digest', () => {
      for (const agent of [alice, bob]) {
        assert.match(agent.trace, /SIP\/2\.0 401 [^]*WWW-Authenticate: Digest/);
        assert.match(agent.trace, /REGISTER sip:[^]*Authorization: Digest/);
      }
    });

    test('they call each other by number, each way', async () => {
      await call(alice, bob, BOB);
      alice.command('hangup');
      const expected = { endCode: 200, endSide: 'caller', routingGateway: 'phones' };
      assert.deepEqual(await closed(), expected);
      await call(bob, alice, ALICE);
      alice.command('hangup');
      assert.deepEqual(await closed(), { ...expected, endSide: 'callee' });
    });

    test('hold and resume reach the other side', async () => {
      await call(bob, alice, ALICE);
      const seen = bob.trace.length;
      alice.command('hold');
      await bob.traced(within(seen, 'INVITE sip:[^]*a=sendonly'));
      await alice.traced(/a=recvonly/);
      alice.command('resume');
      await bob.traced(within(seen, 'a=sendonly[^]*INVITE sip:[^]*a=sendrecv'));
      bob.command('hangup');
      await closed();
    });

    test('a transfer is refused', async () => {
      await call(alice, bob, BOB);
      alice.command('transfer', `sip:${CAROL}@127.0.0.1`);
      await alice.traced(/SIP\/2\.0 603 [^]*CSeq: \d+ REFER/);
      // baresip hangs up then by itself, and says no more of it.
      await alice.event('TRANSFER_FAILED');
      assert.equal((await closed([bob])).endSide, 'caller');
    });

    test('a wrong password is refused', async () => {
      const wrong = await phone(CAROL, ofBob, 'wrong-horse');
      try {
        await wrong.traced(/Authorization: Digest[^]*SIP\/2\.0 4(?:01|03)/);
        assert.doesNotMatch(wrong.trace, /1 binding/);
      } finally {
        await wrong.stop();
      }
    });
  });
}
