// Calls over TCP whose connections break: cut in mid-call, with the whole edge killed, and a vendor
// that cannot be reached.
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { freeTcpPort, freeUdpPort } from '../../infra/free-port.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { sdpText } from '../sim/text-message.ts';
import { StreamPeer, type Heard } from './stream-peer.ts';

/** A call that talks, as the caller's requests name it. */
interface Talk {
  readonly socket: Socket;
  readonly callId: string;
  readonly to: string;
  readonly target: string;
}

let calls = 0;

for (const io of ['native', 'portable']) {
  describe(`connections that break, ${io}`, { timeout: 120_000 }, () => {
    let edge: SwitchProcess;
    let sip: number;
    let caller: StreamPeer;
    let vendor: StreamPeer;

    before(async () => {
      sip = await freeTcpPort();
      caller = await StreamPeer.open();
      vendor = await StreamPeer.open();
      const account = { money: '0', limitMoney: '0', rateGroup: 'retail' };
      const gateway = (name: string, signalPort: number, priority: number): object => ({
        ...{ name, signalPort, priority, prefixes: ['44'], transport: 'tcp' },
        ...{ clearingAccount: 'alpha', remoteIp: '127.0.0.1' },
      });
      edge = await startSwitch({
        io,
        shards: 2,
        config: { listen: [`udp://127.0.0.1:${await freeUdpPort()}`, `tcp://127.0.0.1:${sip}`] },
        provision: {
          accounts: [
            { account: 'acme', name: 'Acme', ...account },
            { account: 'alpha', name: 'Alpha', ...account },
          ],
          rateGroups: [{ name: 'retail', rates: [{ prefix: '44', fee: '0.01', period: 60 }] }],
          mappingGateways: [{ name: 'acme-1', account: 'acme', remoteIps: ['127.0.0.1'] }],
          // Nobody listens at the first: each call finds that out and goes on.
          routingGateways: [
            gateway('closed', await freeTcpPort(), 1),
            gateway('open', vendor.port, 2),
          ],
        },
      });
    });
    after(async () => {
      assert.equal(await edge.metric('tandem_exceptions_total'), 0);
      await edge.stop();
      caller.close();
      vendor.close();
    });

    /** Places a call and answers it. */
    async function talk(): Promise<{ ours: Talk; offered: Heard }> {
      const callId = `cut-${++calls}@127.0.0.1`;
      const socket = await caller.connect(sip);
      const uri = `sip:442071838750@127.0.0.1:${sip}`;
      const body = sdpText(1);
      caller.request(socket, 'INVITE', { uri, to: `<${uri}>`, callId, cseq: 1, body });
      const offered = await vendor.take('INVITE');
      vendor.answer(offered, 200, sdpText(2));
      const { message } = await caller.take('200 INVITE');
      const ours = { socket, callId, to: message.header('to'), target: message.contact };
      caller.request(socket, 'ACK', { uri: ours.target, to: ours.to, callId, cseq: 1 });
      await vendor.take('ACK');
      return { ours, offered };
    }

    async function recordOf(
      callId: string,
    ): Promise<{ code: number; attempts: number; side: string }> {
      const rows = await until(async () => {
        const found = await edge.query<{ code: number; attempts: number; side: string }>(
          `SELECT end_code AS code, attempts, end_side AS side FROM tandem.cdr
           WHERE call_id_in = '${callId}'`,
        );
        return found.length > 0 ? found : undefined;
      }, 20_000);
      assert.equal(rows?.length, 1, 'one record');
      return rows[0]!;
    }

    function hangUp(socket: Socket, { callId, to, target }: Talk): void {
      caller.request(socket, 'BYE', { uri: target, to, callId, cseq: 2 });
    }

    it('a vendor that refuses connections leads to the next at once', async () => {
      const { ours } = await talk();
      hangUp(ours.socket, ours);
      await caller.take('200 BYE');
      vendor.answer(await vendor.take('BYE'), 200);
      assert.deepEqual(await recordOf(ours.callId), { code: 200, attempts: 2, side: 'caller' });
      assert.ok((await edge.metric('tandem_attempt_problems_total'))! >= 1);
    });

    it('a caller whose connection is cut hangs up over a new one', async () => {
      const { ours } = await talk();
      caller.cut();
      hangUp(await caller.connect(sip), ours);
      await caller.take('200 BYE');
      vendor.answer(await vendor.take('BYE'), 200);
      assert.equal((await recordOf(ours.callId)).side, 'caller');
    });

    it('a BYE reaches a caller whose connection is gone at its Contact', async () => {
      const { ours, offered } = await talk();
      caller.cut();
      const { message, socket } = offered;
      vendor.request(socket, 'BYE', {
        uri: message.contact,
        from: `${message.header('to')};tag=theirs`,
        to: message.header('from'),
        callId: message.callId,
        cseq: 1,
      });
      await vendor.take('200 BYE');
      const bye = await caller.take('BYE');
      assert.equal(bye.message.callId, ours.callId);
      caller.answer(bye, 200);
      assert.equal((await recordOf(ours.callId)).side, 'callee');
    });

    it('after a kill of the edge the calls go on over new connections', async () => {
      const { ours } = await talk();
      const records = async (): Promise<number> =>
        (await edge.metric('tandem_spool_records_total')) ?? 0;
      const before = await records();
      // The answer is on record 50 ms later at the latest; the next call's is behind it.
      await talk();
      await until(async () => ((await records()) > before ? true : undefined), 5000, 20);
      edge.signal('SIGKILL');
      await edge.exited;
      edge = await edge.again();
      hangUp(await caller.connect(sip), ours);
      await caller.take('200 BYE');
      const bye = await vendor.take('BYE');
      vendor.answer(bye, 200);
      assert.equal((await recordOf(ours.callId)).side, 'caller');
    });
  });
}
