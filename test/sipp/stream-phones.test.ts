// Phones over TCP and TLS with the real process: called over the connection that they registered
// by, behind NAT and not, kept alive there; what becomes of calls to them when it has ended.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, describe, it } from 'node:test';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { PemFiles } from '../engine/net/streams/pem-files.ts';
import { sdpText } from '../sim/text-message.ts';
import type { Heard } from './stream-peer.ts';
import { StreamPhone } from './stream-phone.ts';

const CALLER = '880170000001';
const CALLED = '880170000002';
const PASSWORD = 'correct-horse';
const ACCOUNT = { account: 'acme', name: 'Acme', money: '1000', limitMoney: '0' };

interface Listed {
  readonly aor: string;
  readonly online: boolean;
  readonly contact: string;
}

for (const [io, transport] of [
  ['native', 'tcp'],
  ['native', 'tls'],
  ['portable', 'tcp'],
] as const) {
  describe(`phones over ${transport}, ${io}`, { timeout: 120_000 }, () => {
    const pem = new PemFiles();
    const phones: StreamPhone[] = [];
    let edge: SwitchProcess;
    let port: number;
    let caller: StreamPhone;

    before(async () => {
      port = await freeTcpPort();
      const url = `${transport}://127.0.0.1:${port}`;
      const listen = transport === 'tls' ? { url, ...pem.issue('switch', ['IP:127.0.0.1']) } : url;
      edge = await startSwitch({
        io,
        shards: 2,
        config: { listen: [`udp://127.0.0.1:${await freeUdpPort()}`, listen], ingest: false },
        provision: {
          parameters: { SS_SIP_NAT_KEEP_ALIVE_PERIOD: 10 },
          accounts: [ACCOUNT],
          phones: [CALLER, CALLED].map((e164) => ({ e164, account: 'acme', password: PASSWORD })),
        },
      });
      caller = await open(CALLER, true);
    });
    afterEach(async () => {
      for (const phone of phones.splice(1)) phone.close();
      end(CALLED);
      const ended = await until(async () => {
        return (await edge.metric('tandem_registrations')) === 0 ? true : undefined;
      }, 10_000);
      assert.equal(ended, true, 'nobody is registered');
    });
    after(async () => {
      assert.equal(await edge.metric('tandem_exceptions_total'), 0);
      assert.equal(await edge.metric('tandem_wrong_shard_total'), 0);
      assert.equal(await edge.stop(), 0, edge.log());
      caller.close();
    });

    async function open(number: string, behindNat: boolean): Promise<StreamPhone> {
      const ca = transport === 'tls' ? { ca: readFileSync(pem.ca) } : {};
      const phone = await StreamPhone.open({
        ...{ number, password: PASSWORD, port, behindNat },
        ...ca,
      });
      phones.push(phone);
      return phone;
    }

    async function registered(behindNat: boolean): Promise<StreamPhone> {
      const phone = await open(CALLED, behindNat);
      await phone.register();
      return phone;
    }

    function operator(...words: string[]): Listed[] {
      const main = repositoryPath('dist/engine/commands/registrations/main.js');
      const args = [main, ...words, '--json', '--config', edge.configFile];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      return (JSON.parse(stdout) as { registrations?: Listed[] }).registrations ?? [];
    }

    function end(number: string): void {
      operator('end', number);
    }

    /** The caller calls; the phone answers; they talk; the caller or the phone hangs up. */
    async function talk(phone: StreamPhone, hangUp: 'caller' | 'phone'): Promise<Heard> {
      await caller.call(CALLED);
      const offered = await phone.peer.take('INVITE');
      phone.peer.answer(offered, 200, sdpText(2));
      const answer = await caller.peer.take('200 INVITE');
      caller.ack(answer);
      await phone.peer.take('ACK');
      if (hangUp === 'caller') {
        caller.hangUp(answer);
        phone.peer.answer(await phone.peer.take('BYE'), 200);
        await caller.peer.take('200 BYE');
      } else {
        const { message, socket } = offered;
        phone.peer.request(socket, 'BYE', {
          uri: message.contact,
          from: `${message.header('to')};tag=theirs`,
          to: message.header('from'),
          callId: message.callId,
          cseq: 1,
        });
        caller.peer.answer(await caller.peer.take('BYE'), 200);
        await phone.peer.take('200 BYE');
      }
      return offered;
    }

    async function refused(): Promise<number> {
      await caller.call(CALLED);
      const answer = await caller.peer.take('480 INVITE');
      caller.ack(answer);
      return answer.message.status;
    }

    async function offline(): Promise<void> {
      const seen = await until(
        () => (operator('show', CALLED).every(({ online }) => !online) ? true : undefined),
        20_000,
      );
      assert.equal(seen, true, 'the operator sees it offline');
    }

    it('a call comes over the connection of the REGISTER, behind NAT', async () => {
      const phone = await registered(true);
      const { message, socket } = await talk(phone, 'caller');
      assert.equal(socket, phone.socket);
      assert.equal(message.uri, phone.contact);
      assert.match(message.header('via'), new RegExp(`^SIP/2.0/${transport} `, 'i'));
      await talk(phone, 'phone');
    });

    it('a device behind NAT gets pings over its connection, and none is missed', async () => {
      const phone = await registered(true);
      const pinged = await until(() => (phone.peer.pings >= 2 ? true : undefined), 40_000);
      assert.equal(pinged, true, `${phone.peer.pings} pings`);
      assert.equal(await edge.metric('tandem_heartbeat_shortfall'), 0);
      await talk(phone, 'caller');
      assert.equal(caller.peer.pings, 0, 'who has not registered gets none');
    });

    it('when it has ended the registration stays, calls get 480 at once', async () => {
      const phone = await registered(true);
      phone.peer.cut();
      await offline();
      assert.equal(await edge.metric('tandem_registrations'), 1);
      assert.equal(await refused(), 480);
      await phone.connect();
      await phone.register();
      await talk(phone, 'phone');
    });

    it('the next contact is tried when the connection of the first has ended', async () => {
      const first = await registered(true);
      const second = await registered(true);
      second.peer.cut();
      await talk(first, 'caller');
      assert.equal(await edge.metric('tandem_registrations'), 2);
    });

    if (transport === 'tcp') {
      it('who is not behind NAT is called at his Contact when it has ended', async () => {
        const phone = await registered(false);
        const { socket } = await talk(phone, 'caller');
        assert.equal(socket, phone.socket);
        phone.peer.cut();
        const again = await talk(phone, 'phone');
        assert.notEqual(again.socket, phone.socket);
        assert.equal((await talk(phone, 'caller')).socket, again.socket, 'and stays so');
      });
    }

    it('after a kill of the edge who is behind NAT is away until it registers', async () => {
      const phone = await registered(true);
      const stored = await until(() => {
        const there = operator('show', CALLED).some(({ contact }) => contact === phone.contact);
        return there ? true : undefined;
      }, 20_000);
      assert.equal(stored, true, 'it is in the store');
      edge.signal('SIGKILL');
      await edge.exited;
      edge = await edge.again();
      await caller.connect();
      assert.equal(await edge.metric('tandem_registrations'), 1);
      assert.equal(await refused(), 480);
      await phone.connect();
      await phone.register();
      await talk(phone, 'caller');
    });
  });
}
