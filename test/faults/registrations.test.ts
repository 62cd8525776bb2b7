// Registrations with the real process: 2 shards, native and portable network, each algorithm, a
// kill and a start on the same folder, the operator's list and his end of a registration.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { benchPhones, OFFERED_ALGORITHMS, Registrants } from '../../bench/agents/registrants.ts';
import { SipPort } from '../../bench/agents/sip-port.ts';
import { benchProvision } from '../../bench/calls/bench-provision.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { until } from '../../bench/calls/until.ts';
import { repositoryPath } from '../../engine/base/paths.ts';

const FIRST = 880_170_000_000;
const DEVICES = 30;

for (const io of ['native', 'portable']) {
  void describe(`registrations, io: ${io}`, { timeout: 120_000 }, () => {
    let edge: SwitchProcess;
    let port: SipPort;

    before(async () => {
      const provision = { ...benchProvision(9), phones: benchPhones(FIRST, DEVICES) };
      const config = { ingest: false, digestAlgorithms: OFFERED_ALGORITHMS };
      edge = await startSwitch({ provision, shards: 2, io, config });
      port = await SipPort.open('127.0.0.1', 0);
    });
    after(async () => {
      await port.close();
      assert.equal(await edge.stop(), 0);
    });

    async function registerAll(): Promise<Registrants> {
      const server = { host: '127.0.0.1', port: edge.sipPort };
      const registrants = new Registrants([port], server, FIRST, DEVICES);
      for (let i = 0; i < DEVICES; i++) registrants.register(i);
      const done = await until(() => {
        registrants.resend();
        return registrants.pending === 0 ? true : undefined;
      }, 20_000);
      assert.equal(done, true);
      assert.deepEqual([registrants.figures.registered, registrants.figures.refused], [DEVICES, 0]);
      return registrants;
    }

    test('all register, whatever shard their packets arrive at', async () => {
      await registerAll();
      assert.equal(await edge.metric('tandem_registrations'), DEVICES);
      assert.equal(await edge.metric('tandem_registrations_behind_nat'), DEVICES);
      assert.equal(await edge.metric('tandem_wrong_shard_total'), 0);
    });

    test('they are there after a kill and a start', async () => {
      const listed = await until(
        () => {
          const list = registrations('list');
          return list.length === DEVICES ? list : undefined;
        },
        20_000,
        500,
      );
      assert.equal(listed?.length, DEVICES);
      edge.signal('SIGKILL');
      await edge.exited;
      edge = await edge.again();
      assert.equal(await edge.metric('tandem_registrations'), DEVICES);
      await registerAll();
    });

    test('the operator sees one and ends it', async () => {
      const user = String(FIRST);
      const [shown] = registrations('show', user);
      assert.equal(shown?.source, `127.0.0.1:${port.port}`);
      assert.equal(shown.userAgent, 'Tandem-Bench-Phone/1.0');
      registrations('end', user);
      const gone = await until(async () => {
        return (await edge.metric('tandem_registrations')) === DEVICES - 1 ? true : undefined;
      }, 10_000);
      assert.equal(gone, true);
    });

    function registrations(...words: string[]): { source: string; userAgent: string }[] {
      const main = repositoryPath('dist/engine/commands/registrations/main.js');
      const args = [main, ...words, '--json', '--config', edge.configFile];
      const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      const view = JSON.parse(stdout) as { registrations?: ReturnType<typeof registrations> };
      return view.registrations ?? [];
    }
  });
}
