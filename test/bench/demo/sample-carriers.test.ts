// The demo's carriers without a switch between them: the customer calls, vendors listen, all stops.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Callee, type AnswerPlan } from '../../../bench/agents/callee.ts';
import { SipPort } from '../../../bench/agents/sip-port.ts';
import { freeUdpPort } from '../../../infra/free-port.ts';
import { startSampleCarriers } from '../../../bench/demo/sample-carriers.ts';
import { seededRandom } from '../../../engine/base/random.ts';
import { loadProvision, type Provision } from '../../../engine/config/provision.ts';

const ANSWER: AnswerPlan = {
  progress: 180,
  progressMs: 0,
  finalStatus: 200,
  finalMs: 1,
  talkMs: Infinity,
};

function provisionWithVendor(t: TestContext, signalPort: number): Provision {
  const folder = mkdtempSync(join(tmpdir(), 'tandem-demo-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'provision.yaml');
  writeFileSync(
    file,
    `
rateGroups: [{ name: r, rates: [] }]
accounts:
  - { account: c, name: Customer, money: "0", limitMoney: "0", rateGroup: r }
mappingGateways: [{ name: c-1, account: c, remoteIps: [127.0.0.1] }]
routingGateways:
  - { name: v-1, clearingAccount: c, remoteIp: 127.0.0.1, prefixes: [""],
      signalPort: ${signalPort} }
`,
  );
  return loadProvision(file);
}

test('calls are placed at the server until stopped, and those that are up are ended', async (t) => {
  const server = await SipPort.open('127.0.0.1', 0);
  t.after(() => server.close());
  const answering = new Callee(server, seededRandom(1), () => ANSWER);
  const provision = provisionWithVendor(t, await freeUdpPort());
  const carriers = await startSampleCarriers(provision, server, 200, 1);
  assert.equal(carriers.vendors.length, 1);
  const deliver = server.onMessage;
  const tenCalls = new Promise<void>((resolve) => {
    server.onMessage = (heard, from) => {
      deliver(heard, from);
      if (answering.heard >= 10) resolve();
    };
  });
  await tenCalls;
  await carriers.stop(3000);
  assert.equal(answering.active, 0);
});

test('a vendor address that is taken is an error', async (t) => {
  const blocker = await SipPort.open('127.0.0.1', 0);
  t.after(() => blocker.close());
  const provision = provisionWithVendor(t, blocker.port);
  await assert.rejects(startSampleCarriers(provision, blocker, 1, 1), /EADDRINUSE/);
});
