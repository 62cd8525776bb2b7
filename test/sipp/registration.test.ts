// Registration by other people's agents: SIPp and sipsak, which know MD5 alone and read only the
// first challenge; a wrong password until the terminal is suspended.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { benchPhones } from '../../bench/agents/registrants.ts';
import { benchProvision } from '../../bench/calls/bench-provision.ts';
import { freeUdpPort } from '../../infra/free-port.ts';
import { startSipp } from '../../bench/calls/sipp-process.ts';
import { startSwitch, type SwitchProcess } from '../../bench/calls/switch-process.ts';
import { repositoryPath } from '../../engine/base/paths.ts';
import { sippSuite } from './switch.ts';

const FIRST = 880_170_000_000;
const suite = sippSuite();
let edge: SwitchProcess;

before(async () => {
  const provision = { ...benchProvision(9), phones: benchPhones(FIRST, 3) };
  const config = { ingest: false };
  edge = await startSwitch({ provision, config });
}, suite);
after(async () => {
  assert.equal(await edge.stop(), 0);
});

test('SIPp registers by digest', suite, async () => {
  const { exitCode, errors } = await startSipp({
    scenario: repositoryPath('test/sipp/scenarios', 'phone-registers.xml'),
    port: await freeUdpPort(),
    target: `127.0.0.1:${edge.sipPort}`,
    calls: 1,
    rate: 1,
    timeoutSeconds: 20,
  }).done;
  assert.equal(exitCode, 0, errors);
  assert.equal(await edge.metric('tandem_registrations'), 1);
});

test('sipsak registers; with a wrong password it is refused, then suspended', suite, async () => {
  const user = String(FIRST + 1);
  const sipsak = (password: string): { status: number | null; error?: Error; said: string } => {
    const uri = `sip:${user}@127.0.0.1:${edge.sipPort}`;
    const words = ['-U', '-x', '300', '-C', `sip:${user}@127.0.0.1:5999`, '-s', uri];
    const run = spawnSync('sipsak', [...words, '-u', user, '-a', password, '-vv'], {
      encoding: 'utf8',
    });
    return { ...run, said: run.stdout + run.stderr };
  };
  const good = sipsak(`secret${user}`);
  assert.equal(good.error, undefined, 'apt install sipsak');
  assert.equal(good.status, 0, good.said);
  assert.equal(await edge.metric('tandem_registrations'), 2);
  for (let i = 0; i < 6; i++) assert.notEqual(sipsak('wrong').status, 0);
  assert.match(sipsak(`secret${user}`).said, /403/);
  assert.equal(await edge.metric('tandem_suspensions_total'), 1);
});
